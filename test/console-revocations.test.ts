/** Tokens taken back through the console: all of a credential, one that is pasted, and those of everybody. */

import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { launchBrowser } from "./browser.ts";
import { fineInEveryLook, inspect } from "./console-inspection.ts";
import { type Administrator, type ConsoleServer, startConsoleServer } from "./console-server.ts";
import { basic, createFacts, type Facts, type HeldCredential, post, tokenRequest } from "./started-server.ts";

let browser: Browser;
let server: ConsoleServer;
let facts: Facts;
let owner: Administrator;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startConsoleServer()]);
  facts = await createFacts(server);
  owner = await server.addAdministrator({ email: "vera@example.com", name: "Vera Lind", isPlatformOwner: true });
});

// A token's time has whole seconds, so that what is issued in the second of a cut-off is void as well.
beforeEach(() => {
  server.clock.seconds += 2;
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser.close();
  await server.stop();
});

async function issue(held: HeldCredential): Promise<string> {
  const request = tokenRequest(held, { scope: "data-export", project_id: 42 });
  const { body } = await post(`${server.url}/v1/oauth/token`, request);
  return body.access_token;
}

async function isActive(held: HeldCredential, token: string): Promise<boolean> {
  return (await post(`${server.url}/v1/oauth/introspect`, { token }, basic(held))).body.active;
}

const openRevocations = async () => {
  const opened = await server.open(browser, owner);
  await opened.page.goto("/revocations");
  await opened.page.getByRole("heading", { level: 1, name: "Revocations" }).waitFor();
  return opened;
};

const readRows = (page: Page) =>
  page
    .getByRole("table", { name: "Revocations" })
    .getByRole("row")
    .evaluateAll((rows) =>
      rows.slice(1).map((row) => [...row.children].slice(0, 2).map((cell) => (cell as HTMLElement).innerText)),
    );

test("where nothing is taken back, the page says what will be there", async () => {
  const { page, faults } = await openRevocations();
  await page.getByRole("heading", { name: "Nothing is taken back" }).waitFor();
  expect(await inspect(page)).toEqual(fineInEveryLook("/revocations"));
  expect(faults).toEqual([]);
});

test("all tokens of a credential: after its name was typed and a proof was given, and only those", async () => {
  const [token, other] = [await issue(facts.project), await issue(facts.account)];
  const { page, faults } = await server.open(browser, owner);
  await page.goto(`/credentials/${facts.project.clientId}`);
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Take back all tokens" }).click();
  const dialog = page.getByRole("dialog", { name: "Take back all tokens of Dashboard?" });
  const confirm = dialog.getByRole("button", { name: "Take all tokens back" });
  expect(await confirm.getAttribute("aria-disabled")).toBe("true");
  await dialog.getByLabel("Type “Dashboard” to confirm").fill("Dashboard");
  server.clock.seconds += 301;
  await confirm.click();
  const proof = page.getByRole("dialog", { name: "Is it you?" });
  await proof.getByLabel("Code of your authenticator app").fill(server.nextCode(owner.totpSecret));
  expect(await isActive(facts.project, token)).toBe(true);
  await proof.getByRole("button", { name: "Go on" }).click();
  await page.getByText("All tokens taken back").waitFor();
  expect(await page.getByRole("dialog", { name: /Dashboard/ }).count()).toBe(0);
  expect([await isActive(facts.project, token), await isActive(facts.account, other)]).toEqual([false, true]);
  expect(await isActive(facts.project, await issue(facts.project))).toBe(true);
  await page.getByRole("link", { name: "Revocations" }).click();
  await page.getByRole("link", { name: "Dashboard" }).waitFor();
  expect(await readRows(page)).toEqual([["Dashboard\nall tokens of the credential", "taken back"]]);
  expect(faults).toEqual([]);
});

test("one token: found in the header that was pasted, and left nowhere in the browser", async () => {
  const [token, other] = [await issue(facts.project), await issue(facts.project)];
  const { page, faults } = await openRevocations();
  const open = async (pasted: string) => {
    await page.getByRole("button", { name: "Take back one token" }).click();
    const dialog = page.getByRole("dialog", { name: "Take back one token" });
    expect(await dialog.getByLabel("Token").inputValue()).toBe("");
    await dialog.getByLabel("Token").fill(pasted);
    return dialog;
  };
  const dialog = await open(`${token.slice(0, -4)}AAAA`);
  await dialog.getByRole("button", { name: "Take it back" }).click();
  await dialog.getByText("No such token lives").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });

  await (await open(`Authorization: Bearer ${token}\n`)).getByRole("button", { name: "Take it back" }).click();
  await page.getByText("Token taken back").waitFor();
  await page.getByText(/^token [\w-]{20,}$/).waitFor();
  expect([await isActive(facts.project, token), await isActive(facts.project, other)]).toEqual([false, true]);
  const signature = token.split(".")[2] ?? token;
  expect(
    await page.evaluate(
      (secret) => [
        document.documentElement.outerHTML.includes(secret),
        JSON.stringify({ ...localStorage, ...sessionStorage, history: history.state }).includes(secret),
        [...document.querySelectorAll("input, textarea")].some((field) => "value" in field && field.value !== ""),
        location.href,
      ],
      signature,
    ),
  ).toEqual([false, false, false, `${server.origin}/revocations`]);
  expect(server.logLines.join("").includes(signature)).toBe(false);
  expect(faults).toEqual([]);
});

test("everything: confirmed twice, and nothing is lost by the first; new tokens are good", async () => {
  const tokens = [await issue(facts.project), await issue(facts.account)] as const;
  const { page, faults } = await openRevocations();
  await page.getByRole("button", { name: "Everything issued before…" }).click();
  await page.getByRole("button", { name: "Go on" }).click();
  const dialog = page.getByRole("dialog", { name: "Take back the tokens of everybody?" });
  await dialog.getByLabel("Type “everything” to confirm").fill("everything");
  expect(await isActive(facts.project, tokens[0])).toBe(true);
  await dialog.getByRole("button", { name: "Take everything back" }).click();
  await page.getByText("Everything taken back").waitFor();
  expect([await isActive(facts.project, tokens[0]), await isActive(facts.account, tokens[1])]).toEqual([false, false]);
  server.clock.seconds += 1;
  expect(await isActive(facts.account, await issue(facts.account))).toBe(true);
  await page.getByText("every account", { exact: true }).waitFor();
  expect(faults).toEqual([]);
});

test("a list that cannot be read says so, and is read again when asked", async () => {
  const { page } = await server.open(browser, owner);
  await page.route("**/api/revocations*", (route) => route.fulfill({ status: 500, json: {} }));
  await page.goto("/revocations");
  await page.getByText("Something broke").waitFor();
  await page.unroute("**/api/revocations*");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("table", { name: "Revocations" }).or(page.getByText("Nothing is taken back")).waitFor();
});
