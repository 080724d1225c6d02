/** The first run as the first administrator goes through it, with a stop at each page. */

import type { Page } from "playwright-core";

export const firstPerson = {
  email: "vera@example.com",
  name: "Vera Lind",
  password: "a quiet walk along the harbour",
} as const;

type Way = {
  /** The path of the setup link. */
  readonly link: string;
  readonly computeCode: (totpSecret: string) => string;
  readonly visit: (name: string) => Promise<void>;
};

/** With an authenticator app. @returns its secret, and the recovery codes. */
export async function walkFirstRun(page: Page, { link, computeCode, visit }: Way) {
  await beginFirstRun(page, link);
  await visit("setup");
  await page.getByRole("button", { name: "Create the administrator" }).click();
  await page.getByRole("heading", { level: 1, name: "Set up a second factor" }).waitFor();
  const totpSecret = await enrolApp(page, { computeCode, visit });
  const recoveryCodes = await storeRecoveryCodes(page);
  await page.getByRole("heading", { name: "First steps" }).waitFor();
  await visit("overview");
  return { totpSecret, recoveryCodes };
}

/** From the choice of a second factor to the recovery codes. @returns the app's secret. */
async function enrolApp(page: Page, { computeCode, visit }: Omit<Way, "link">): Promise<string> {
  await visit("second-factor-passkey");
  await page.getByRole("radio", { name: "Authenticator app" }).check();
  await page.getByRole("button", { name: "Show the code to scan" }).click();
  await page.getByRole("img", { name: "Code to scan with your authenticator app" }).waitFor();
  await visit("second-factor-app");
  const totpSecret = (await page.locator(".copy-field__value").textContent()) ?? "";
  await page.getByLabel("Code that the app shows now").fill(computeCode(totpSecret));
  await page.getByRole("button", { name: "Finish" }).click();
  await page.getByRole("list", { name: "Recovery codes" }).waitFor();
  await visit("recovery-codes");
  return totpSecret;
}

/** As far as the form, filled in. */
export async function beginFirstRun(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByRole("heading", { level: 1, name: "Set up Biped" }).waitFor();
  await page.getByLabel("E-mail address").fill(firstPerson.email);
  await page.getByLabel("Your name").fill(firstPerson.name);
  await page.getByLabel("Password", { exact: true }).fill(firstPerson.password);
}

/** Goes on to the console. */
export async function storeRecoveryCodes(page: Page): Promise<readonly string[]> {
  const codes = await page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem").allTextContents();
  await page.getByLabel("I have stored them where only I can read them").check();
  await page.getByRole("button", { name: "Go to the console" }).click();
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  return codes;
}
