/** The console as people use it: a real Chromium, a real server, and a shell. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { launchBrowser } from "./browser.ts";
import { beginFirstRun, firstPerson, storeRecoveryCodes, walkFirstRun } from "./console-first-run.ts";
import { fineInEveryLook, inspect } from "./console-inspection.ts";
import { type Administrator, type ConsoleServer, startConsoleServer } from "./console-server.ts";
import { post, tokenRequest } from "./started-server.ts";

let browser: Browser;
let server: ConsoleServer;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser.close());

beforeEach(async () => {
  server = await startConsoleServer();
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await server.stop();
});

const heading = (page: Page, name: string | RegExp) => page.getByRole("heading", { level: 1, name });

async function makeSetupLink(): Promise<string> {
  return `/setup#${(await server.server.openSetup())?.token}`;
}

async function enterPassword(page: Page, email: string = firstPerson.email): Promise<void> {
  await heading(page, "Sign in to Biped").waitFor();
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(firstPerson.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await heading(page, "One more step").waitFor();
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: firstPerson.name }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
}

describe("the first run", () => {
  test("ends with an authenticator app enrolled, which the next sign-in asks for; every page of it is accessible", async () => {
    const { page, faults } = await server.open(browser);
    const { totpSecret, recoveryCodes } = await walkFirstRun(page, {
      link: await makeSetupLink(),
      computeCode: server.nextCode,
      visit: async (name) => expect(await inspect(page)).toEqual(fineInEveryLook(name === "overview" ? "/" : "/setup")),
    });
    expect(recoveryCodes).toHaveLength(10);
    await signOut(page);
    await enterPassword(page);
    await page.getByLabel("Code of your authenticator app").fill(server.nextCode(totpSecret));
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await heading(page, "Overview").waitFor();
    expect(faults).toEqual([]);
  });

  test("ends with a passkey enrolled, which signs in alone and as a second factor", async () => {
    const { page, context, faults } = await server.open(browser);
    const session = await context.newCDPSession(page);
    await session.send("WebAuthn.enable");
    await session.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
      },
    });
    await beginFirstRun(page, await makeSetupLink());
    await page.getByRole("button", { name: "Create the administrator" }).click();
    await page.getByRole("button", { name: "Create the passkey" }).click();
    await page.getByRole("list", { name: "Recovery codes" }).waitFor();
    await storeRecoveryCodes(page);

    await signOut(page);
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await heading(page, "Overview").waitFor();
    await signOut(page);
    await enterPassword(page);
    await page.getByRole("button", { name: "Use your passkey" }).click();
    await heading(page, "Overview").waitFor();
    expect(faults).toEqual([]);
  });

  test("works once: the link is of no use after it, and the page says so", async () => {
    const { page } = await server.open(browser);
    const link = await makeSetupLink();
    await beginFirstRun(page, link);
    await page.getByRole("button", { name: "Create the administrator" }).click();
    await heading(page, "Set up a second factor").waitFor();
    const other = await server.open(browser);
    await other.page.goto(link);
    await heading(other.page, "Biped is set up").waitFor();
    expect(await server.server.openSetup()).toBeUndefined();
  });

  test("takes the link also where its page is shown already, or all of it in the field; an older one is told as such", async () => {
    const { page, faults } = await server.open(browser);
    const [older, former, link] = [await makeSetupLink(), await makeSetupLink(), await makeSetupLink()];
    await page.goto("/setup");
    const field = page.getByLabel("Setup token");
    await field.waitFor();
    await beginFirstRun(page, older);
    expect(await field.inputValue()).toBe(older.replace("/setup#", ""));
    expect(page.url()).toBe(`${server.origin}/setup`);
    await page.getByRole("button", { name: "Create the administrator" }).click();
    await page.getByText("This setup token does not work").waitFor();
    await beginFirstRun(page, former);
    expect(await field.inputValue()).toBe(former.replace("/setup#", ""));
    await field.fill(` ${server.origin}${link} `);
    await page.getByRole("button", { name: "Create the administrator" }).click();
    await heading(page, "Set up a second factor").waitFor();
    expect(faults).toEqual([]);
  });
});

describe("from nothing to a rotated secret", () => {
  test("cloud, account, project, credential, token, rotation, and the end of the former secret", async () => {
    const owner = await server.addAdministrator({
      email: "vera@example.com",
      name: "Vera Lind",
      isPlatformOwner: true,
    });
    const { page, context, faults } = await server.open(browser, owner);
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.origin });
    await createCloud(page);
    await createAccount(page);
    await createProject(page);
    const first = await createCredential(page);
    const credential = { clientId: await findClientId(page), clientSecret: first };

    await neverShowsAgain(page, first);
    const token = await runSample(await readSample(page), first);
    expect(token).toMatchObject({ scope: "data-export metrics", endpoint: "https://api.eu-west-1.example.com" });

    const second = await rotate(page);
    expect(await ask(credential)).toBe(200);
    expect(await ask({ ...credential, clientSecret: second })).toBe(200);
    await neverShowsAgain(page, second);
    await page.getByText("Not yet safe to retire").waitFor();

    await signInDaysLater(page, owner);
    await page.getByText("The former secret is safe to retire").waitFor();
    await page.getByRole("button", { name: "Complete the rotation" }).click();
    await page.getByRole("heading", { name: "Rotation under way" }).waitFor({ state: "detached" });
    expect(await ask(credential)).toBe(401);
    expect(await ask({ ...credential, clientSecret: second })).toBe(200);
    expect(faults).toEqual([]);
  });
});

async function createCloud(page: Page): Promise<void> {
  await page.goto("/clouds");
  await page.getByRole("heading", { name: "No clouds yet" }).waitFor();
  await page.getByRole("button", { name: "Create cloud" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create cloud" });
  await dialog.getByLabel("Name").fill("aws-eu-west-1");
  await dialog.getByLabel("Endpoint").fill("https://api.eu-west-1.example.com");
  await dialog.getByRole("button", { name: "Create cloud" }).click();
  await page.getByRole("table", { name: "Clouds" }).waitFor();
}

async function createAccount(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Accounts" }).click();
  await page.getByRole("button", { name: "Create account" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create account" });
  await dialog.getByLabel("Name").fill("Northwind Retail");
  await dialog.getByRole("button", { name: "Create account" }).click();
  await heading(page, "Northwind Retail").waitFor();
}

async function createProject(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Create project" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create project" });
  await dialog.getByLabel("Name").fill("UX ANALYTICS");
  await dialog.getByText("Its programs are sent to https://api.eu-west-1.example.com").waitFor();
  await dialog.getByRole("button", { name: "Create project" }).click();
  await heading(page, "UX ANALYTICS").waitFor();
}

/** @returns its secret, which is not let go by the Escape key alone. */
async function createCredential(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Create credential" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create credential" });
  await dialog.getByRole("textbox", { name: "Name" }).fill("Dashboard");
  await dialog.getByRole("checkbox", { name: /data-export/ }).check();
  await dialog.getByRole("checkbox", { name: /enrichment/ }).check();
  await dialog.getByText("Two tokens will be needed").waitFor();
  await dialog.getByRole("checkbox", { name: /enrichment/ }).uncheck();
  await dialog.getByRole("checkbox", { name: /metrics/ }).check();
  await dialog.getByRole("radio", { name: /In one year \(recommended\)/ }).check();
  await dialog.getByRole("button", { name: "Create credential" }).click();
  const made = page.getByRole("dialog", { name: "Credential created" });
  const secret = await copySecret(page);
  await page.keyboard.press("Escape");
  await made.getByText("Have you stored the secret?").waitFor();
  await made.getByRole("button", { name: "I have stored it" }).click();
  await heading(page, "Dashboard").waitFor();
  return secret;
}

/** As a person does: with the button, from the clipboard. */
async function copySecret(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Copy the secret" }).click();
  await page.getByText("Copied", { exact: true }).first().waitFor();
  const secret = await page.evaluate(() => navigator.clipboard.readText());
  expect(secret).toMatch(/^biped_live_[0-9A-Za-z]{49}$/);
  await page.getByText(secret, { exact: true }).first().waitFor();
  return secret;
}

async function findClientId(page: Page): Promise<string> {
  await page.waitForURL("**/credentials/*");
  return new URL(page.url()).pathname.split("/").at(-1) ?? "";
}

/** Neither on the page that was gone to, nor anywhere in the browser, nor when one comes back. */
async function neverShowsAgain(page: Page, secret: string): Promise<void> {
  const find = () =>
    page.evaluate(
      (text) => [
        document.documentElement.outerHTML.includes(text),
        JSON.stringify({ ...localStorage, ...sessionStorage, history: history.state }).includes(text),
        [...document.querySelectorAll("input, textarea")].some((field) => "value" in field && field.value === text),
      ],
      secret,
    );
  const { pathname } = new URL(page.url());
  expect(await find()).toEqual([false, false, false]);
  await page.goBack();
  await page.waitForURL((url) => url.pathname !== pathname);
  expect(await find()).toEqual([false, false, false]);
  await page.goForward();
  await page.reload();
  await heading(page, "Dashboard").waitFor();
  expect(await find()).toEqual([false, false, false]);
}

async function readSample(page: Page): Promise<string> {
  return (await page.getByRole("region", { name: "curl sample" }).textContent()) ?? "";
}

/** In a shell that has the secret where the sample says that it shall be. */
async function runSample(sample: string, secret: string): Promise<unknown> {
  expect(sample).toContain("# The secret is in BIPED_CLIENT_SECRET.");
  const env = { PATH: process.env.PATH, BIPED_CLIENT_SECRET: secret };
  const { stdout } = await promisify(execFile)("sh", ["-c", sample], { env });
  return JSON.parse(stdout);
}

/** @returns the new secret. */
async function rotate(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Rotate secret" }).click();
  const dialog = page.getByRole("dialog", { name: "Rotate the secret" });
  await dialog.getByRole("button", { name: "Go on" }).click();
  await dialog.getByRole("radio", { name: /^7 days/ }).waitFor();
  await dialog.getByRole("button", { name: "Make the new secret" }).click();
  await page.getByRole("dialog", { name: "The new secret" }).waitFor();
  const secret = await copySecret(page);
  await page.getByRole("button", { name: "I have stored it" }).click();
  await page.getByRole("heading", { name: "Rotation under way" }).waitFor();
  return secret;
}

async function ask(credential: { readonly clientId: string; readonly clientSecret: string }): Promise<number> {
  return (await post(`${server.url}/v1/oauth/token`, tokenRequest(credential))).status;
}

/** The session has ended long since, and leads back to the same page. */
async function signInDaysLater(page: Page, { email, totpSecret }: Administrator): Promise<void> {
  server.clock.seconds += 2 * 86_400;
  await page.reload();
  await enterPassword(page, email);
  await page.getByLabel("Code of your authenticator app").fill(server.nextCode(totpSecret));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await heading(page, "Dashboard").waitFor();
}
