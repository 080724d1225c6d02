/** Pictures of every page of the console in every look. Takes a part of the names of those that are wanted. */

import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import {
  createConfig,
  createKeyEncryptionKeyFile,
  migrateStorage,
  readKeyEncryptionKeyFile,
  serverSettings,
  start,
} from "@biped/authorization-server";
import { createLog, readSettings } from "@biped/listener";
import { createManagementClient, type ManagementClient } from "@biped/management-client";
import type { Browser, Page } from "playwright-core";
import { computeTotp, stepSeconds } from "../test/authenticator-app.ts";
import { launchBrowser, looks, openPage, setLook } from "../test/browser.ts";
import { walkFirstRun } from "../test/console-first-run.ts";
import { longLife, makeLife, type Subjects } from "../test/console-life.ts";
import { consoleDialogs, consolePages, showPage } from "../test/console-pages.ts";
import { findFreePorts } from "../test/free-ports.ts";
import { createSandboxEnvironment, type Demo, readDemo, startSandbox, stopSandbox } from "../test/started-sandbox.ts";

const filter = process.argv[2] ?? "";
const folder = path.join(import.meta.dirname, "..", "screenshots");

async function take(page: Page, name: string, isWhole: boolean): Promise<void> {
  if (!name.includes(filter)) return;
  for (const look of looks) {
    await setLook(page, look);
    if (isWhole) await growToContent(page);
    const file = path.join(folder, `${name}-${look}.png`);
    await page.screenshot({ path: file, animations: "disabled" });
    console.log(path.relative(process.cwd(), file));
  }
  await setLook(page, "light");
}

/** A window as high as its content: in a picture of more than the window, what sticks to its edges would hang in the air. */
async function growToContent(page: Page): Promise<void> {
  const { width = 0, height = 0 } = page.viewportSize() ?? {};
  const contentHeight = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height: Math.max(height, contentHeight) });
}

/** A session of the demonstration administrator. */
async function signIn(origin: string, { email, password }: Demo["administrator"]): Promise<string> {
  const headers = {
    "content-type": "application/json",
    "sec-fetch-site": "same-origin",
    "x-biped-console": "1",
    "user-agent":
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36",
  };
  const body = JSON.stringify({ email, password });
  const answer = await fetch(`${origin}/api/session`, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(`The sandbox did not let its administrator in: ${answer.status}.`);
  return answer.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
}

function openManagement(origin: string, cookie: string): ManagementClient {
  const headers = { cookie, "sec-fetch-site": "same-origin", "x-biped-console": "1" };
  return createManagementClient({ baseUrl: origin, fetch, headers });
}

/** Counts are written every second, under the hour that it is then: the clock must not go on before. */
async function createCountReader(origin: string, clientId: string, administrator: Demo["administrator"]) {
  const client = openManagement(origin, await signIn(origin, administrator));
  const body = { name: "Nightly report", scopes: ["read" as const], expiresInDays: 90 };
  const { token } = await client.call("POST /api/access-tokens", { body });
  const headers = { authorization: `Bearer ${token}` };
  const reader = createManagementClient({ baseUrl: origin, fetch, headers });
  return async (wanted: number): Promise<void> => {
    for (;;) {
      const usage = await reader.call("GET /api/credentials/:clientId/usage", {
        params: { clientId },
        query: { days: 90 },
      });
      if (usage.items.reduce((sum, { tokens }) => sum + tokens, 0) >= wanted) return;
      await setTimeout(50);
    }
  };
}

async function live(origin: string, demo: Demo): Promise<Subjects> {
  const [quiet, busy] = demo.credentials.map(({ client_id, client_secret }) => ({
    clientId: client_id,
    clientSecret: client_secret,
  }));
  const [account] = demo.accounts;
  const [project] = account?.projects ?? [];
  if (quiet === undefined || busy === undefined || account === undefined || project === undefined) {
    throw new Error("The demonstration data is not as it was.");
  }
  const moveClock = async (advanceSeconds: number): Promise<void> => {
    const headers = { "content-type": "application/json" };
    await fetch(`${origin}/sandbox/clock`, { method: "POST", headers, body: JSON.stringify({ advanceSeconds }) });
  };
  await pauseHourlyJobs(openManagement(origin, await signIn(origin, demo.administrator)));
  const living = {
    issuer: demo.issuer,
    signIn: async () => openManagement(origin, await signIn(origin, demo.administrator)),
    moveClock,
    nowSeconds: () => readClock(origin),
    waitForCounts: await createCountReader(origin, busy.clientId, demo.administrator),
    accountId: account.id,
    projectId: project.id,
    busy,
    quiet,
  };
  const subjects = await makeLife(living, longLife);
  await waitForRuns(await living.signIn(), subjects);
  return subjects;
}

/** When weeks have gone by in a minute, five hundred hours would have to be exported before what pictures show. */
async function pauseHourlyJobs(client: ManagementClient): Promise<void> {
  const { items: projects } = await client.call("GET /api/projects", {});
  for (const { id: projectId } of projects) {
    const { items } = await client.call("GET /api/projects/:projectId/export-jobs", { params: { projectId } });
    for (const { jobId } of items.filter(({ frequency }) => frequency.value === "hourly")) {
      const params = { projectId, jobId };
      const body = { state: "SUSPENDED" } as const;
      await client.call("PUT /api/projects/:projectId/export-jobs/:jobId/state", { params, body });
    }
  }
}

/** Resolves when the latest days are exported. */
async function waitForRuns(client: ManagementClient, { projectId, exportJobId: jobId }: Subjects): Promise<void> {
  for (;;) {
    const { items } = await client.call("GET /api/projects/:projectId/export-jobs/:jobId/runs", {
      params: { projectId, jobId },
      query: { limit: 20 },
    });
    if (!items.some(({ state }) => state === "RUNNABLE" || state === "RUNNING")) return;
    await setTimeout(500);
  }
}

async function readClock(origin: string): Promise<number> {
  const { now } = (await (await fetch(`${origin}/sandbox/clock`)).json()) as { readonly now: number };
  return now;
}

async function takeSandbox(browser: Browser): Promise<void> {
  const made = await createSandboxEnvironment();
  const sandbox = await startSandbox(made.environment);
  try {
    const demo = await readDemo(made);
    const origin = demo.console;
    const subjects = await live(origin, demo);
    const visitor = await openPage(browser, { origin });
    const signedIn = await openPage(browser, { origin });
    const [name = "", value = ""] = (await signIn(origin, demo.administrator)).split("=");
    await signedIn.context.addCookies([{ name, value, url: "https://localhost/", httpOnly: true, sameSite: "Strict" }]);
    for (const shown of [...consolePages, ...consoleDialogs].filter((each) => each.name.includes(filter))) {
      const { page, context } = shown.isPublic ? visitor : signedIn;
      await context.clock.setFixedTime((await readClock(origin)) * 1000);
      await showPage(page, shown, subjects);
      await take(page, shown.name, shown.open === undefined);
    }
  } finally {
    await stopSandbox(sandbox);
    rmSync(made.directory, { recursive: true });
  }
}

/** A sandbox is set up from the start, so that the first run needs a server of its own. */
async function takeFirstRun(browser: Browser): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), "biped-screenshots-"));
  const [publicPort = 0, adminPort = 0] = await findFreePorts(2);
  const settings = readSettings(serverSettings, {
    BIPED_DATA_DIR: directory,
    BIPED_PUBLIC_PORT: String(publicPort),
    BIPED_ADMIN_PORT: String(adminPort),
  });
  const config = createConfig(settings);
  const kekFile = path.join(directory, "kek");
  createKeyEncryptionKeyFile(kekFile, randomBytes(32));
  await migrateStorage(config.databaseUrl);
  const nowSeconds = (): number => Math.floor(Date.now() / 1000);
  const server = await start(config, {
    kek: readKeyEncryptionKeyFile(kekFile),
    log: createLog("error", (line) => process.stderr.write(line)),
    nowSeconds,
    monotonicSeconds: () => performance.now() / 1000,
    randomBytes,
    secretEnvironment: "live",
    adminRoutes: {},
  });
  const { page } = await openPage(browser, { origin: config.consoleUrl });
  await walkFirstRun(page, {
    link: `/setup#${(await server.openSetup())?.token}`,
    computeCode: (secret) => computeTotp(secret, Math.floor(nowSeconds() / stepSeconds)),
    visit: (name) => take(page, `first-run-${name}`, true),
  });
  await server.stop();
  rmSync(directory, { recursive: true });
}

mkdirSync(folder, { recursive: true });
const browser = await launchBrowser();
try {
  if (filter === "" || "first-run".includes(filter) || filter.startsWith("first-run")) await takeFirstRun(browser);
  await takeSandbox(browser);
} finally {
  await browser.close();
}
