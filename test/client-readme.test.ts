/** Every sample of the client's README runs as it stands, against the stand-in of the public service. */

import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PublicService, startPublicService } from "./public-service.ts";

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

/** In a process of its own that never changes the service between two samples. */
async function runSample(name: string, level: "account" | "project" = "project") {
  const { clientId, clientSecret } = service.credentials[level];
  const file = join(directory, `${name}.ts`);
  await writeFile(file, samples.get(name) ?? "");
  const env = {
    ...process.env,
    NO_COLOR: "1",
    BIPED_AUTH_URL: service.authUrl,
    BIPED_CLIENT_ID: clientId,
    BIPED_CLIENT_SECRET: clientSecret,
    BIPED_SCOPE: "data-export",
  };
  const { stdout, stderr } = await run(process.execPath, ["--conditions=biped-source", file], { env, cwd: directory });
  for (const text of [stdout, stderr]) expect(text).not.toContain(clientSecret);
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
  const { stdout } = await runSample("account", "account");
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

test("exports: a job is made, waited for and downloaded", async () => {
  service.control.settings.isLookingProgress = true;
  const { stdout } = await runSample("exports");
  const file = stdout.trim().split("\n").at(-1) ?? "";
  expect(await readdir(directory)).toContain(file);
  const lines = (await readFile(join(directory, file), "utf8")).trim().split("\n");
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(Object.keys(JSON.parse(line)).length).toBeGreaterThan(0);
});

test("several processes: the second client takes the first one's token", async () => {
  const before = service.counts.tokenRequests;
  expect((await runSample("store")).stdout).toBe("true\n");
  expect(service.counts.tokenRequests - before).toBe(1);
});
