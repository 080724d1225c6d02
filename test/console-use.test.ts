/** How the console behaves: links, sessions, proofs, changes of others, the keyboard, and names that are meant badly. */

import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { launchBrowser } from "./browser.ts";
import { createExportingCloud, daily, writtenRun } from "./console-exports.ts";
import { fineInEveryLook, inspect } from "./console-inspection.ts";
import { consolePages, showPage } from "./console-pages.ts";
import { type Administrator, type ConsoleServer, password, startConsoleServer } from "./console-server.ts";
import { createFacts, type Facts } from "./started-server.ts";

let browser: Browser;
let server: ConsoleServer;
let facts: Facts;
let owner: Administrator;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser.close());

beforeEach(async () => {
  server = await startConsoleServer();
  server.clouds.fetch = createExportingCloud(server.clock.seconds).fetch;
  facts = await createFacts(server);
  owner = await server.addAdministrator({ email: "vera@example.com", name: "Vera Lind", isPlatformOwner: true });
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await server.stop();
});

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });
const focused = (locator: Locator) => locator.and(locator.page().locator(":focus"));

async function search(page: Page, text: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await focused(page.getByRole("combobox")).waitFor();
  await page.keyboard.type(text);
}

/** Keeps a file on its way until it is released. */
async function hold(page: Page, file: RegExp) {
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  await page.route(file, async (route) => {
    asked.resolve();
    await released.promise;
    await route.continue();
  });
  return { isAsked: asked.promise, release: released.resolve };
}

async function enter(page: Page): Promise<void> {
  await heading(page, "Sign in to Biped").waitFor();
  await page.getByLabel("E-mail address").fill(owner.email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByLabel("Code of your authenticator app").fill(server.nextCode(owner.totpSecret));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

describe("a link into the console", () => {
  test("leads through sign-in to what it names, search and all", async () => {
    const { page, faults } = await server.open(browser);
    await page.goto("/accounts?search=harb");
    await enter(page);
    await heading(page, "Accounts").waitFor();
    expect(page.url()).toBe(`${server.origin}/accounts?search=harb`);
    await page.getByRole("link", { name: "Harbour Travel" }).waitFor();
    expect(await page.getByRole("table", { name: "Accounts" }).getByRole("row").count()).toBe(2);
    expect(faults).toEqual([]);
  });

  test("to another site is not followed after sign-in", async () => {
    const { page, faults } = await server.open(browser);
    await page.goto(`/sign-in?returnTo=${encodeURIComponent("//elsewhere.example/")}`);
    await enter(page);
    await heading(page, "Overview").waitFor();
    expect(page.url()).toBe(`${server.origin}/`);
    expect(faults).toEqual([]);
  });
});

describe("what is on its way, while its code is fetched", () => {
  const onlyHeading = (page: Page) => page.locator("h1").allTextContents();

  /** The router shows it when 400 ms have gone by. */
  async function waitForSkeleton(page: Page): Promise<void> {
    server.clock.seconds += 1;
    await page.clock.setFixedTime(server.clock.seconds * 1000);
    await page.locator("main .skeleton").first().waitFor();
  }

  test("a page: the shell is there, with a heading", async () => {
    const { page, faults } = await server.open(browser, owner);
    const { isAsked, release } = await hold(page, /\/clouds-page-[^/]+\.js$/);
    await page.goto("/clouds");
    await isAsked;
    await waitForSkeleton(page);
    expect(await onlyHeading(page)).toEqual(["Loading"]);
    release();
    await heading(page, "Clouds").waitFor();
    expect(await onlyHeading(page)).toEqual(["Clouds"]);
    expect(faults).toEqual([]);
  });

  test("a tab: the heading is that of its page", async () => {
    const { page, faults } = await server.open(browser, owner);
    const { isAsked, release } = await hold(page, /\/members-tab-[^/]+\.js$/);
    await page.goto(`/accounts/${facts.first.id}`);
    await heading(page, "Northwind Retail").waitFor();
    await page.getByRole("link", { name: "Members" }).click();
    await isAsked;
    await waitForSkeleton(page);
    expect(await onlyHeading(page)).toEqual(["Northwind Retail"]);
    release();
    await page.getByRole("table", { name: "Members" }).or(page.getByText("No members yet")).waitFor();
    expect(await onlyHeading(page)).toEqual(["Northwind Retail"]);
    expect(faults).toEqual([]);
  });
});

describe("a session", () => {
  test("that was ended elsewhere leads to the sign-in page, and from there on to where one was going", async () => {
    const { page, faults } = await server.open(browser, owner);
    await page.goto("/accounts");
    await page.getByRole("link", { name: "Harbour Travel" }).waitFor();
    const elsewhere = await server.call(owner);
    const { items } = await elsewhere.call("GET /api/sessions");
    for (const { id } of items.filter(({ isCurrent }) => !isCurrent)) {
      await elsewhere.call("DELETE /api/sessions/:sessionId", { params: { sessionId: id } });
    }
    await page.getByRole("link", { name: "Harbour Travel" }).click();
    await enter(page);
    await heading(page, "Harbour Travel").waitFor();
    expect(page.url()).toBe(`${server.origin}/accounts/${facts.second.id}`);
    expect(faults).toEqual([]);
  });

  test("keeps nothing on the screen that the next person at the same browser could see", async () => {
    const member = { email: "ines@example.com", name: "Ines", memberships: { [facts.first.id]: "viewer" } } as const;
    const viewer = await server.addAdministrator(member);
    const { page, context } = await server.open(browser, owner);
    await page.goto("/accounts");
    await page.getByRole("link", { name: "Harbour Travel" }).waitFor();
    await page.getByRole("button", { name: "Vera Lind" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await heading(page, "Sign in to Biped").waitFor();
    await server.signIn(context, viewer);
    await page.goBack();
    await page.getByRole("link", { name: "Northwind Retail" }).waitFor();
    expect(await page.getByText("Harbour Travel").count()).toBe(0);
  });
});

describe("a change of some weight", () => {
  const fillCloud = async (page: Page) => {
    await page.goto("/clouds");
    await page.getByRole("button", { name: "Create cloud" }).click();
    const dialog = page.getByRole("dialog", { name: "Create cloud" });
    await dialog.getByLabel("Name").fill("gcp-europe-west4");
    await dialog.getByLabel("Endpoint").fill("https://api.europe-west4.example.com");
    return dialog;
  };
  const listClouds = async () => (await server.server.storage.listClouds()).map(({ name }) => name).sort();

  test("asks who it is after five minutes, and then goes on by itself", async () => {
    const { page, faults } = await server.open(browser, owner);
    const dialog = await fillCloud(page);
    server.clock.seconds += 301;
    await dialog.getByRole("button", { name: "Create cloud" }).click();
    const proof = page.getByRole("dialog", { name: "Is it you?" });
    await focused(proof.getByLabel("Code of your authenticator app")).waitFor();
    expect(await inspect(page)).toEqual(fineInEveryLook("/clouds"));
    await proof.getByLabel("Code of your authenticator app").fill(server.nextCode(owner.totpSecret));
    await proof.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("table", { name: "Clouds" }).getByText("gcp-europe-west4", { exact: true }).waitFor();
    expect(await page.getByRole("dialog").count()).toBe(0);
    expect(await listClouds()).toEqual(["aws-eu-west-1", "azure-us-east", "gcp-europe-west4"]);
    expect(faults).toEqual([]);
  });

  test("is not made where one closes the question, and nothing that was entered is lost", async () => {
    const { page, faults } = await server.open(browser, owner);
    const dialog = await fillCloud(page);
    server.clock.seconds += 301;
    await dialog.getByRole("button", { name: "Create cloud" }).click();
    const proof = page.getByRole("dialog", { name: "Is it you?" });
    await focused(proof.getByLabel("Code of your authenticator app")).waitFor();
    await page.keyboard.press("Escape");
    await proof.waitFor({ state: "detached" });
    expect(await dialog.getByLabel("Name").inputValue()).toBe("gcp-europe-west4");
    expect(await listClouds()).toEqual(["aws-eu-west-1", "azure-us-east"]);
    expect(faults).toEqual([]);
  });

  test("412: says so where somebody else has changed the same meanwhile, and changes nothing", async () => {
    const { page, faults } = await server.open(browser, owner);
    await page.goto("/clouds");
    await page.getByRole("button", { name: "Change endpoint of aws-eu-west-1" }).click();
    const dialog = page.getByRole("dialog", { name: "Change the endpoint of aws-eu-west-1" });
    await dialog.getByLabel("New endpoint").fill("https://mine.example.com");
    await dialog.getByLabel("Type “aws-eu-west-1” to confirm").fill("aws-eu-west-1");
    const other = await server.call(owner);
    const change = { params: { cloud: "aws-eu-west-1" }, body: { endpoint: "https://theirs.example.com" } };
    await other.call("PUT /api/clouds/:cloud/endpoint", change);
    await dialog.getByRole("button", { name: "Change the endpoint" }).click();
    await dialog.getByText("Somebody changed this meanwhile").waitFor();
    const clouds = await server.server.storage.listClouds();
    expect(clouds.find(({ name }) => name === "aws-eu-west-1")?.endpoint).toBe("https://theirs.example.com");
    expect(faults).toEqual([]);
  });
});

describe("the keyboard", () => {
  test("/ goes to the page's search, which filters as one types; Escape empties it", async () => {
    const { page, faults } = await server.open(browser, owner);
    await page.goto("/accounts");
    await page.getByRole("link", { name: "Northwind Retail" }).waitFor();
    await page.keyboard.press("/");
    await focused(page.getByRole("searchbox", { name: "Search accounts" })).waitFor();
    await page.keyboard.type("harb");
    await page.getByRole("link", { name: "Northwind Retail" }).waitFor({ state: "detached" });
    await page.getByRole("link", { name: "Harbour Travel" }).waitFor();
    await page.waitForURL("**/accounts?search=harb");
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: "Northwind Retail" }).waitFor();
    expect(await page.getByRole("searchbox").inputValue()).toBe("");
    expect(faults).toEqual([]);
  });

  test("Ctrl-K finds everything by name, the arrows choose, and Enter goes there", async () => {
    const { page, faults } = await server.open(browser, owner);
    await page.goto("/");
    await heading(page, "Overview").waitFor();
    // What is found by a part of the word is not there any more while the whole of it is searched for.
    const answered = page.waitForResponse((response) => response.url().endsWith("q=booking"));
    await search(page, "booking");
    await answered;
    await page.getByRole("option", { name: "BOOKING Project of Harbour Travel" }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/projects/71");
    expect(await page.getByRole("dialog").count()).toBe(0);
    await focused(page.getByRole("main")).waitFor();

    await search(page, "c");
    await page.getByRole("option", { name: "Accounts Page", selected: true }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.getByRole("option", { name: "Clouds Page", selected: true }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/clouds");
    expect(faults).toEqual([]);
  });

  test("what is typed right after Ctrl-K, before there is a field for it, stands in the field", async () => {
    const { page, faults } = await server.open(browser, owner);
    const { release } = await hold(page, /\/command-palette-[^/]+\.js$/);
    await page.goto("/accounts");
    await page.getByRole("link", { name: "Northwind Retail" }).waitFor();
    await page.getByRole("searchbox").focus();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("bookx");
    await page.keyboard.press("Backspace");
    await page.keyboard.type("ing");
    release();
    await page.getByRole("option", { name: "BOOKING Project of Harbour Travel" }).waitFor();
    await page.keyboard.type(" 7");
    expect(await page.getByRole("combobox").inputValue()).toBe("booking 7");
    await page.keyboard.press("Escape");
    await focused(page.getByRole("searchbox")).waitFor();
    expect(await page.getByRole("searchbox").inputValue()).toBe("");
    expect(faults).toEqual([]);
  });

  test("Tab goes round within a dialog, and Escape brings one back to where one was", async () => {
    const { page, faults } = await server.open(browser, owner);
    await page.goto("/accounts");
    await page.getByRole("link", { name: "Northwind Retail" }).waitFor();
    await page.getByRole("button", { name: "Create account" }).focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Create account" });
    const round = [
      dialog.getByLabel("Name"),
      dialog.getByRole("button", { name: "Cancel" }),
      dialog.getByRole("button", { name: "Create account" }),
      dialog.getByRole("button", { name: "Close" }),
      dialog.getByLabel("Name"),
    ];
    for (const stop of round) {
      await focused(stop).waitFor();
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Escape");
    await focused(page.getByRole("button", { name: "Create account" })).waitFor();
    expect(await page.getByRole("dialog").count()).toBe(0);
    expect(faults).toEqual([]);
  });

  test("the first Tab of a page offers to skip to its content", async () => {
    const { page } = await server.open(browser, owner);
    await page.goto("/accounts");
    await heading(page, "Accounts").waitFor();
    await page.keyboard.press("Tab");
    await focused(page.getByRole("link", { name: "Skip to the page" })).waitFor();
    await page.keyboard.press("Enter");
    await focused(page.getByRole("main")).waitFor();
  });
});

describe("a viewer who was invited through the console", () => {
  test("sees everything of the account, is offered nothing that changes it, and is refused by the API", {
    timeout: 120_000,
  }, async () => {
    const { page, context, faults } = await acceptInvitation(await inviteViewer());
    const subjects = {
      accountId: facts.first.id,
      projectId: 42,
      clientId: facts.project.clientId,
      quietClientId: facts.account.clientId,
      exportJobId: daily,
    };
    expect(
      (await context.cookies()).map(({ name, httpOnly, sameSite, secure }) => ({ name, httpOnly, sameSite, secure })),
    ).toEqual([{ name: "__Host-biped-session", httpOnly: true, sameSite: "Strict", secure: true }]);
    const offered: Record<string, readonly string[]> = {};
    for (const shown of consolePages.filter(({ isPublic }) => isPublic !== true)) {
      await showPage(page, shown, subjects);
      offered[shown.name] = await page
        .getByRole("main")
        .getByRole("button", { name: changing })
        .evaluateAll((buttons) =>
          buttons.map((button) => button.getAttribute("aria-label") ?? button.textContent ?? ""),
        );
      expect(await page.getByText("Harbour Travel").count()).toBe(0);
      expect(await page.getByRole("link", { name: "Create a job" }).count()).toBe(0);
    }
    const { you: _own, ...others } = offered;
    expect(Object.values(others).flat()).toEqual([]);
    await page.goto(`/credentials/${facts.project.clientId}`);
    await heading(page, "Dashboard").waitFor();
    await page.getByRole("table", { name: "Secrets" }).waitFor();
    await page.getByRole("region", { name: "curl sample" }).waitFor();
    await page.goto(`/credentials/${facts.foreign.clientId}`);
    await heading(page, "Not found").waitFor();
    expect(await tryToChange(page)).toEqual({
      "create a credential": 403,
      "rename a credential": 403,
      "rotate a secret": 403,
      "take back all tokens of a credential": 403,
      "take back all tokens of a project": 403,
      "take back everything": 403,
      "see what was taken back": 403,
      "delete a credential": 403,
      "add an owner": 403,
      "rename a project": 403,
      "create an account": 403,
      "rename another's credential": 404,
      "create an export job": 403,
      "look at exported rows": 403,
      "get links to files": 403,
      "pause an export job": 403,
      "delete an export job": 403,
      "end all links": 403,
    });
    expect(faults).toEqual([]);
  });

  const changing =
    /^(?:create|add|invite|rotate|retire|edit|delete|disable|enable|move|change|save|complete|cancel|set|make|take|everything|a key may|more actions|actions for|pause|resume|end|get|show|\d+ files?)/i;

  /** @returns the link, which the console shows this once. */
  async function inviteViewer(): Promise<string> {
    const { page, faults } = await server.open(browser, owner);
    await page.goto(`/accounts/${facts.first.id}/members`);
    await page.getByRole("button", { name: "Add member" }).first().click();
    const dialog = page.getByRole("dialog", { name: "Add member" });
    await dialog.getByLabel("E-mail address").fill("ines@northwind.example");
    await dialog.getByRole("radio", { name: /viewer/i }).check();
    await dialog.getByRole("button", { name: "Add member" }).click();
    const link = await page.getByText(/^http:.+#biped_invite_/).textContent();
    expect(faults).toEqual([]);
    return link ?? "";
  }

  async function acceptInvitation(link: string) {
    const opened = await server.open(browser);
    const { page } = opened;
    await page.goto(link);
    await heading(page, "You are invited").waitFor();
    await page.getByLabel("Your name").fill("Ines Okafor");
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Accept the invitation" }).click();
    await heading(page, "Set up a second factor").waitFor();
    // R-32 asks a second factor of who can change something; a viewer may go on without.
    await page.getByRole("button", { name: "Not now" }).click();
    await heading(page, "Overview").waitFor();
    expect(page.url()).not.toContain("biped_invite_");
    return opened;
  }

  /** As a page's own script would, with all that the console sends. */
  function tryToChange(page: Page): Promise<Record<string, number>> {
    const own = `/api/credentials/${facts.project.clientId}`;
    const jobs = "/api/projects/42/export-jobs";
    const fields = [{ fieldName: "session_id" }];
    const job = { name: "Mine", format: "CSV", scope: "sessions", frequency: { value: "daily" }, fields };
    const tries = [
      [
        "create a credential",
        "POST",
        `/api/accounts/${facts.first.id}/credentials`,
        { name: "Mine", scopes: ["metrics"] },
      ],
      ["rename a credential", "PATCH", own, { name: "Mine" }],
      ["rotate a secret", "POST", `${own}/secrets`, {}],
      ["take back all tokens of a credential", "POST", `${own}/revocation`, {}],
      ["take back all tokens of a project", "POST", "/api/projects/42/revocation", {}],
      ["take back everything", "POST", "/api/tokens/revocation-before", {}],
      ["see what was taken back", "GET", "/api/revocations", undefined],
      ["delete a credential", "DELETE", own, undefined],
      ["add an owner", "POST", `/api/accounts/${facts.first.id}/members`, { email: "me@example.com", role: "owner" }],
      ["rename a project", "PATCH", "/api/projects/42", { name: "Mine" }],
      ["create an account", "POST", "/api/accounts", { name: "Mine" }],
      ["rename another's credential", "PATCH", `/api/credentials/${facts.foreign.clientId}`, { name: "Mine" }],
      ["create an export job", "POST", jobs, job],
      ["look at exported rows", "POST", "/api/projects/42/export-preview", job],
      ["get links to files", "GET", `${jobs}/${daily}/runs/${writtenRun}`, undefined],
      ["pause an export job", "PUT", `${jobs}/${daily}/state`, { state: "SUSPENDED" }],
      ["delete an export job", "DELETE", `${jobs}/${daily}`, undefined],
      ["end all links", "DELETE", "/api/projects/42/export-links", undefined],
    ] as const;
    return page.evaluate(async (each) => {
      const statuses: Record<string, number> = {};
      for (const [what, method, path, body] of each) {
        const headers = { "content-type": "application/json", "x-biped-console": "1" };
        const sent = body === undefined ? {} : { body: JSON.stringify(body) };
        statuses[what] = (await fetch(path, { method, headers, ...sent })).status;
      }
      return statuses;
    }, tries);
  }
});

describe("a name that is meant badly", () => {
  const hostilePages = [
    "overview",
    "accounts",
    "account",
    "account-credentials",
    "account-members",
    "account-settings",
    "project",
    "project-exports",
    "export-job",
    "credential",
    "revocations",
    "administrators",
    "audit-log",
  ];
  const hostile = "<img src=x onerror=alert(1)>";

  test("is text on every page: no element, no dialog, no violation of the policy", { timeout: 120_000 }, async () => {
    const make = await server.call(owner);
    const account = await make.call("POST /api/accounts", { body: { name: hostile } });
    const params = { accountId: account.id };
    const cloud = "aws-eu-west-1";
    const project = await make.call("POST /api/accounts/:accountId/projects", {
      params,
      body: { name: hostile, cloud },
    });
    const made = await make.call("POST /api/accounts/:accountId/credentials", {
      params,
      body: {
        name: hostile,
        scopes: ["metrics"],
        projectId: project.id,
        expiresAt: new Date((server.clock.seconds + 86_400) * 1000).toISOString(),
      },
    });
    await make.call("POST /api/accounts/:accountId/members", {
      params,
      body: { email: "x@example.com", name: hostile, role: "viewer" },
    });
    server.clouds.fetch = createExportingCloud(server.clock.seconds, hostile).fetch;
    const { clientId } = made.credential;
    await make.call("POST /api/credentials/:clientId/revocation", { params: { clientId }, body: {} });
    const ids = { accountId: account.id, projectId: project.id, exportJobId: daily };
    const subjects = { ...ids, clientId, quietClientId: clientId };
    const { page, faults } = await server.open(browser, owner);
    const showing: string[] = [];
    for (const shown of consolePages.filter(({ isPublic }) => isPublic !== true)) {
      await showPage(page, shown, subjects);
      const found = await page.evaluate(() => ({
        images: document.querySelectorAll("img[src=x]").length,
        text: document.body.innerText,
      }));
      expect({ page: shown.name, images: found.images }).toEqual({ page: shown.name, images: 0 });
      if (found.text.includes(hostile)) showing.push(shown.name);
    }
    await page.goto("/");
    await heading(page, "Overview").waitFor();
    await search(page, "<img");
    await page.getByRole("option", { name: `${hostile} Credential of ${hostile}` }).waitFor();
    expect(showing).toEqual(expect.arrayContaining(hostilePages));
    expect(faults).toEqual([]);
  });
});
