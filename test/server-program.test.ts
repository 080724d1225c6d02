/** The server as the program that operators run: its command, its signals, what survives a crash, what it stores. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findFreePorts } from "./free-ports.ts";
import { basic, type HeldCredential, post, tokenRequest } from "./started-server.ts";

const root = join(import.meta.dirname, "..");
const main = ["--conditions=biped-source", join(root, "apps/authorization-server/src/main.ts")];
const execute = promisify(execFile);

let directory: string;
let environment: NodeJS.ProcessEnv;
let url: string;
let held: HeldCredential;
const running = new Set<ChildProcess>();

const command = async (...args: readonly string[]) =>
  JSON.parse((await execute(process.execPath, [...main, ...args], { env: environment })).stdout);
const refusal = async (...args: readonly string[]): Promise<string> =>
  execute(process.execPath, [...main, ...args], { env: environment }).then(
    () => "not refused",
    (error: { code: number; stderr: string }) => `${error.code} ${error.stderr}`,
  );

async function serve(): Promise<{ child: ChildProcess; output: () => string }> {
  const child = spawn(process.execPath, [...main, "serve"], { env: environment });
  running.add(child);
  let output = "";
  const ready = new Promise<void>((resolve) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes('"msg":"ready"')) resolve();
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("close", () => resolve());
  });
  await ready;
  return { child, output: () => output };
}

async function end(child: ChildProcess, signal: NodeJS.Signals) {
  child.kill(signal);
  if (child.exitCode === null && child.signalCode === null) await once(child, "close");
  running.delete(child);
  return child.exitCode ?? child.signalCode;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "biped-program-"));
  const [publicPort = 0, adminPort = 0] = await findFreePorts(2);
  url = `http://127.0.0.1:${publicPort}`;
  environment = {
    PATH: process.env.PATH,
    BIPED_DATA_DIR: directory,
    BIPED_KEK_FILE: join(directory, "kek"),
    BIPED_PUBLIC_PORT: String(publicPort),
    BIPED_ADMIN_PORT: String(adminPort),
    BIPED_TOKENS_PER_SECOND: "0",
  };
  await command("keys", "create-kek", join(directory, "kek"));
  await command("create", "account", "--name", "Northwind Retail");
  await command("create", "cloud", "--name", "aws", "--endpoint", "https://api.eu-west-1.example.com");
  await command("create", "project", "--account", "1", "--cloud", "aws", "--id", "42", "--name", "UX ANALYTICS");
  const created = await command(
    "create",
    "credential",
    "--account",
    "1",
    "--project",
    "42",
    "--name",
    "Export",
    "--scopes",
    "data-export metrics",
  );
  held = { clientId: created.credential.clientId, clientSecret: created.clientSecret };
}, 60_000);
afterAll(async () => {
  for (const child of running) await end(child, "SIGKILL");
  await rm(directory, { recursive: true });
});

const issue = async (): Promise<string> => (await post(`${url}/v1/oauth/token`, tokenRequest(held))).body.access_token;

describe("what a command refuses is one line and status 1", () => {
  test.each([
    [["create", "account", "--name", " "], "name must have 1 to 200 characters and no control characters."],
    [
      ["create", "cloud", "--name", "aws", "--endpoint", "https://other.example.com"],
      "There is a cloud of this name already.",
    ],
    [
      ["create", "cloud", "--name", "b", "--endpoint", "https://api.eu-west-1.example.com"],
      "Another cloud has this endpoint.",
    ],
    [
      ["create", "cloud", "--name", "b", "--endpoint", "https://x.example.com/"],
      "endpoint must be a scheme, a host and perhaps a port, in lower case, without path or trailing slash.",
    ],
    [
      ["create", "cloud", "--name", "b", "--endpoint", "http://x.example.com"],
      "endpoint must be https, except on a loopback address.",
    ],
    [["create", "project", "--account", "9", "--cloud", "aws", "--name", "x"], "There is no such account."],
    [["create", "project", "--account", "1", "--cloud", "c", "--name", "x"], "There is no such cloud."],
    [
      ["create", "project", "--account", "1", "--cloud", "aws", "--id", "42", "--name", "x"],
      "There is a project of this id already.",
    ],
    [
      ["create", "project", "--account", "1", "--cloud", "aws", "--name", "x", "--time-zone", "Mars/Olympus"],
      "timeZone must be a name of the IANA database.",
    ],
    [
      ["create", "credential", "--account", "1", "--name", "x", "--scopes", "nothing"],
      "scopes names an unknown scope.",
    ],
    [
      ["create", "credential", "--account", "1", "--project", "7", "--name", "x", "--scopes", "metrics"],
      "There is no such project in this account.",
    ],
    [
      ["create", "credential", "--account", "1", "--name", "x", "--scopes", "metrics", "--allow", "1.2.3.4/33"],
      "allowedRanges must be CIDR ranges, such as 192.0.2.0/24.",
    ],
    [
      ["create", "credential", "--account", "1", "--name", "x", "--scopes", "metrics", "--expires", "2001-01-01"],
      "expiresAt must lie in the future.",
    ],
  ])("%j", async (args, line) => {
    expect(await refusal(...args)).toBe(`1 biped-server: ${line}\n`);
  });

  test("a key-encryption key is never overwritten, and never made by serving", async () => {
    const kek = await readFile(join(directory, "kek"), "utf8");
    expect(await refusal("keys", "create-kek", join(directory, "kek"))).toMatch(
      /^1 biped-server: .*kek.* exists already/,
    );
    expect(await readFile(join(directory, "kek"), "utf8")).toBe(kek);
    const { BIPED_KEK_FILE: _kek, ...without } = environment;
    const failed = execute(process.execPath, [...main, "serve"], { env: without });
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stderr:
        "biped-server: One of BIPED_KEK_FILE, BIPED_KEK_CREDENTIAL, BIPED_KEK and BIPED_KEK_PKCS11 must be set. " +
        "Make a key with: biped-server keys create-kek FILE\n",
    });
  });
});

test("the eleventh credential of a project is refused, and deleted ones would make room", async () => {
  const create = () =>
    refusal("create", "credential", "--account", "1", "--project", "42", "--name", "More", "--scopes", "metrics");
  const outcomes = await Promise.all(Array.from({ length: 10 }, create));
  expect(outcomes.filter((outcome) => outcome === "not refused").length).toBe(9);
  expect(outcomes.find((outcome) => outcome !== "not refused")).toBe(
    "1 biped-server: There are 10 credentials already, which is the limit.\n",
  );
}, 60_000);

test("C-07: a revoked token is still revoked after every process was killed at once", async () => {
  const first = await serve();
  const token = await issue();
  const revoked = await post(`${url}/v1/oauth/revoke`, { token }, basic(held));
  expect(revoked.status).toBe(200);
  expect(await end(first.child, "SIGKILL")).toBe("SIGKILL");

  const second = await serve();
  expect((await post(`${url}/v1/oauth/introspect`, { token }, basic(held))).body).toEqual({ active: false });
  expect((await post(`${url}/v1/oauth/introspect`, { token: await issue() }, basic(held))).body.active).toBe(true);
  expect(await end(second.child, "SIGTERM")).toBe(0);
});

test("a token leaves no row behind, SIGTERM, and a second one, writes the last use and answers what is under way", async () => {
  const countRows = (): Readonly<Record<string, number>> => {
    const file = new Database(join(directory, "authorization-server.db"), { readonly: true });
    const tables = file.prepare("select name from sqlite_master where type = 'table'").pluck().all() as string[];
    const counts = tables.map((name) => [name, file.prepare(`select count(*) from "${name}"`).pluck().get() as number]);
    file.close();
    return Object.fromEntries(counts);
  };
  const { child } = await serve();
  await issue();
  const before = countRows();
  for (let round = 0; round < 10; round += 1) await Promise.all(Array.from({ length: 50 }, issue));
  const pending = Array.from({ length: 20 }, () => post(`${url}/v1/oauth/token`, tokenRequest(held)));
  // Asked for after those before it were sent, so that the stop meets them under way.
  await post(`${url}/v1/oauth/me`, {}, basic(held));
  const ended = end(child, "SIGTERM");
  await Promise.race(pending);
  child.kill("SIGTERM");
  expect((await Promise.all(pending)).map((answer) => answer.status)).toEqual(Array<number>(20).fill(200));
  expect(await ended).toBe(0);
  const after = countRows();
  // One row of use for a credential and hour, however many tokens; the node that has stopped takes its own away.
  expect({ ...after, usage: 0, usage_node: 1 }).toEqual({ ...before, usage: 0 });
  expect(after.usage_node).toBe(0);
  expect(after.usage).toBeLessThanOrEqual(2);
  const file = new Database(join(directory, "authorization-server.db"), { readonly: true });
  expect(file.prepare("select sum(tokens) from usage").pluck().get()).toBeGreaterThanOrEqual(521);
  file.close();
});

test("R-02, M-08: no file of the server holds a secret, and every file is for its owner alone", async () => {
  const { child, output } = await serve();
  const token = await issue();
  await post(`${url}/v1/oauth/token`, { ...tokenRequest(held), client_secret: `${held.clientSecret}x` });
  await end(child, "SIGTERM");
  const names = await readdir(directory);
  expect(names).toContain("authorization-server.db");
  for (const name of names) {
    const content = await readFile(join(directory, name), "latin1");
    expect([name, content.includes(held.clientSecret), content.includes(token)]).toEqual([name, false, false]);
    expect([name, ((await stat(join(directory, name))).mode & 0o077).toString(8)]).toEqual([name, "0"]);
  }
  expect(output()).not.toContain(held.clientSecret);
  expect(output()).not.toContain(token);
  expect(output()).toContain('"reason":"wrong secret"');
});

test("wrong settings are all named at once, before anything is opened", async () => {
  const wrong = {
    BIPED_RSA_BITS: "1024",
    BIPED_HOST: "example.com",
    BIPED_TOKENS_PER_SECOND: "many",
    BIPED_SCOPES: "a a",
  };
  const failed = execute(process.execPath, [...main, "serve"], { env: { ...environment, ...wrong } });
  const { stderr, code } = (await failed.catch((error: { stderr: string; code: number }) => error)) as {
    stderr: string;
    code: number;
  };
  expect(code).toBe(1);
  for (const name of Object.keys(wrong)) expect(stderr).toMatch(new RegExp(`^(biped-server: )?${name} must`, "m"));
  await writeFile(join(directory, "not-a-key"), "short", { mode: 0o600 });
  const badKey = execute(process.execPath, [...main, "serve"], {
    env: { ...environment, BIPED_KEK_FILE: join(directory, "not-a-key") },
  });
  await expect(badKey).rejects.toMatchObject({
    stderr: `biped-server: ${join(directory, "not-a-key")} must hold 32 bytes in base64\n`,
  });
});
