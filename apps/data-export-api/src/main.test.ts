import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { findFreePorts } from "../../../test/free-ports.ts";

const directory = mkdtempSync(join(tmpdir(), "biped-data-export-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const settings = {
  BIPED_CLOUD: "test-cloud",
  BIPED_ENDPOINT: "https://api.example.com",
  BIPED_ISSUER: "https://auth.example.com",
  BIPED_DATA_DIR: join(directory, "data"),
};

function run(environment: Readonly<Record<string, string>>, ...words: readonly string[]) {
  const main = join(import.meta.dirname, "main.ts");
  const child = spawn(process.execPath, ["--conditions=biped-source", main, ...words], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (bytes) => {
    output.stdout += bytes;
  });
  child.stderr.on("data", (bytes) => {
    output.stderr += bytes;
  });
  const ended = once(child, "close").then(([code]: readonly unknown[]) => ({ code, ...output }));
  return { child, output, ended };
}

test("it listens, with its metrics apart, keeps its jobs in the data directory, and SIGTERM ends it with 0", async () => {
  const [port = 0, metricsPort = 0] = await findFreePorts(2);
  const ports = { BIPED_PORT: String(port), BIPED_METRICS_PORT: String(metricsPort) };
  const { child, output, ended } = run({ ...settings, ...ports });
  while (!output.stdout.includes('"listening"') && child.exitCode === null) await once(child.stdout, "data");
  const response = await fetch(`http://127.0.0.1:${port}/readyz`);
  const ready = { status: "ready", checks: { store: { ok: true } } };
  expect([response.status, await response.json()]).toStrictEqual([200, ready]);
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  expect(metrics).toContain('\nbiped_export_requests_total{route="/readyz",status="200"} 1\n');
  expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(404);
  expect(existsSync(join(directory, "data", "data-export-test-cloud.db"))).toBe(true);
  child.kill("SIGTERM");
  expect(await ended).toMatchObject({ code: 0, stderr: "" });
});

test("mistaken settings end it with 1, each of them named in a line", async () => {
  const { ended } = run({ BIPED_CLOUD: "test-cloud", BIPED_ENDPOINT: "https://api.example.com", BIPED_PORT: "none" });
  const { code, stderr } = await ended;
  expect(code).toBe(1);
  expect(stderr.trimEnd().split("\n")).toStrictEqual([
    "BIPED_ISSUER is required; it must be an https URL without query, fragment and trailing slash",
    "BIPED_PORT must be a whole number from 1 to 65535",
  ]);
});

test("migrate brings the database to its schema, and has nothing left to do the second time", async () => {
  const environment = { ...settings, BIPED_CLOUD: "migrated" };
  expect(await run(environment, "migrate").ended).toStrictEqual({
    code: 0,
    stdout: "Done: 0001_initial, 0002_expand_runs.\n",
    stderr: "",
  });
  const again = { code: 0, stdout: "The database is up to date.\n", stderr: "" };
  expect(await run(environment, "migrate").ended).toStrictEqual(again);
});

test.each([["serve"], ["migrate", "now"], ["work", "2"]])(
  "what it does not know ends it with 1 and the usage: %s",
  async (...words) => {
    const { code, stdout, stderr } = await run(settings, ...words).ended;
    expect([code, stdout]).toStrictEqual([1, ""]);
    expect(stderr).toMatch(/^Usage: biped-data-export-api \[COMMAND\]\n/);
  },
);

test("help needs no settings", async () => {
  expect((await run({}, "--help").ended).stdout).toMatch(/^Usage: biped-data-export-api \[COMMAND\]\n/);
  expect((await run({}, "ingest", "--help").ended).stdout).toMatch(/^Usage: biped-data-export-api ingest /);
});

test("work does runs without listening, and SIGTERM ends it with 0", async () => {
  const { child, output, ended } = run(settings, "work");
  while (!output.stdout.includes('"working"') && child.exitCode === null) await once(child.stdout, "data");
  child.kill("SIGTERM");
  expect(await ended).toMatchObject({ code: 0, stderr: "" });
});
