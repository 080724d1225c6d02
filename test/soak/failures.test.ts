/** F-04: at a given moment a call of the system fails, and the server has to live with it. */

import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect } from "vitest";
import { checkBackup } from "../../apps/authorization-server/src/backup/backup-file.ts";
import { shortenCase, testProperty } from "../property.ts";
import { ServerEnded, type ServerProcess, tryServerCommand } from "./server-process.ts";
import { createSqliteStage, type SqliteStage } from "./sqlite-stage.ts";
import {
  attachTrace,
  canTrace,
  formatInjection,
  type Injection,
  isInjected,
  judgeHappenings,
  nameCalls,
  readHappenings,
} from "./strace.ts";

type Operation = "change" | "key rotation" | "backup" | "stop" | "start";
type Point = Injection & { readonly operation: Operation };

/** A little more than most operations make of each: what is beyond hits nothing, and another point is taken. */
const mostCalls: Readonly<Record<string, number>> = { fsync: 6, pwrite64: 30, openat: 8, rename: 2, ftruncate: 3 };

const point: fc.Arbitrary<Point> = fc
  .record({
    operation: fc.oneof(
      { arbitrary: fc.constant("change" as const), weight: 8 },
      { arbitrary: fc.constantFrom("key rotation" as const, "backup" as const), weight: 4 },
      // These take long.
      { arbitrary: fc.constantFrom("stop" as const, "start" as const), weight: 2 },
    ),
    call: fc.constantFrom(...Object.keys(mostCalls)),
    error: fc.constantFrom("EIO", "ENOSPC", "EMFILE"),
    place: fc.nat(9_999),
    isLasting: fc.boolean(),
  })
  .map(({ place, ...rest }) => ({ ...rest, when: 1 + Math.floor((place / 10_000) * (mostCalls[rest.call] ?? 1)) }));

const pointCount = shortenCase(150);
/** Enough for as many that hit something. */
const points = fc.noShrink(
  fc.noBias(fc.array(point, { minLength: 20 * pointCount, maxLength: 20 * pointCount, size: "max" })),
);

testProperty(
  `F-04: ${pointCount} failed calls of the system: no acknowledgement without its change, no damage, and no end`,
  1,
  fc.asyncProperty(points, fc.integer(), async (all, seed) => {
    if (!canTrace()) return;
    await using stage = await createSqliteStage({ writerCount: 1, seed });
    const run: Run = { stage, server: await stage.start(), outcomes: [], misses: new Set() };
    for (const each of all) {
      if (run.outcomes.length >= pointCount) break;
      await tryPoint(run, each);
    }
    await Promise.all(stage.writers.map((writer) => writer.settle()));
    await stage.check("checkAll");
    report(run);
  }),
);

type Run = {
  readonly stage: SqliteStage;
  server: ServerProcess;
  readonly outcomes: { readonly point: Point; readonly outcome: string }[];
  /** Operations with a call of which they do not make so many. */
  readonly misses: Set<string>;
};

const work: Readonly<Record<Operation, (run: Run, point: Point) => Promise<Tried>>> = {
  change: (run, point) => tryRequest(run, point, () => run.stage.writers[0]!.attempt()),
  "key rotation": async (run, point) => {
    const replaced = await findNextKey(run.stage);
    if (replaced !== undefined) await ask(run.stage, `POST /api/signing-keys/${replaced}/compromise`);
    return tryRequest(run, point, () => ask(run.stage, "POST /api/signing-keys"));
  },
  backup: tryBackup,
  stop: tryStop,
  start: tryStart,
};

type Tried = { readonly lines: readonly string[]; readonly outcome: string };

/** A point that hits nothing leaves no outcome. */
async function tryPoint(run: Run, point: Point): Promise<void> {
  const { operation, call, when } = point;
  const miss = `${operation} ${call} ${when}`;
  if (run.misses.has(miss)) return;
  const { lines, outcome } = await work[operation](run, point);
  const told = JSON.stringify(point);
  if (!lines.some(isInjected)) {
    run.misses.add(miss);
    return;
  }
  run.outcomes.push({ point, outcome });
  expect([told, run.server.output().match(/.*(?:unhandled|"level":"(?:error|fatal)").*/i)?.[0]]).toEqual([
    told,
    undefined,
  ]);
  if (run.outcomes.length % 5 === 0) await killAndCheck(run);
}

/** A failed call is no reason to end, and none to lie. */
async function tryRequest(run: Run, injection: Point, request: () => Promise<string>): Promise<Tried> {
  const { stage, server } = run;
  const trace = await attachTrace(server.child.pid ?? 0, path.join(stage.directory, "trace"), injection);
  const outcome = await request();
  const lines = await trace.stop();
  const port = Number(new URL(stage.site.adminUrl).port);
  const told = JSON.stringify({ ...injection, outcome });
  expect([told, server.child.exitCode, server.child.signalCode]).toEqual([told, null, null]);
  expect([told, judgeHappenings(readHappenings(lines, port)).unsafe]).toEqual([told, 0]);
  // As soon as calls succeed again, so does what was asked for.
  await stage.writers[0]!.settle();
  return { lines, outcome };
}

async function tryStop(run: Run, injection: Point): Promise<Tried> {
  const trace = await attachTrace(run.server.child.pid ?? 0, path.join(run.stage.directory, "trace"), injection);
  const outcome = String(await run.server.end("SIGTERM"));
  const lines = await trace.stop();
  expect(["0", "1"]).toContain(outcome);
  run.server = await run.stage.start();
  await run.stage.check("check");
  return { lines, outcome };
}

/** After a crash, so that there is something to recover. It serves, or it says in one line why it does not. */
async function tryStart(run: Run, injection: Point): Promise<Tried> {
  const { stage } = run;
  await run.server.end("SIGKILL");
  const traced = traceFiles(stage, injection, [...databaseFiles, "audit-heads.jsonl"]);
  let outcome = "ready";
  try {
    await (await stage.start({ before: traced.before })).end("SIGTERM");
  } catch (error) {
    if (!(error instanceof ServerEnded)) throw error;
    outcome = "refused to start";
    expect(error.message).toMatch(/^The server ended \(1\): (?:\{.*\}\n)*biped-server: [^\n]+\n$/);
  }
  run.server = await stage.start();
  await stage.check("check");
  return { lines: traced.readLines(), outcome };
}

/** Beside a server that runs. What has the name of the backup is whole, and nothing else is left. */
async function tryBackup({ stage, outcomes }: Run, injection: Point): Promise<Tried> {
  const name = `backup-${outcomes.length}`;
  const file = path.join(stage.dataDirectory, name);
  const parts = [".part", ".plain-part", ".plain-part-journal", ".plain-part-wal", ".plain-part-shm"];
  const traced = traceFiles(stage, injection, [...databaseFiles, "", name, ...parts.map((end) => `${name}${end}`)]);
  const { code, output } = await tryServerCommand(stage.environment, ["backup", file], traced.before);
  expect(output).toMatch(code === 0 ? /"sequence"/ : /^biped-server: [^\n]+\n$/m);
  if (code === 0 || existsSync(file)) await checkBackup(file);
  rmSync(file, { force: true });
  expect(readdirSync(stage.dataDirectory).filter((each) => each.startsWith("backup-"))).toEqual([]);
  return { lines: traced.readLines(), outcome: code === 0 ? "made" : "refused" };
}

const databaseFiles = ["authorization-server.db", "authorization-server.db-wal", "authorization-server.db-shm"];

/** Calls for these files only: a program that cannot read its own sources proves nothing. */
function traceFiles({ directory, dataDirectory }: SqliteStage, injection: Injection, names: readonly string[]) {
  const file = path.join(directory, "trace");
  const places = names.flatMap((name) => ["-P", path.join(dataDirectory, name)]);
  const calls = `trace=${nameCalls(injection)}`;
  // As a grandchild, so that what is started here is the program itself.
  const before = ["strace", "-D", "-f", "-o", file, "-e", calls, "-e", formatInjection(injection), ...places];
  return { before, readLines: () => readFileSync(file, "utf8").split("\n") };
}

async function killAndCheck(run: Run): Promise<void> {
  await run.server.end("SIGKILL");
  run.server = await run.stage.start();
  await run.stage.check("check");
}

async function findNextKey({ site, store }: SqliteStage): Promise<string | undefined> {
  const answer = await fetch(`${site.adminUrl}/api/signing-keys`, {
    headers: { authorization: `Bearer ${store.accessToken}` },
  });
  const { items } = (await answer.json()) as {
    readonly items: readonly { readonly kid: string; readonly state: string }[];
  };
  return items.find(({ state }) => state === "next")?.kid;
}

/** @returns the status. */
async function ask({ site, store }: SqliteStage, request: string): Promise<string> {
  const [method = "", address = ""] = request.split(" ");
  const headers = {
    authorization: `Bearer ${store.accessToken}`,
    "content-type": "application/json",
    "idempotency-key": randomUUID(),
  };
  const answer = await fetch(`${site.adminUrl}${address}`, { method, headers, body: "{}" });
  await answer.text();
  expect([200, 201, 503]).toContain(answer.status);
  return String(answer.status);
}

function report({ outcomes }: Run): void {
  const counts = new Map<string, number>();
  for (const { point, outcome } of outcomes) {
    const key = `${point.operation}, ${point.call}: ${outcome}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const lines = [...counts].toSorted().map(([key, count]) => `  ${String(count).padStart(4)} ${key}`);
  console.log([`${outcomes.length} failed calls`, ...lines].join("\n"));
  expect(outcomes).toHaveLength(pointCount);
}
