/** The console as people use it: a real Chromium, a real server, and a shell. */

import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { launchBrowser } from "./browser.ts";
import { type ConsoleServer, password, startConsoleServer } from "./console-server.ts";

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

/** As far as the choice of a second factor. */
async function setUp(page: Page): Promise<void> {
  const { token = "" } = (await server.server.openSetup()) ?? {};
  await page.goto(`/setup#${token}`);
  await heading(page, "Set up Biped").waitFor();
  await page.getByLabel("E-mail address").fill("vera@example.com");
  await page.getByLabel("Your name").fill("Vera Lind");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Create the administrator" }).click();
  await heading(page, "Set up a second factor").waitFor();
}

async function storeRecoveryCodes(page: Page): Promise<readonly string[]> {
  const codes = await page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem").allTextContents();
  await page.getByLabel("I have stored them where only I can read them").check();
  await page.getByRole("button", { name: "Go to the console" }).click();
  await heading(page, "Overview").waitFor();
  return codes;
}

describe("the first run", () => {
  test("ends with an authenticator app enrolled, which the next sign-in asks for", async () => {
    const { page, faults } = await server.open(browser);
    await setUp(page);
    await page.getByRole("radio", { name: "Authenticator app" }).check();
    await page.getByRole("button", { name: "Show the code to scan" }).click();
    await page.getByRole("img", { name: "Code to scan with your authenticator app" }).waitFor();
    const key = (await page.locator(".copy-field__value").textContent()) ?? "";
    await page.getByLabel("Code that the app shows now").fill(server.nextCode(key));
    await page.getByRole("button", { name: "Finish" }).click();
    expect(await storeRecoveryCodes(page)).toHaveLength(10);

    await page.getByRole("button", { name: "Vera Lind" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await heading(page, "Sign in to Biped").waitFor();
    await page.getByLabel("E-mail address").fill("vera@example.com");
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByLabel("Code of your authenticator app").fill(server.nextCode(key));
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await heading(page, "Overview").waitFor();
    expect(faults).toEqual([]);
  });
});
