/** Every sample of the client's README runs as it stands, against the stand-in of the public service or the sandbox. */

import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { services } from "./client-services.ts";
import { type PublicService, startPublicService } from "./public-service.ts";
import type { HeldCredential } from "./started-server.ts";

const root = join(import.meta.dirname, "..");
const run = promisify(execFile);
const document = await readFile(join(root, "packages/client/README.md"), "utf8");
const samples = new Map(
  [...document.matchAll(/^```ts run=(\S+)\n([\s\S]*?)^```$/gm)].map(([, name = "", text = ""]) => [name, text]),
);

let service: PublicService;
let directory: string;

beforeAll(async () => {
  service = await startPublicService();
  directory = await mkdtemp(join(tmpdir(), "biped-client-readme-"));
  await symlink(join(root, "node_modules"), join(directory, "node_modules"));
  await writeFile(join(directory, "package.json"), '{"type":"module"}');
});

afterAll(async () => {
  await service.stop();
  await rm(directory, { recursive: true });
});

const createVariables = ({ clientId, clientSecret }: HeldCredential, authUrl = service.authUrl) => ({
  BIPED_AUTH_URL: authUrl,
  BIPED_CLIENT_ID: clientId,
  BIPED_CLIENT_SECRET: clientSecret,
  BIPED_SCOPE: "data-export",
});

/** In a process of its own that never changes the service between two samples. */
async function runSample(name: string, variables = createVariables(service.credentials.project)) {
  const file = join(directory, `${name}.ts`);
  await writeFile(file, samples.get(name) ?? "");
  const env = { ...process.env, NO_COLOR: "1", ...variables };
  const { stdout, stderr } = await run(process.execPath, ["--conditions=biped-source", file], { env, cwd: directory });
  for (const text of [stdout, stderr]) expect(text).not.toContain(variables.BIPED_CLIENT_SECRET);
  return { stdout, stderr };
}

test("every sample has a test", () => {
  expect([...samples.keys()]).toEqual(["first", "options", "account", "errors", "exports", "store"]);
});

test("the first call answers 200", async () => {
  expect((await runSample("first")).stdout).toMatch(/^200 \{\s+success: true,\s+payload: \[/);
});

test("the options: a secret from a function, hooks that tell of the token", async () => {
  const { stdout } = await runSample("options");
  expect(stdout).toMatch(/^token of 42 until 20\d\d-.*\nproject 42 lives at http:\/\/127\.0\.0\.1:\d+\n$/);
});

test("a whole account: every project with its cloud", async () => {
  const { stdout } = await runSample("account", createVariables(service.credentials.account));
  const [first, second] = service.endpoints;
  expect(
    stdout
      .split("\n")
      .slice(1, -1)
      .map((line) => line.replace(/^(\d+) .* at /, "$1 ")),
  ).toEqual([`42 ${first}`, `43 ${second}`]);
});

test("errors: the public service answers a wrong secret with a plain 500", async () => {
  expect((await runSample("errors")).stderr).toBe("unreachable HTTP_500 500 undefined Internal error\n");
});

/** The file that a sample has saved, line by line. */
async function readLines(stdout: string): Promise<readonly object[]> {
  const file = stdout.trim().split("\n").at(-1) ?? "";
  expect(await readdir(directory)).toContain(file);
  const lines = (await readFile(join(directory, file), "utf8")).trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}

test("exports: a job is made, waited for and downloaded", async () => {
  service.control.settings.isLookingProgress = true;
  const lines = await readLines((await runSample("exports")).stdout);
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(Object.keys(line).length).toBeGreaterThan(0);
});

test("exports at the sandbox: as many lines as it says that there are rows", async () => {
  const sandbox = await services[0].start();
  onTestFinished(sandbox.stop);
  const { stdout } = await runSample("exports", createVariables(sandbox.project, sandbox.authUrl));
  const lines = await readLines(stdout);
  expect(Object.keys(lines[0] ?? {})).toEqual(["session_id", "country_code"]);
  expect(Number(/^rows: (\d+)$/m.exec(stdout)?.[1])).toBe(lines.length);
}, 120_000);

test("several processes: the second client takes the first one's token", async () => {
  const before = service.counts.tokenRequests;
  expect((await runSample("store")).stdout).toBe("true\n");
  expect(service.counts.tokenRequests - before).toBe(1);
});
