/** F-13: the server is killed in the middle of the first run, at 50 points of it. */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStorage } from "../apps/authorization-server/src/storage/open-storage.ts";
import { findFreePorts } from "./free-ports.ts";

const root = join(import.meta.dirname, "..");
const main = ["--conditions=biped-source", join(root, "apps/authorization-server/src/main.ts"), "serve"];
const points = 50;
/** Two at a time, as the machine of the checks has two cores. */
const lanes = 2;
const email = "vera@example.com";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "biped-first-run-"));
  await mkdir(join(directory, "template"));
  await run("keys", "create-kek", join(directory, "kek"));
  // Its keys and peppers are made once, so that every further start is short.
  const { child } = await serve("template");
  child.kill("SIGTERM");
  await once(child, "close");
}, 60_000);
afterAll(() => rm(directory, { recursive: true }));

function createEnvironment(name: string, [publicPort = 0, adminPort = 0]: readonly number[]): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    BIPED_DATA_DIR: join(directory, name),
    BIPED_KEK_FILE: join(directory, "kek"),
    BIPED_SIGNING_ALG: "Ed25519",
    BIPED_PUBLIC_PORT: String(publicPort),
    BIPED_ADMIN_PORT: String(adminPort),
    // What Node has compiled once it need not compile 50 times.
    NODE_COMPILE_CACHE: join(directory, "compiled"),
  };
}

async function run(...args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [...main.slice(0, -1), ...args], { env: createEnvironment("template", []) });
  expect(await once(child, "close")).toEqual([0, null]);
}

async function serve(name: string) {
  const ports = await findFreePorts(2);
  const child = spawn(process.execPath, main, { env: createEnvironment(name, ports) });
  let output = "";
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes('"msg":"ready"')) resolve();
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("close", () => reject(new Error(`The server ended: ${output}`)));
  });
  const token = /#(biped_setup_\w+)/.exec(output)?.[1] ?? "";
  return { child, token, url: `http://127.0.0.1:${ports[1]}` };
}

async function setUp({ url, token }: { readonly url: string; readonly token: string }): Promise<number | undefined> {
  const headers = { "content-type": "application/json", "sec-fetch-site": "same-origin", "x-biped-console": "1" };
  const body = JSON.stringify({ token, email, name: "Vera Lind", password: "a quiet walk along the harbour" });
  try {
    const answer = await fetch(`${url}/api/setup`, { method: "POST", headers, body });
    await answer.text();
    return answer.status;
  } catch {
    return undefined;
  }
}

/** What the file holds afterwards, and whether the token is good once and no more. */
async function inspect(name: string, token: string) {
  const file = join(directory, name, "authorization-server.db");
  const storage = await openStorage(`sqlite:${file}`);
  const digest = createHash("sha256").update(token).digest("hex");
  const author = { at: Math.floor(Date.now() / 1000), actor: "operator", requestId: undefined };
  const isOpen = await storage.isSetupOpen();
  const events = await storage.listAuditEvents(0, 1000);
  const administrator = {
    email: "other@example.com",
    name: "Other",
    passwordHash: "$argon2id$x",
    isPlatformOwner: true,
  };
  const again = [];
  for (const id of ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"]) {
    const another = { ...administrator, id, email: `${id}@example.com` };
    again.push(await storage.completeSetup({ digest, administrator: another }, author));
  }
  await storage.close();
  const database = new Database(file, { readonly: true });
  const emails = database.prepare("select email from administrator where state = 'enabled'").pluck().all();
  database.close();
  return { isOpen, made: events.filter(({ action }) => action === "administrator.created").length, again, emails };
}

const neither = {
  isOpen: true,
  made: 0,
  again: [true, false],
  emails: ["00000000-0000-4000-8000-000000000001@example.com"],
};
const one = { isOpen: false, made: 1, again: [false, false], emails: [email] };

/** @param delayMillis After the request was sent; undefined kills after the answer. */
async function killAt(name: string, delayMillis: number | undefined) {
  await cp(join(directory, "template"), join(directory, name), { recursive: true });
  const server = await serve(name);
  const began = performance.now();
  const answer = setUp(server);
  if (delayMillis === undefined) await answer;
  else await wait(delayMillis);
  const millis = performance.now() - began;
  server.child.kill("SIGKILL");
  if (server.child.exitCode === null && server.child.signalCode === null) await once(server.child, "close");
  const status = await answer;
  const found = await inspect(name, server.token);
  await rm(join(directory, name), { recursive: true });
  return { status, millis, found };
}

test(`killed at ${points} points, there is no administrator or exactly one, and the token is good once`, async () => {
  const whole = await killAt("whole", undefined);
  expect([whole.status, whole.found]).toEqual([201, one]);
  const left = Array.from({ length: points }, (_, at) => at).values();
  const outcomes: Awaited<ReturnType<typeof killAt>>[] = [];
  const runLane = async (): Promise<void> => {
    // Closer together towards the end, where the transaction is.
    for (const at of left) outcomes.push(await killAt(`point-${at}`, 1.4 * whole.millis * Math.sqrt(at / points)));
  };
  await Promise.all(Array.from({ length: lanes }, runLane));
  for (const { status, found } of outcomes) {
    expect(found).toEqual(found.isOpen ? neither : one);
    // What was acknowledged is there.
    if (status !== undefined) expect([status, found]).toEqual([201, one]);
  }
  const finished = outcomes.filter(({ found }) => !found.isOpen).length;
  const answered = outcomes.filter(({ status }) => status === 201).length;
  console.log(`${points} kills: ${points - finished} before the administrator was made, ${answered} after the answer`);
  expect(finished).toBeLessThan(points);
}, 180_000);
