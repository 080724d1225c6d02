/** Data export in the console: jobs are created, followed, paused and deleted, and files are fetched by new links. */

import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { launchBrowser } from "./browser.ts";
import { createExportingCloud, daily, writtenRun } from "./console-exports.ts";
import { type Administrator, type ConsoleServer, startConsoleServer } from "./console-server.ts";
import { type FakeCloud, refuseAs, succeed } from "./fake-cloud.ts";
import { createFacts } from "./started-server.ts";

let browser: Browser;
let server: ConsoleServer;
let owner: Administrator;
let cloud: FakeCloud;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startConsoleServer()]);
  await createFacts(server);
  owner = await server.addAdministrator({ email: "vera@example.com", isPlatformOwner: true });
});

beforeEach(() => {
  cloud = createExportingCloud(server.clock.seconds);
  server.clouds.fetch = cloud.fetch;
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

afterAll(async () => {
  await browser.close();
  await server.stop();
});

const findCalls = (method: string, path: string) =>
  cloud.calls.filter((call) => call.method === method && call.path === path);
const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });
const aliasOf = (page: Page, column: string) =>
  page.getByRole("textbox", { name: `Name of ${column} in the file`, exact: true });

async function beginJob(page: Page): Promise<void> {
  await page.goto("/projects/42/exports");
  await page.getByRole("link", { name: "Create a job" }).click();
  await heading(page, "Create a job").waitFor();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("For the review");
  await page.getByRole("checkbox", { name: /^session_id / }).check();
  await page.getByRole("checkbox", { name: /^city / }).check();
}

describe("creating a job", () => {
  test("what was filled in is what the cloud is asked for, and the job is shown", async () => {
    const { page, faults } = await server.open(browser, owner);
    await beginJob(page);
    await page.getByRole("radio", { name: /^CSV/ }).check();
    await page.getByRole("radio", { name: /^Once/ }).check();
    await page.getByLabel("First day").fill("2027-01-10");
    await page.getByLabel("Last day").fill("2027-01-12");
    await page.getByRole("checkbox", { name: /^plan/ }).check();
    await page.getByRole("textbox", { name: "Another key" }).fill("weather");
    await page.getByRole("textbox", { name: "Another key" }).press("Enter");
    await page.getByRole("button", { name: "Move city up" }).click();
    await aliasOf(page, "city").fill("town");
    await page.getByLabel("Devices").selectOption("tablet");
    await page.getByLabel("Segment").fill("12");
    await page.getByRole("button", { name: "Create the job" }).click();
    await page.waitForURL(`**/projects/42/exports/${daily}`);
    await heading(page, "Nightly sessions").waitFor();
    expect(findCalls("POST", "/v1/exports").map(({ body }) => body)).toEqual([
      {
        name: "For the review",
        format: "CSV",
        formulaGuard: true,
        scope: "sessions",
        frequency: { value: "once", dateRange: { from: "2027-01-10T00:00:00Z", to: "2027-01-13T00:00:00Z" } },
        fields: [
          { fieldName: "city", aliasName: "town" },
          { fieldName: "session_id" },
          { fieldName: "custom_var", customVarPosition: 3 },
          { fieldName: "dynamic_var", dynamicVarKey: "weather" },
        ],
        deviceLabel: "tablet",
        segmentId: 12,
      },
    ]);
    expect(faults).toEqual([]);
  });

  test("a field that is moved keeps the focus, and its new place is read out", async () => {
    const { page } = await server.open(browser, owner);
    await beginJob(page);
    for (const [step, place] of [
      ["up", 1],
      ["down", 2],
    ] as const) {
      const button = page.getByRole("button", { name: `Move city ${step}` });
      await button.press("Enter");
      await page.getByText(`city is column ${place} of 2 now.`).waitFor();
      await button.and(page.locator(":focus")).waitFor();
    }
  });

  test("a refusal of the cloud stands at the field that it names, until something is changed", async () => {
    const { page, faults } = await server.open(browser, owner);
    const rule = "fields[1].aliasName must not be the name of a planet.";
    cloud.answers["POST /v1/exports"] = () => refuseAs("INVALID_REQUEST", rule);
    await beginJob(page);
    await aliasOf(page, "city").fill("pluto");
    await page.getByRole("button", { name: "Create the job" }).click();
    await page.getByText("Field 2: must not be the name of a planet.").waitFor();
    const alias = page.getByRole("listitem").filter({ has: aliasOf(page, "city") });
    await alias.getByText("Must not be the name of a planet.").waitFor();
    expect(await aliasOf(page, "city").getAttribute("aria-invalid")).toBe("true");
    await aliasOf(page, "city").fill("town");
    await alias.getByText("Must not be the name of a planet.").waitFor({ state: "detached" });
    expect(faults).toEqual([]);
  });

  test("ten rows are shown as text, whatever stands in them", async () => {
    const { page, faults } = await server.open(browser, owner);
    await beginJob(page);
    await page.getByRole("button", { name: "Show ten rows" }).click();
    await page.getByRole("cell", { name: '["<script>alert(1)</script>","=HYPERLINK(\\"x\\")"]' }).waitFor();
    await page.getByText("The job has changed since").waitFor({ state: "detached" });
    await page.getByRole("checkbox", { name: /^city / }).uncheck();
    await page.getByText("The job has changed since").waitFor();
    expect(findCalls("POST", "/v1/administration/preview")).toHaveLength(1);
    expect(faults).toEqual([]);
  });
});

describe("following a job", () => {
  const runsPath = `/v1/exports/${daily}/runs`;

  test("a run that is running is read again by itself until it is over", async () => {
    const run = {
      ...{ jobRunId: 30, jobId: daily, state: "RUNNING", startDate: "2027-01-15T01:00:00Z", endDate: null },
      dateRange: { from: "2027-01-14T00:00:00Z", to: "2027-01-15T00:00:00Z" },
      ...{ completionRate: 0, attempts: 1, rowCount: null, byteCount: null, fileCount: null, failureReason: null },
    };
    cloud.answers[`GET ${runsPath}`] = () => succeed(200, [run]);
    const { page, faults } = await server.open(browser, owner);
    await page.goto(`/projects/42/exports/${daily}`);
    await page.getByRole("cell", { name: "running" }).waitFor();
    const written = { state: "SUCCESS", completionRate: 100, endDate: "2027-01-15T01:03:20Z" };
    cloud.answers[`GET ${runsPath}`] = () =>
      succeed(200, [{ ...run, ...written, rowCount: 1234, byteCount: 2048, fileCount: 1 }]);
    await page.getByRole("row", { name: /14 Jan 2027 succeeded .*3 min 20 s 1,234 2.0 KiB/ }).waitFor();
    expect(faults).toEqual([]);
  });

  test("links are read when the files are opened, and again only when that is asked for", async () => {
    const { page, faults } = await server.open(browser, owner);
    const readings = () => findCalls("GET", `${runsPath}/${writtenRun}`).length;
    await page.goto(`/projects/42/exports/${daily}`);
    await page.getByRole("button", { name: /^3 files of / }).click();
    const dialog = page.getByRole("dialog", { name: /^Files of / });
    const link = dialog.getByRole("link", { name: "Download part 2" });
    expect(await link.getAttribute("href")).toBe(
      "https://api.eu-west-1.example.com/v1/files/11111111111111111111111111111111?v=1",
    );
    expect(readings()).toBe(1);
    // The next ones have ended when they come, as if the dialog had stood open since.
    cloud = createExportingCloud(server.clock.seconds - 901);
    server.clouds.fetch = cloud.fetch;
    await dialog.getByRole("button", { name: "Get new links" }).click();
    await dialog.getByText("These links have ended").waitFor();
    expect(await link.count()).toBe(0);
    expect(readings()).toBe(1);
    expect(faults).toEqual([]);
  });

  test("pausing says what happens before it is done", async () => {
    const { page, faults } = await server.open(browser, owner);
    await page.goto(`/projects/42/exports/${daily}`);
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Pause Nightly sessions?" });
    await dialog.getByText("What falls into the pause is not exported").waitFor();
    await dialog.getByRole("button", { name: "Pause the job" }).click();
    await page.getByText("Job paused").waitFor();
    const asked = findCalls("PUT", `/v1/administration/exports/${daily}/state`);
    expect(asked.map(({ body }) => body)).toEqual([{ state: "SUSPENDED" }]);
    expect(faults).toEqual([]);
  });

  test("while a job is paused, nothing tells when its next run begins", async () => {
    const runs = cloud.answers[`GET /v1/exports/${daily}/runs`];
    if (runs !== undefined) cloud.answers["GET /v1/exports/6/runs"] = runs;
    const { page, faults } = await server.open(browser, owner);
    const readWaiting = () => page.getByRole("row", { name: "waiting" }).innerText();
    await page.goto(`/projects/42/exports/${daily}`);
    expect(await readWaiting()).toMatch(/waiting\s+(?:in \d+ \w+|tomorrow)\s/);
    await page.goto("/projects/42/exports/6");
    await page.getByRole("button", { name: "Resume", exact: true }).waitFor();
    expect(await readWaiting()).toMatch(/waiting\s+–\s/);
    expect(faults).toEqual([]);
  });

  test("a job is deleted only after its name was typed", async () => {
    const { page, faults } = await server.open(browser, owner);
    await page.goto(`/projects/42/exports/${daily}`);
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete this job?" });
    const name = dialog.getByLabel("Type “Nightly sessions” to confirm");
    await name.press("Enter");
    expect(findCalls("DELETE", `/v1/administration/exports/${daily}`)).toHaveLength(0);
    await name.fill("Nightly sessions");
    await dialog.getByRole("button", { name: "Delete the job" }).click();
    await page.getByText("Job deleted").waitFor();
    expect(findCalls("DELETE", `/v1/administration/exports/${daily}`)).toHaveLength(1);
    expect(faults).toEqual([]);
  });
});

test("the time zone of the exports is any that there is, UTC and the project's own before all others", async () => {
  cloud.answers["GET /v1/administration/settings"] = () => succeed(200, { timeZone: "Europe/Paris" });
  const { page, faults } = await server.open(browser, owner);
  await page.goto("/projects/42/exports");
  await page.getByText("begin by the clock of Europe/Paris").waitFor();
  await page.getByRole("button", { name: "Change", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Time zone of the exports" });
  expect((await dialog.getByRole("option").allInnerTexts()).slice(0, 2)).toEqual([
    "UTC, the project's own",
    "Europe/Paris",
  ]);
  await dialog.getByLabel("Time zone").selectOption("Asia/Tokyo");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText("Time zone changed").waitFor();
  expect(findCalls("PUT", "/v1/administration/settings").map(({ body }) => body)).toEqual([{ timeZone: "Asia/Tokyo" }]);
  expect(faults).toEqual([]);
});

test("all links are ended once that was confirmed", async () => {
  const { page, faults } = await server.open(browser, owner);
  await page.goto("/projects/42/exports");
  await page.getByRole("button", { name: "End all links" }).click();
  const dialog = page.getByRole("dialog", { name: "End all links of this project?" });
  await dialog.getByRole("button", { name: "End all links" }).click();
  await page.getByText("All links have ended").waitFor();
  expect(findCalls("DELETE", "/v1/administration/links")).toHaveLength(1);
  expect(faults).toEqual([]);
});
