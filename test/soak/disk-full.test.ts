/** F-05: the disk that holds the database and the log runs full, and has space again. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, cpSync, mkdirSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { expect } from "vitest";
import { shortenCase, testProperty } from "../property.ts";
import { askToken } from "./ask-token.ts";
import type { ServerProcess } from "./server-process.ts";
import { createSqliteStage, type SqliteStage } from "./sqlite-stage.ts";
import { writtenScopes } from "./writers.ts";

const fills = shortenCase(20);
/** Some of them are still made of what the log of the database has kept of the disk. */
const mostChanges = 600;
const asksWhileFull = 25;
const recoverMilliseconds = 1_000;

testProperty(
  `F-05: over ${fills} full disks tokens are issued and facts are read, changes are 503, and nothing is damaged`,
  1,
  fc.asyncProperty(fc.integer(), async (seed) => {
    if (!canMount()) return;
    await using stage = await createSqliteStage({ writerCount: 1, seed });
    await using disk = await mountDisk(stage);
    let server = await disk.start();
    const recoveries: number[] = [];
    for (let fill = 0; fill < fills; fill += 1) {
      for (let change = 0; change < 10; change += 1) await stage.writers[0]!.attempt();
      disk.fill();
      await changeUntilRefused(stage);
      await useWhileFull(stage);
      // Killed at its worst moment every other time: the file must recover without space, too.
      if (fill % 2 === 1) server = await killOnFullDisk(disk, server);
      disk.empty();
      recoveries.push(await recover(stage));
      await stage.check("check", disk.copyData());
    }
    expect(server.child.exitCode).toBe(null);
    await stage.check("checkAll", disk.copyData());
    checkLog(disk.readLog());
    expect(await server.end("SIGTERM")).toBe(0);
    console.log(`${stage.journal.count()} changes; the slowest first change after ${Math.max(...recoveries)} ms`);
    expect(Math.max(...recoveries)).toBeLessThan(recoverMilliseconds);
  }),
);

/** In a namespace of its own, so that nobody else sees the file system, and it goes with the last program in there. */
const unshare = ["unshare", "--map-root-user", "--mount"] as const;

function canMount(): boolean {
  const [program, ...words] = [...unshare, "mount", "-t", "tmpfs", "tmpfs", tmpdir()];
  const isDone = spawnSync(program, words).status === 0;
  if (!isDone) console.log("No full disk is tried: this user may not mount a file system of their own.");
  return isDone;
}

type Disk = Awaited<ReturnType<typeof mountDisk>>;

/** The server's files, as they are, on a small file system that nobody but the server sees. */
async function mountDisk({ dataDirectory, directory, site, start }: SqliteStage) {
  const template = path.join(directory, "template");
  cpSync(dataDirectory, template, { recursive: true });
  const script = 'mount -t tmpfs -o size=16m tmpfs "$0" && cp -a "$1/." "$0" && echo mounted && exec cat';
  const [program, ...words] = [...unshare, "sh", "-c", script, dataDirectory, template];
  const holder = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
  await once(holder.stdout, "data");
  const seenAt = path.join("/proc", String(holder.pid), "root", dataDirectory);
  const filler = path.join(seenAt, "filler");
  const log = path.join(dataDirectory, "server.log");
  const enter = ["nsenter", `--target=${holder.pid}`, "--user", "--mount", "--preserve-credentials"];
  const before = [...enter, "sh", "-c", 'exec "$@" >>"$0" 2>&1', log];
  const readLog = (): string => readFileSync(path.join(seenAt, "server.log"), "utf8");
  let server: ServerProcess | undefined;
  return {
    start: async () => {
      server = await start({ before, readyUrl: `${site.publicUrl}/readyz` }).catch((error: unknown) => {
        throw new Error(`The log ends with ${readLog().slice(-1000)}`, { cause: error });
      });
      return server;
    },
    fill: () => fill(filler),
    empty: () => rmSync(filler),
    /** As a crash at this moment would leave it. */
    copyData: () => {
      const copy = path.join(directory, "copy");
      rmSync(copy, { recursive: true, force: true });
      mkdirSync(copy);
      server?.child.kill("SIGSTOP");
      for (const end of ["", "-wal"]) {
        const name = `authorization-server.db${end}`;
        cpSync(path.join(seenAt, name), path.join(copy, name));
      }
      server?.child.kill("SIGCONT");
      return copy;
    },
    readLog,
    [Symbol.asyncDispose]: () => endHolder(holder, server),
  };
}

async function endHolder(holder: ChildProcess, server: ServerProcess | undefined): Promise<void> {
  await server?.end("SIGKILL");
  const closed = once(holder, "close");
  holder.stdin?.end();
  await closed;
}

/** To the last page. */
function fill(file: string): void {
  const descriptor = openSync(file, "w");
  const { bavail, bsize } = statfsSync(file);
  const page = Buffer.alloc(bsize);
  try {
    for (let pages = 0; pages <= bavail; pages += 1) writeSync(descriptor, page);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
  }
  closeSync(descriptor);
}

async function changeUntilRefused({ writers }: SqliteStage): Promise<void> {
  for (let change = 0; change < mostChanges; change += 1) {
    if ((await writers[0]!.attempt()) === "unknown") return;
  }
  throw new Error(`${mostChanges} changes were stored on a full disk.`);
}

async function useWhileFull({ site, store, journal, judge, writers }: SqliteStage): Promise<void> {
  const headers = { authorization: `Bearer ${store.accessToken}` };
  const enabled = [...journal.credentials.values()].filter(({ state }) => state === "enabled");
  const known = enabled.findLast(({ secrets }) => secrets.some(({ text }) => text !== undefined));
  const secret = known?.secrets.find(({ text }) => text !== undefined);
  for (let time = 0; time < asksWhileFull; time += 1) {
    const read = await fetch(`${site.adminUrl}/api/credentials`, { headers });
    expect([read.status, await read.text().then((text) => text.length > 0)]).toEqual([200, true]);
    if (known !== undefined && secret?.text !== undefined) {
      const { clientId, projectId } = known;
      const answer = await askToken(site, { clientId, secret: secret.text }, writtenScopes[0]);
      if (answer.kind !== "token") throw new Error(`No token on a full disk: ${JSON.stringify(answer)}`);
      const { accountId, endpoint } = store;
      const scope = writtenScopes[0];
      await judge.judge(answer.token, { clientId, secretId: secret.id, accountId, projectId, endpoint, scope });
    }
    expect(await writers[0]!.attempt()).toBe("unknown");
  }
}

async function killOnFullDisk(disk: Disk, server: ServerProcess): Promise<ServerProcess> {
  expect(await server.end("SIGKILL")).toBe("SIGKILL");
  return disk.start();
}

/** @returns milliseconds until the change that was refused is done. */
async function recover({ writers }: SqliteStage): Promise<number> {
  const startedAt = performance.now();
  await writers[0]!.settle();
  return Math.round(performance.now() - startedAt);
}

/** What did not fit is lost; what came later is whole. */
function checkLog(text: string): void {
  expect(text).not.toMatch(/"level":"(?:error|fatal)"|unhandled/i);
  const last = text.trimEnd().split("\n").at(-1) ?? "";
  expect(Date.now() - Date.parse(JSON.parse(last).time)).toBeLessThan(30_000);
}
