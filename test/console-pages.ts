/** Every page of the console, and the dialogs that matter: for the tests that go through all of them, and for pictures. */

import type { Page } from "playwright-core";
import type { Subjects } from "./console-life.ts";

export type ConsolePage = {
  /** Of its picture too. */
  readonly name: string;
  readonly path: (subjects: Subjects) => string;
  /** Seen by who is not signed in. */
  readonly isPublic?: true;
  /** What has to be done first, such as opening a dialog. */
  readonly open?: (page: Page) => Promise<void>;
};

export const consolePages: readonly ConsolePage[] = [
  { name: "sign-in", path: () => "/sign-in", isPublic: true },
  { name: "setup-closed", path: () => "/setup", isPublic: true },
  { name: "invitation", path: () => `/invitation#biped_invite_${"0".repeat(49)}`, isPublic: true },
  { name: "invitation-incomplete", path: () => "/invitation", isPublic: true },
  { name: "overview", path: () => "/" },
  { name: "accounts", path: () => "/accounts" },
  { name: "accounts-none-found", path: () => "/accounts?search=nobody" },
  { name: "account", path: ({ accountId }) => `/accounts/${accountId}` },
  { name: "account-credentials", path: ({ accountId }) => `/accounts/${accountId}/credentials?level=all` },
  { name: "account-members", path: ({ accountId }) => `/accounts/${accountId}/members` },
  { name: "account-settings", path: ({ accountId }) => `/accounts/${accountId}/settings` },
  { name: "project", path: ({ projectId }) => `/projects/${projectId}` },
  { name: "project-exports", path: (subjects) => ofExports(subjects) },
  { name: "export-job", path: (subjects) => ofExportJob(subjects) },
  { name: "export-job-create", path: (subjects) => `${ofExports(subjects)}/new` },
  { name: "no-such-export-job", path: (subjects) => `${ofExports(subjects)}/999999` },
  { name: "credential", path: ({ clientId }) => `/credentials/${clientId}` },
  { name: "clouds", path: () => "/clouds" },
  { name: "signing-keys", path: () => "/signing-keys" },
  { name: "revocations", path: () => "/revocations" },
  { name: "administrators", path: () => "/administrators" },
  { name: "audit-log", path: () => "/audit-log" },
  { name: "you", path: () => "/you" },
  { name: "no-such-page", path: () => "/nowhere" },
  { name: "no-such-project", path: () => "/projects/999999" },
];

const press = (name: string | RegExp) => async (page: Page) => {
  await page.getByRole("button", { name, exact: true }).first().click();
  await page.getByRole("dialog").waitFor();
};

const choose = (menu: string, item: string) => async (page: Page) => {
  await page.getByRole("button", { name: menu }).first().click();
  await page.getByRole("menuitem", { name: item }).click();
  await page.getByRole("dialog").waitFor();
};

function ofExports({ projectId }: Subjects): string {
  return `/projects/${projectId}/exports`;
}

function ofExportJob(subjects: Subjects): string {
  return `${ofExports(subjects)}/${subjects.exportJobId}`;
}

/** With a column of every kind, names of its own, one that is wrong, and rows. */
async function fillJob(page: Page): Promise<void> {
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("For the review");
  await page.getByRole("radio", { name: /^CSV/ }).check();
  await page.getByRole("radio", { name: /^Once/ }).check();
  await page.getByRole("checkbox", { name: /^session_id / }).check();
  await page.getByRole("checkbox", { name: /^country_code / }).check();
  await page.getByRole("combobox", { name: /osition/ }).selectOption("20");
  await page.getByRole("button", { name: "Add", exact: true }).first().click();
  await page.getByRole("textbox", { name: /key/ }).fill("weather");
  await page.getByRole("textbox", { name: /key/ }).press("Enter");
  await page.getByRole("textbox", { name: "Name of country_code in the file" }).fill("country");
  await page.getByRole("button", { name: "Show ten rows" }).click();
  await page.getByRole("columnheader", { name: "session_id" }).waitFor();
  await page.getByRole("textbox", { name: "Name of dynamic_var_weather in the file" }).fill("=weather");
  await page.getByText("it begins with a letter, a digit or _").waitFor();
}

const ofAccount = ({ accountId }: Subjects): string => `/accounts/${accountId}`;
const ofProject = ({ projectId }: Subjects): string => `/projects/${projectId}`;
const ofCredential = ({ clientId }: Subjects): string => `/credentials/${clientId}`;

/** The secret that is shown belongs to a credential that is made for it. */
async function createCredential(page: Page): Promise<void> {
  await press("Create credential")(page);
  const dialog = page.getByRole("dialog", { name: "Create credential" });
  await dialog.getByRole("textbox", { name: "Name" }).fill("Nightly warehouse");
  await dialog.getByRole("checkbox", { name: /data-export/ }).check();
  await dialog.getByRole("button", { name: "Create credential" }).click();
  await page.getByRole("dialog", { name: "Credential created" }).waitFor();
}

async function addMember(page: Page): Promise<void> {
  await press("Add member")(page);
  const dialog = page.getByRole("dialog", { name: "Add member" });
  await dialog.getByLabel("E-mail address").fill("jonas.berg@northwind.example");
  await dialog.getByRole("button", { name: "Add member" }).click();
  await page.getByRole("dialog", { name: "Hand over the invitation" }).waitFor();
}

async function violateScopeRule(page: Page): Promise<void> {
  await press("Create credential")(page);
  const dialog = page.getByRole("dialog", { name: "Create credential" });
  await dialog.getByRole("textbox", { name: "Name" }).fill("Nightly warehouse");
  await dialog.getByRole("checkbox", { name: /data-export/ }).check();
  await dialog.getByRole("checkbox", { name: /enrichment/ }).check();
  await dialog.getByText("Two tokens will be needed").waitFor();
}

async function chooseOverlap(page: Page): Promise<void> {
  await press("Rotate secret")(page);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("radio", { name: /^7 days/ }).waitFor();
}

async function searchEverywhere(page: Page): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search accounts, projects, credentials and pages" }).fill("o");
  await page
    .getByRole("option", { name: /Project of/ })
    .first()
    .waitFor();
}

async function showKeys(page: Page): Promise<void> {
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
}

async function verifyChain(page: Page): Promise<void> {
  await press("Verify the chain")(page);
  await page.getByText("The chain is intact").waitFor();
}

/** Of an event that has a before and an after. */
async function openEvent(page: Page): Promise<void> {
  await page
    .getByRole("button", { name: /changed the credential/, expanded: false })
    .first()
    .click();
  await page.getByRole("button", { name: /changed the credential/, expanded: true }).waitFor();
}

/** Half of one, so that the form says what is wrong. */
async function pasteToken(page: Page): Promise<void> {
  await press("Take back one token")(page);
  await page.getByRole("textbox", { name: "Token" }).fill("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOi");
  await page.getByText("This is no whole token").waitFor();
}

async function chooseCutOff(page: Page): Promise<void> {
  await press("Everything issued before…")(page);
  await page.getByRole("radio", { name: /^Before a time/ }).check();
  await page.getByRole("textbox", { name: "Issued before" }).fill("2020-01-01T12:00:00");
  await page.getByText("A token lives for an hour").waitFor();
}

async function confirmEverything(page: Page): Promise<void> {
  await press("Everything issued before…")(page);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByLabel("Type “everything” to confirm").waitFor();
}

async function openUserMenu(page: Page): Promise<void> {
  await page
    .getByRole("button", { name: /Demonstration|Vera Lind/ })
    .first()
    .click();
  await page.getByRole("menu").waitFor();
}

export const consoleDialogs: readonly ConsolePage[] = [
  { name: "search-everywhere", path: () => "/", open: searchEverywhere },
  { name: "keys", path: () => "/", open: showKeys },
  { name: "user-menu", path: () => "/", open: openUserMenu },
  { name: "account-create", path: () => "/accounts", open: press("Create account") },
  { name: "project-create", path: ofAccount, open: press("Create project") },
  { name: "project-edit", path: ofProject, open: press("Edit") },
  { name: "project-move", path: ofProject, open: choose("More actions", "Move to another cloud") },
  { name: "member-add", path: (subjects) => `${ofAccount(subjects)}/members`, open: press("Add member") },
  { name: "member-invitation", path: (subjects) => `${ofAccount(subjects)}/members`, open: addMember },
  {
    name: "member-role",
    path: (subjects) => `${ofAccount(subjects)}/members`,
    open: choose("Actions for Ines Okafor", "Change role"),
  },
  {
    name: "member-end",
    path: (subjects) => `${ofAccount(subjects)}/members`,
    open: choose("Actions for Ines Okafor", "End membership"),
  },
  {
    name: "account-disable",
    path: (subjects) => `${ofAccount(subjects)}/settings`,
    open: press("Disable the account"),
  },
  { name: "credential-create", path: ofProject, open: violateScopeRule },
  { name: "credential-secret", path: ofProject, open: createCredential },
  { name: "credential-edit", path: ofCredential, open: press("Edit") },
  { name: "credential-delete", path: ofCredential, open: choose("More actions", "Delete") },
  {
    name: "rotation-begin",
    path: ({ quietClientId }) => `/credentials/${quietClientId}`,
    open: press("Rotate secret"),
  },
  { name: "rotation-overlap", path: ({ quietClientId }) => `/credentials/${quietClientId}`, open: chooseOverlap },
  { name: "rotation-cancel", path: ofCredential, open: press("Cancel the rotation") },
  { name: "secret-retire", path: ofCredential, open: press("Retire the former secret") },
  { name: "credential-revocation", path: ofCredential, open: choose("More actions", "Take back all tokens") },
  { name: "project-revocation", path: ofProject, open: choose("More actions", "Take back all tokens") },
  {
    name: "account-revocation",
    path: (subjects) => `${ofAccount(subjects)}/settings`,
    open: press("Take back all tokens"),
  },
  { name: "export-job-filled", path: (subjects) => `${ofExports(subjects)}/new`, open: fillJob },
  { name: "export-job-pause", path: ofExportJob, open: press("Pause") },
  { name: "export-job-delete", path: ofExportJob, open: choose("More actions", "Delete") },
  { name: "export-files", path: ofExportJob, open: press(/^\d files? of /) },
  { name: "export-time-zone", path: ofExports, open: press("Change") },
  { name: "export-links-end", path: ofExports, open: press("End all links") },
  { name: "cloud-create", path: () => "/clouds", open: press("Create cloud") },
  { name: "cloud-endpoint", path: () => "/clouds", open: press("Change endpoint of aws-eu-west-1") },
  { name: "signing-key-rotate", path: () => "/signing-keys", open: press("Rotate") },
  { name: "signing-key-emergency", path: () => "/signing-keys", open: press("A key may be known to others") },
  { name: "revocation-one", path: () => "/revocations", open: pasteToken },
  { name: "revocation-time", path: () => "/revocations", open: chooseCutOff },
  { name: "revocation-everything", path: () => "/revocations", open: confirmEverything },
  { name: "administrator-invite", path: () => "/administrators", open: press("Invite platform owner") },
  { name: "administrator-disable", path: () => "/administrators", open: choose("Actions for Ines Okafor", "Disable") },
  { name: "audit-log-event", path: () => "/audit-log", open: openEvent },
  { name: "audit-log-verify", path: () => "/audit-log", open: verifyChain },
  { name: "you-password", path: () => "/you", open: press("Change password") },
  { name: "you-passkey", path: () => "/you", open: press("Add passkey") },
  { name: "you-app", path: () => "/you", open: press(/^(?:Set up|Remove)$/) },
  { name: "you-token", path: () => "/you", open: press("Create token") },
];

/** Goes there, and waits until all of it is shown. */
export async function showPage(page: Page, { path, open }: ConsolePage, subjects: Subjects): Promise<void> {
  // Another address behind the `#` alone would load nothing anew.
  if (page.url() !== "about:blank") await page.goto("about:blank");
  await page.goto(path(subjects), { waitUntil: "networkidle" });
  await settle(page);
  if (open === undefined) return;
  await open(page);
  await settle(page);
}

async function settle(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const isLoading = document.querySelector(".skeleton, .skeleton-table, [aria-busy=true]") !== null;
    const isMoving = document.getAnimations().some(({ playState }) => playState === "running");
    return document.querySelector("h1") !== null && !isLoading && !isMoving;
  });
}
