/** From the address to a page of the console that one can use, in a Chromium that was just started and kept nothing. */

import type { Page, Request } from "playwright-core";
import { launchBrowser } from "../../test/browser.ts";
import type { Measure } from "../cases.ts";
import { median } from "../measure/median.ts";
import { createProgram, findAdminOrigin } from "../servers/biped.ts";
import { startServer } from "../servers/child-server.ts";

type Visit = {
  readonly url: string;
  readonly sessionCookie?: string;
  /** Returns when the page can be used. */
  readonly waitUntilUsable: (page: Page) => Promise<void>;
};

type Visited = { readonly milliseconds: number; readonly bytes: number; readonly files: number };

export const measureConsole: Measure = async (lab) => {
  await lab.compile();
  const { store, sessionCookie } = await lab.managed();
  const server = await startServer(createProgram(store, { form: "compiled" }));
  const url = `http://localhost:${new URL(findAdminOrigin(server.origin)).port}`;
  try {
    const signIn = await visitOften({ url: `${url}/sign-in`, waitUntilUsable: waitForSignIn }, lab.pace.pageLoads);
    const overview = await visitOften({ url, sessionCookie, waitUntilUsable: waitForOverview }, lab.pace.pageLoads);
    return {
      values: {
        signInMilliseconds: signIn.milliseconds,
        signInBytes: signIn.bytes,
        signInFiles: signIn.files,
        overviewMilliseconds: overview.milliseconds,
        overviewBytes: overview.bytes,
        overviewFiles: overview.files,
      },
    };
  } finally {
    await server.stop();
  }
};

async function waitForSignIn(page: Page): Promise<void> {
  const email = page.getByLabel("E-mail address");
  await email.waitFor();
  if (!(await email.isEnabled())) throw new Error("The e-mail address cannot be entered.");
}

/** The counts are what the page shows first of what the server told. */
async function waitForOverview(page: Page): Promise<void> {
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  await page.locator("dd", { hasText: "100,001" }).first().waitFor();
}

/** The middle of the times; the files are the same each time. */
async function visitOften(visit: Visit, loads: number): Promise<Visited> {
  const visited: Visited[] = [];
  for (let load = 0; load < loads; load += 1) visited.push(await visitOnce(visit));
  const milliseconds = median(visited.map((each) => each.milliseconds));
  return { bytes: 0, files: 0, ...visited[0], milliseconds };
}

async function visitOnce({ url, sessionCookie, waitUntilUsable }: Visit): Promise<Visited> {
  const browser = await launchBrowser();
  try {
    const context = await browser.newContext({ locale: "en-GB" });
    // Browsers take the name and the flag for a secure page's only; a cookie has no port.
    const cookie = { name: "__Host-biped-session", url: "https://localhost/", httpOnly: true } as const;
    if (sessionCookie !== undefined) await context.addCookies([{ ...cookie, value: sessionCookie }]);
    const page = await context.newPage();
    const requests: Request[] = [];
    page.on("request", (request) => requests.push(request));
    const started = performance.now();
    await page.goto(url, { waitUntil: "commit" });
    await waitUntilUsable(page);
    const milliseconds = performance.now() - started;
    await page.waitForLoadState("networkidle");
    return { milliseconds, ...(await weighFiles(requests)) };
  } finally {
    await browser.close();
  }
}

/** Scripts and styles as they came over the wire. */
async function weighFiles(requests: readonly Request[]): Promise<Omit<Visited, "milliseconds">> {
  const files = requests.filter((request) => /^(?:script|stylesheet)$/.test(request.resourceType()));
  const sizes = await Promise.all(files.map((request) => request.sizes()));
  const bytes = sizes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0);
  return { bytes, files: files.length };
}
