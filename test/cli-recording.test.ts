/** The README of the command: its recorded session is repeated in a pseudo-terminal, and its samples run in a shell. */

import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createClient } from "@biped/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exitCodes } from "../apps/cli/src/exit-codes.ts";
import { type CommandPlace, createCommandPlace, readScreen, runInTerminal, runThroughPipe } from "./pseudo-terminal.ts";
import { type PublicService, startPublicService } from "./public-service.ts";
import {
  createSandboxEnvironment,
  type RunningSandbox,
  readDemo,
  type SandboxEnvironment,
  startSandbox,
  stopSandbox,
} from "./started-sandbox.ts";

const root = join(import.meta.dirname, "..");
const file = join(root, "apps/cli/README.md");
const document = await readFile(file, "utf8");
const fence = /^```(?:sh|console) run=(\S+)\n([\s\S]*?)^```$/gm;
const samples = new Map([...document.matchAll(fence)].map(([, name = "", text = ""]) => [name, text]));
const run = promisify(execFile);

let service: PublicService;
let made: SandboxEnvironment;
let sandbox: RunningSandbox;
let place: CommandPlace;

beforeAll(async () => {
  [service, made] = await Promise.all([startPublicService(), createSandboxEnvironment()]);
  sandbox = await startSandbox(made.environment);
});
afterAll(async () => {
  await Promise.all([service.stop(), stopSandbox(sandbox)]);
  await rm(made.directory, { recursive: true });
});

test("every sample has a test", () => {
  expect([...samples.keys()]).toEqual([
    "install",
    "first",
    "session",
    "commands",
    "exports",
    // Of the management API: test/cli-admin-readme.test.ts.
    "admin",
    "rotation",
    "revoke",
    "apply",
    "ci",
  ]);
});

test("the recorded session is what the command prints today", async () => {
  const commands = (samples.get("session") ?? "").match(/(?<=^\$ ).*$/gm) ?? [];
  expect(commands.length).toBeGreaterThan(6);
  place = await createCommandPlace({ BIPED_DATA_DIR: made.directory, NO_COLOR: "1" });
  await waitForDemonstration();
  let recorded = "";
  let lastExitCode = 0;
  for (const command of commands) {
    recorded += `$ ${command}\n`;
    if (command === "echo $?") {
      recorded += `${lastExitCode}\n`;
      continue;
    }
    const { output, exitCode } = await runInTerminal(command.split(" ").slice(1), place);
    lastExitCode = exitCode;
    recorded += withUsualPlaces(readScreen(output));
  }
  await place.remove();
  // BIPED_RECORD=1 takes the session down anew, for a reader to look at before it is kept.
  if (process.env.BIPED_RECORD === "1") {
    await writeFile(
      file,
      document.replace(samples.get("session") ?? "", () => recorded),
    );
    return;
  }
  expect(blot(recorded)).toBe(blot(samples.get("session") ?? ""));
}, 150_000);

/** Its jobs run when it starts; a reader meets them when they are done. */
async function waitForDemonstration(): Promise<void> {
  const demo = await readDemo(made);
  const { client_id: clientId, client_secret: clientSecret } = demo.credentials[0]!;
  const { exports } = createClient({
    authUrl: demo.issuer,
    clientId,
    clientSecret,
    scope: "data-export",
    projectId: 42,
  });
  for await (const { jobId } of exports.list()) {
    const [first] = await Array.fromAsync(exports.runs(jobId, { order: "ASC" }));
    await exports.waitForRun(jobId, { runId: first?.jobRunId, timeoutMilliseconds: 100_000 });
  }
}

/** The ports and folders that the sandbox and the command have without settings. */
function withUsualPlaces(text: string): string {
  const { publicPort, aws, azure } = made.ports;
  return text
    .replaceAll(`127.0.0.1:${publicPort}`, "127.0.0.1:4000")
    .replaceAll(`127.0.0.1:${aws}`, "127.0.0.1:4001")
    .replaceAll(`127.0.0.1:${azure}`, "127.0.0.1:4002")
    .replaceAll(place.env.BIPED_CONFIG_DIR ?? "", "~/.config/biped");
}

/** What differs between two runs: times, and numbers that are drawn. */
function blot(text: string): string {
  return (
    text
      .replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, "UUID")
      .replaceAll(/\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?Z)?)?/g, "DATE")
      .replaceAll(/(?<=^\d+ +SUCCESS .*) \d+ +\d+\.\d kB/gm, "ROWS AND SIZE")
      .replaceAll(/\b\d+\.\d kB/g, "SIZE")
      .replaceAll(/^\d+(?= +CREATED)/gm, "RUN")
      .replaceAll(/(?<=^ +(kid|jti) +)\S+/gm, "RANDOM")
      .replaceAll(/(?<=^ +(exp|iat) +)\d+/gm, "SECONDS")
      .replaceAll(/\b(in )?\d+ (second|minute|hour|day)s?( ago)?|\bnow\b/g, "A WHILE")
      .replaceAll(/\b\d+ ms\b/g, "TIME")
      .replaceAll(/never used|used A WHILE/g, "USE")
      // What is wider in one run than in another moves what stands behind it.
      .replaceAll(/ {2,}/g, "  ")
  );
}

/** Runs a sample with `biped` in the PATH. What it prints is returned; a command that fails fails the test. */
async function runSample(name: string, environment: Record<string, string>): Promise<string> {
  const bin = join(place.directory, "bin");
  const program = join(root, "apps/cli/src/main.ts");
  await mkdir(bin);
  await writeFile(
    join(bin, "biped"),
    `#!/bin/sh\nexec "${process.execPath}" --conditions=biped-source "${program}" "$@"\n`,
  );
  await chmod(join(bin, "biped"), 0o755);
  const script = (samples.get(name) ?? "").replaceAll("https://auth.example.com", service.authUrl);
  const env = { ...place.env, ...environment, PATH: `${bin}:${process.env.PATH}` };
  return (await run("sh", ["-ec", script], { cwd: place.directory, env })).stdout;
}

async function withPlace(work: () => Promise<void>): Promise<void> {
  place = await createCommandPlace();
  try {
    await work();
  } finally {
    await place.remove();
  }
}

test("install: the package is called so, and brings the command", async () => {
  const manifest = JSON.parse(await readFile(join(root, "apps/cli/package.json"), "utf8"));
  expect(samples.get("install")).toBe(`npm install --global ${manifest.name}\n`);
  expect(Object.keys(manifest.bin)).toEqual(["biped"]);
  expect(document).toContain(`Node ${/[\d.]+/.exec(manifest.engines.node)?.[0]} or newer.`);
});

test("first: a login without anybody there, and a token", () =>
  withPlace(async () => {
    const { clientId, clientSecret } = service.credentials.account;
    await writeFile(join(place.directory, "secret.txt"), clientSecret);
    const printed = await runSample("first", { CLIENT_ID: clientId });
    expect(printed).not.toContain(clientSecret);
    expect(printed.trimEnd().split("\n").at(-1)).toMatch(/^eyJ\S+$/);
  }));

test("commands: each runs with the sandbox's credential", () =>
  withPlace(async () => {
    const [credential] = (await readDemo(made)).credentials;
    const job = { name: "Mine", format: "CSV", scope: "views", frequency: { value: "daily" }, deviceLabel: "all" };
    await writeFile(
      join(place.directory, "job.json"),
      JSON.stringify({ ...job, fields: [{ fieldName: "session_id" }] }),
    );
    const login = await runThroughPipe(["login", "--sandbox"], {
      env: { ...place.env, BIPED_DATA_DIR: made.directory },
    });
    expect(login.exitCode).toBe(0);
    const printed = await runSample("commands", {});
    expect(printed).not.toContain(credential?.client_secret);
    for (const part of ["UX ANALYTICS", '"scope": "metrics"', '"Nightly sessions"', '"jobId":', "sandbox"]) {
      expect(printed).toContain(part);
    }
  }));

test("exports: a job is created, its run awaited, its files saved", () =>
  withPlace(async () => {
    service.control.settings.isLookingProgress = true;
    const printed = await runSample("exports", createServiceEnvironment(42));
    service.control.reset();
    const [saved = ""] = await readdir(join(place.directory, "exports"));
    expect(saved).toMatch(/^job-\d+-run-\d+-part-1\.jsonl$/);
    const runId = Number(/run-(\d+)/.exec(saved)?.[1]);
    expect(await readFile(join(place.directory, "exports", saved), "utf8")).toBe(service.control.readFile(runId).text);
    expect(printed).toContain(`${runId}\tSUCCESS\t1\n`);
    expect(printed).toContain(`exports/${saved}\t`);
  }));

test("ci: a credential of the environment, a check, and JSON in a file", () =>
  withPlace(async () => {
    const { clientId, clientSecret } = service.credentials.account;
    await writeFile(join(place.directory, "secret.txt"), clientSecret);
    await runSample("ci", { CLIENT_ID: clientId });
    const jobs = JSON.parse(await readFile(join(place.directory, "jobs.json"), "utf8"));
    expect(jobs).toContainEqual(expect.objectContaining({ jobId: 1119 }));
  }));

function createServiceEnvironment(projectId: number): Record<string, string> {
  const { clientId, clientSecret } = service.credentials.account;
  return {
    BIPED_AUTH_URL: service.authUrl,
    BIPED_CLIENT_ID: clientId,
    BIPED_CLIENT_SECRET: clientSecret,
    BIPED_PROJECT_ID: String(projectId),
  };
}

test("the tables of commands, exit codes and variables are those of the program", () =>
  withPlace(async () => {
    const { stdout } = await runThroughPipe(["--help"], place);
    const commands = [...(/^Commands:\n((?: {2}.*\n)+)/m.exec(stdout)?.[1] ?? "").matchAll(/^ {2}(\w+)/gm)];
    const named = commands.map(([, name]) => name).filter((name) => name !== "help");
    const rows = (pattern: RegExp) => [...document.matchAll(pattern)].map(([, cell]) => cell);
    expect(rows(/^\| `biped (\w+)`/gm).toSorted()).toEqual(named.toSorted());
    expect(rows(/^\| (\d+) \|/gm).map(Number)).toEqual(Object.values(exitCodes));
    const sources = await readdir(join(root, "apps/cli/src"), { recursive: true });
    const texts = sources.filter((each) => /(?<!\.test)\.ts$/.test(each));
    const used = new Set<string>();
    for (const source of texts) {
      const text = await readFile(join(root, "apps/cli/src", source), "utf8");
      for (const [name] of text.matchAll(/\bBIPED_[A-Z_]+\b/g)) used.add(name);
    }
    // The help names it as an example of the sandbox's own settings.
    used.delete("BIPED_PUBLIC_PORT");
    // An error names it as what the server's operator sets.
    used.delete("BIPED_SCOPES");
    const told = new Set(rows(/^\| (.*`BIPED_.*) \| /gm).flatMap((cell) => cell?.match(/BIPED_[A-Z_]+/g) ?? []));
    expect([...told].toSorted()).toEqual([...used].toSorted());
  }));
