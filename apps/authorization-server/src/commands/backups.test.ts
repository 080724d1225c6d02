import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, readSettings } from "@biped/listener";
import { formatExportedEvent } from "@biped/management-client/audit-chain";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createConfig, serverSettings } from "../index.ts";
import { createKeyEncryptionKey } from "../signing/envelope.ts";
import { type ServerParts, start } from "../start.ts";
import { openStorage } from "../storage/open-storage.ts";
import { backUp, confirmRestore, createBackupKeyPair, restore } from "./backups.ts";
import { withManagement } from "./create.ts";

const now = 1_800_000_000;
const nowSeconds = () => now;
const log = createLog("silent", () => {});
const kek = createKeyEncryptionKey(Buffer.alloc(32, 7));
const parts: ServerParts = {
  ...{ kek, log, nowSeconds, monotonicSeconds: () => 0, randomBytes },
  ...{ secretEnvironment: "test", adminRoutes: {} },
};

const main = join(import.meta.dirname, "../main.ts");

let directory: string;
const at = (name: string): string => join(directory, name);
const config = (name: string) =>
  createConfig(readSettings(serverSettings, { BIPED_DATA_DIR: directory, BIPED_DATABASE_URL: `sqlite:${at(name)}` }));
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "biped-backups-"));
  await withManagement(config("live.db"), parts, (management) => management.createAccount({ name: "Canary Ltd" }));
  createBackupKeyPair(at("private"), at("public"));
});
afterEach(() => rm(directory, { recursive: true }));

test("a backup for a key is a file of mode 0600 that tells nothing, and one without is plain; neither leaves parts", async () => {
  const made = await backUp(config("live.db"), at("sealed"), at("public"));
  const { size, mode } = await stat(at("sealed"));
  const last = { sequence: 2, at: "2027-01-15T08:00:00Z" };
  expect(made).toEqual({ file: at("sealed"), bytes: size, encrypted: true, ...last });
  expect(await backUp(config("live.db"), at("plain"), undefined)).toMatchObject({ encrypted: false, ...last });
  expect([mode & 0o777, (await stat(at("plain"))).mode & 0o777]).toEqual([0o600, 0o600]);
  expect((await readFile(at("sealed"))).includes("Canary")).toBe(false);
  expect((await readFile(at("plain"))).includes("Canary")).toBe(true);
  const left = (await readdir(directory)).filter((name) => !name.startsWith("live.db"));
  expect(left.toSorted()).toEqual(["plain", "private", "public", "sealed"]);
});

test("a backup is never overwritten, and one that fails leaves nothing", async () => {
  await writeFile(at("there"), "x");
  await expect(backUp(config("live.db"), at("there"), undefined)).rejects.toThrow(
    new Error(`${at("there")} exists already; a backup is never overwritten`),
  );
  expect(await readFile(at("there"), "utf8")).toBe("x");
  await writeFile(at("broken.db"), "This is no database. ".repeat(20));
  await expect(backUp(config("broken.db"), at("new"), undefined)).rejects.toThrow(/is no SQLite database/);
  expect((await readdir(directory)).filter((name) => name.startsWith("new"))).toEqual([]);
});

test("the parts of a backup that was killed do not stand in the way of the next one", async () => {
  for (const name of ["next.part", "next.plain-part", "next.plain-part-wal"]) await writeFile(at(name), "half");
  expect(await backUp(config("live.db"), at("next"), at("public"))).toMatchObject({ encrypted: true });
});

test("an empty store is not backed up: it is another one than was meant", async () => {
  await expect(backUp(config("other.db"), at("new"), at("public"))).rejects.toThrow(
    new Error("The store is empty, so that there is nothing to back up"),
  );
  expect((await readdir(directory)).filter((name) => name.startsWith("new"))).toEqual([]);
});

test("a restore that is broken off leaves nothing of the backup in the clear", async () => {
  await backUp(config("live.db"), at("sealed"), at("public"));
  // Nobody writes to it, so that the restore waits with the backup open.
  execFileSync("mkfifo", [at("events")]);
  const env = { PATH: process.env.PATH, BIPED_DATA_DIR: at("data") };
  const words = ["restore", at("sealed"), "--key", at("private"), "--replay", at("events")];
  const child = spawn(process.execPath, ["--conditions=biped-source", main, ...words], { env, stdio: "ignore" });
  const exited = once(child, "exit");
  const listCopies = () => readdir(at("data"), { recursive: true }).catch(() => []);
  await expect.poll(listCopies, { timeout: 20_000 }).toContainEqual(expect.stringMatching(/^restore-\w+\/backup-wal$/));
  child.kill("SIGINT");
  expect(await exited).toEqual([null, "SIGINT"]);
  expect(await listCopies()).toEqual([]);
});

test("R-70: a restored store is refused to servers until it is confirmed", async () => {
  await backUp(config("live.db"), at("sealed"), at("public"));
  const options = { key: at("private"), acceptGap: true, nowSeconds: () => now + 60 };
  const gap = "lacks changes from 2027-01-15T08:00:00Z to 2027-01-15T08:01:00Z";
  expect(await restore(config("new.db"), at("sealed"), options)).toEqual({
    backupSequence: 2,
    replayedSequence: 2,
    lacksFrom: "2027-01-15T08:00:00Z",
    lacksTo: "2027-01-15T08:01:00Z",
    next: `This store ${gap}; confirm with: biped-server restore confirm`,
  });
  await expect(start(config("new.db"), parts)).rejects.toThrow(
    `This store was restored and ${gap}; confirm with: biped-server restore confirm`,
  );
  await confirmRestore(config("new.db"), { nowSeconds });
  await expect(confirmRestore(config("new.db"), { nowSeconds })).rejects.toThrow("There is nothing to confirm.");
  const storage = await openStorage(config("new.db").databaseUrl);
  expect(await storage.listAccounts()).toMatchObject([{ id: 1, name: "Canary Ltd" }]);
  await storage.close();
});

test("with an export of the log the gap begins at its last event", async () => {
  await backUp(config("live.db"), at("sealed"), at("public"));
  const storage = await openStorage(config("live.db").databaseUrl);
  await storage.setAccountState(1, "disabled", { at: now + 30, actor: "operator", requestId: undefined });
  const lines = (await storage.listAuditEvents(0, 99)).map((event) => `${formatExportedEvent(event)}\n`);
  await storage.close();
  await writeFile(at("events.jsonl"), lines.join(""));
  const options = { key: at("private"), replay: at("events.jsonl"), nowSeconds: () => now + 60 };
  expect(await restore(config("new.db"), at("sealed"), options)).toMatchObject({
    backupSequence: 2,
    replayedSequence: 3,
    lacksFrom: "2027-01-15T08:00:30Z",
  });
  const restored = await openStorage(config("new.db").databaseUrl);
  expect(await restored.findAccount(1)).toMatchObject({ state: "disabled", epoch: 1_000_001 });
  await restored.close();
});

test("what a restore refuses, in one line, leaves the store as it was", async () => {
  await backUp(config("live.db"), at("sealed"), at("public"));
  await backUp(config("live.db"), at("plain"), undefined);
  await writeFile(at("torn"), (await readFile(at("plain"))).subarray(0, 200_000));
  const take = (file: string, options: object, name = "new.db") =>
    restore(config(name), at(file), { nowSeconds, ...options }).then(
      () => "restored",
      (error: Error) => error.message,
    );
  const gap = { acceptGap: true };
  const choice = "Either --replay an export of the audit log, or --accept-gap: then what was revoked since lives again";
  expect(await take("plain", {})).toBe(choice);
  expect(await take("plain", { ...gap, replay: at("events") })).toBe(choice);
  expect(await take("sealed", gap)).toBe(`${at("sealed")} is encrypted: name its private key with --key`);
  expect(await take("plain", { ...gap, key: at("private") })).toBe(
    `${at("plain")} is not encrypted: nothing in it needs --key`,
  );
  expect(await take("torn", gap)).toBe(`sqlite:${at("torn")} cannot be opened: the file is damaged.`);
  expect(await take("plain", { ...gap, nowSeconds: () => now - 1 })).toBe(
    "The clock of this machine is wrong: it says 2027-01-15T07:59:59Z, and the last change was at 2027-01-15T08:00:00Z",
  );
  expect(await take("plain", gap, "live.db")).toBe("The store is not empty; a backup is restored into a new one only.");
  expect(await take("plain", gap)).toBe("restored");
});
