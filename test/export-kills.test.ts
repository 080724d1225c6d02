/** `kill -9` of the programs of the Data Export API at random moments; a worker that stands still; a disk that is full. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { migrateDatabase } from "@biped/database";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deleteForgotten } from "../apps/data-export-api/src/running/sweep.ts";
import type { Run } from "../apps/data-export-api/src/runs/run.ts";
import { migrations } from "../apps/data-export-api/src/storage/migrations.ts";
import type { RunWithFiles } from "../apps/data-export-api/src/storage/storage.ts";
import {
  createExportCloud,
  createSessions,
  type ExportCloud,
  findEngines,
  hour,
  listDisk,
  listSessions,
  type Program,
  projectId,
  today,
} from "./export-cloud.ts";
import { type AnsweredRun, ask, createJob, fetchFiles, readSessions, type Watched, watchRuns } from "./export-watch.ts";
import { createPostgresDatabase } from "./postgres-database.ts";
import { testProperty } from "./property.ts";

let directory: string;
let dataRoot: string;
beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "biped-export-kills-"));
  dataRoot = await createSessions(directory);
});
afterAll(() => rmSync(directory, { recursive: true }));

/** For a machine that does much besides. */
const patienceMilliseconds = 120_000;
const timeout = 3 * patienceMilliseconds;

type Name = "api" | "worker" | "other worker";

/** The programs of each. For `engine`, one of its processes is killed; for `all`, when a file is kept but not listed yet. */
const victims = {
  engine: [],
  worker: ["worker"],
  "other worker": ["other worker"],
  api: ["api"],
  "api and worker": ["api", "worker"],
  all: ["api", "worker", "other worker"],
} as const satisfies Record<string, readonly Name[]>;
type Victim = keyof typeof victims;

type Kill = {
  /** After the kill before. */
  readonly pauseMilliseconds: number;
  readonly victim: Victim;
};

/** Some come in quick succession; between others there is time to finish something. `all` takes long, so it is seldom. */
const kill: fc.Arbitrary<Kill> = fc.record({
  pauseMilliseconds: fc.oneof(fc.nat(100), fc.nat(600)),
  victim: fc.oneof(
    { arbitrary: fc.constantFrom("engine", "worker", "other worker", "api", "api and worker"), weight: 11 },
    { arbitrary: fc.constant("all"), weight: 1 },
  ),
});

/** What failed once at random moments does not fail in a shorter way. */
const listKills = (count: number) =>
  fc.noShrink(fc.noBias(fc.array(kill, { minLength: count, maxLength: count, size: "max" })));

/** BIPED_CASES_FACTOR=2 makes the whole proof of it, which takes a minute and a half of two cores. */
const killCounts = { sqlite: 100, postgres: 30 } as const;

testProperty(
  `of an API and two workers on SQLite, killed at ${killCounts.sqlite} random moments, each run ends once with its parts whole`,
  1,
  fc.asyncProperty(listKills(killCounts.sqlite), async (kills) => {
    await using cloud = await createExportCloud({ dataRoot });
    await surviveKills(cloud, kills);
  }),
);

testProperty(
  `of an API and two workers on PostgreSQL, killed at ${killCounts.postgres} random moments, each run ends once with its parts whole`,
  1,
  fc.asyncProperty(listKills(killCounts.postgres), async (kills) => {
    await using cloud = await createExportCloud({ dataRoot, databaseUrl: await createMigratedDatabase() });
    await surviveKills(cloud, kills);
  }),
);

const everyHour = { value: "hourly" };
const yesterday = {
  value: "once",
  dateRange: { from: new Date(today - 24 * hour).toISOString(), to: new Date(today).toISOString() },
};

async function createMigratedDatabase(): Promise<string> {
  const url = await createPostgresDatabase();
  await migrateDatabase({ url, migrations });
  return url;
}

async function surviveKills(cloud: ExportCloud, kills: readonly Kill[]): Promise<void> {
  const programs = {
    api: keepRunning(() => cloud.start("serve")),
    worker: keepRunning(() => cloud.start("work")),
    "other worker": keepRunning(() => cloud.start("work")),
  };
  const all = Object.values(programs);
  const phase = { areKillsOver: false, areRunsOver: false };
  const hourly = [await createPatiently(cloud, everyHour), await createPatiently(cloud, everyHour)];
  const killThenWait = async (): Promise<void> => {
    await killAll(cloud, programs, kills);
    phase.areKillsOver = true;
    await waitForRuns(cloud);
    phase.areRunsOver = true;
  };
  const work = Promise.all([watchRuns(cloud, hourly, phase), killThenWait()]);
  const done = await Promise.race([work, ...all.map(({ ended }) => ended)]);
  if (done === undefined) throw new Error("A program ended too early.");
  await Promise.all(all.map(({ stop }) => stop()));
  const [watched] = done;
  const logs = all.map(({ readLogs }) => readLogs()).join("");
  report(kills, watched, await checkEnd(cloud, { logs, watched }));
}

/** As soon as the API answers. */
function createPatiently(cloud: ExportCloud, frequency: object): Promise<number> {
  return until("a job is created", () => createJob(cloud, frequency));
}

type Kept = ReturnType<typeof keepRunning>;

/** Started again each time that it was killed. */
function keepRunning(start: () => Program) {
  const programs = [start()];
  const current = (): Program => programs[programs.length - 1] as Program;
  let isStopping = false;
  const keep = async (): Promise<undefined> => {
    for (;;) {
      const { code, signal, stderr } = await current().ended;
      if (isStopping && code === 0 && stderr === "") return;
      if (isStopping || signal !== "SIGKILL" || stderr !== "") {
        throw new Error(`A program ended with ${signal ?? code}: ${stderr}`);
      }
      programs.push(start());
    }
  };
  const ended = keep();
  return {
    ended,
    current,
    readLogs: () => programs.map(({ readLog }) => readLog()).join(""),
    stop() {
      isStopping = true;
      current().child.kill("SIGTERM");
      return ended;
    },
  };
}

type Programs = Readonly<Record<Name, Kept>>;

/** The hours go on meanwhile. */
async function killAll(cloud: ExportCloud, programs: Programs, kills: readonly Kill[]): Promise<void> {
  for (const [index, { pauseMilliseconds, victim }] of kills.entries()) {
    await pause(pauseMilliseconds);
    if (victim === "engine") await killEngine(programs, index);
    else if (victim === "all") await waitForFile(cloud);
    for (const name of victims[victim]) programs[name].current().child.kill("SIGKILL");
    // Less than the lifetime of a token.
    if (index % 10 === 5) cloud.clock.advance(1800);
  }
}

async function waitForFile({ config }: ExportCloud): Promise<void> {
  const { length } = listDisk(config.filesDirectory).kept;
  await until("a file is kept", async () => listDisk(config.filesDirectory).kept.length > length);
}

/** As soon as there is one, or one after another of several. */
async function killEngine(programs: Programs, index: number): Promise<void> {
  const find = () => findEngines(Object.values(programs).map(({ current }) => current()));
  await until("an engine runs", async () => find().length > 0);
  const found = find();
  const pid = found[index % found.length];
  try {
    if (pid !== undefined) process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

async function until<Value>(what: string, find: () => Promise<Value | undefined | false>): Promise<Value> {
  const deadline = performance.now() + patienceMilliseconds;
  for (;;) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}.`);
    await pause(10);
  }
}

const everyRun = {
  state: undefined,
  jobId: undefined,
  order: "ASC",
  page: 1,
  limit: 100_000,
  upTo: undefined,
} as const;
const everyJob = { ...everyRun, format: undefined, frequency: undefined, scope: undefined } as const;

/** Until nothing is left but the hours that are not over. */
async function waitForRuns({ storage, clock }: ExportCloud): Promise<void> {
  await until("all runs are over", async () => {
    const runs = await storage.listRuns(projectId, everyRun);
    return runs.every(({ endedAt, dueAt }) => endedAt !== undefined || dueAt > clock.nowSeconds());
  });
}

type End = { readonly logs: string; readonly watched: Watched };

async function checkEnd(cloud: ExportCloud, { logs, watched }: End) {
  const { storage, fileStore, config, clock } = cloud;
  const jobs = await storage.listJobs(projectId, everyJob);
  expect(jobs.map(({ jobId }) => jobId)).toEqual(expect.arrayContaining([...watched.jobs]));
  const runs = await storage.listRuns(projectId, everyRun);
  for (const { jobId, frequency, state } of jobs) {
    const periods = runs.filter((run) => run.jobId === jobId).map(({ period }) => period);
    if (frequency.value === "once") expect([state, periods]).toEqual(["COMPLETED", [frequency.dateRange]]);
    else expect(periods).toEqual(listHours(clock.nowSeconds() * 1000));
  }
  const over = runs.filter(({ dueAt }) => dueAt <= clock.nowSeconds());
  const files = (await Promise.all(over.map((run) => checkRun(cloud, run)))).flat();
  const told = [...logs.matchAll(/"runId":(\d+).*"msg":"run done"/g)].map(([, runId]) => runId);
  expect(new Set(told).size).toBe(told.length);
  const left = listDisk(config.filesDirectory);
  await deleteForgotten({ storage, fileStore }, new Date(Date.now() + hour));
  expect(listDisk(config.filesDirectory)).toEqual({ kept: [...files].sort(), work: [] });
  return { runs: over, strayFiles: left.kept.length - files.length, strayAttempts: left.work.length };
}

/** From the start of today to the end of the hour. */
function listHours(now: number) {
  const count = Math.floor((now - today) / hour) + 1;
  return Array.from({ length: count }, (_, at) => ({ from: today + at * hour, to: today + (at + 1) * hour }));
}

/** Its parts, on the disk as they are listed, hold each row of the data once. @returns where they are. */
async function checkRun({ storage, config }: ExportCloud, { jobId, runId, period }: Run): Promise<readonly string[]> {
  const found = await storage.findRun(projectId, jobId, runId);
  const { run, files = [] } = found ?? {};
  const located = files.map(({ storedName }) =>
    path.join(config.filesDirectory, "files", storedName.slice(0, 2), storedName),
  );
  const contents = located.map((file) => readFileSync(file));
  expect(files.map(({ partId, byteCount, sha256 }) => ({ partId, byteCount, sha256 }))).toEqual(
    contents.map((bytes, index) => ({
      partId: index + 1,
      byteCount: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    })),
  );
  const sessions = listSessions(period);
  const byteCount = contents.reduce((sum, { length }) => sum + length, 0);
  const written = { rowCount: sessions.length, byteCount, fileCount: files.length };
  expect(run).toMatchObject({ state: "SUCCESS", written });
  expect(readSessions(contents)).toEqual(sessions);
  return located;
}

type Ended = Awaited<ReturnType<typeof checkEnd>>;

function report(kills: readonly Kill[], { downloads }: Watched, { runs, strayFiles, strayAttempts }: Ended): void {
  const attempts = runs.reduce((sum, run) => sum + run.attempts, 0);
  const done = `${kills.length} kills: ${runs.length} runs in ${attempts} attempts, ${downloads} files fetched meanwhile`;
  console.log(`${done}; swept what was left of ${strayAttempts} attempts, and ${strayFiles} files that no run has`);
}

/** The only run of a job. */
async function findRun({ storage }: ExportCloud, jobId: number): Promise<RunWithFiles> {
  const [run] = await storage.listRuns(projectId, { ...everyRun, jobId });
  const found = run && (await storage.findRun(projectId, jobId, run.runId));
  if (found === undefined) throw new Error(`Job ${jobId} has no run.`);
  return found;
}

test("what stands still for longer than its lease cannot finish a run that was taken over", { timeout }, async () => {
  // On SQLite it might stand still while it writes, and nobody else could.
  await using cloud = await createExportCloud({ dataRoot, databaseUrl: await createMigratedDatabase() });
  const sleeper = cloud.start("serve");
  const jobId = await createPatiently(cloud, yesterday);
  await until("an engine runs", async () => findEngines([sleeper]).length > 0);
  sleeper.child.kill("SIGSTOP");
  const worker = cloud.start("work");
  await until("the worker has done the run", async () => (await findRun(cloud, jobId)).run.state === "SUCCESS");
  const found = await findRun(cloud, jobId);
  expect(found.run.attempts).toBe(2);
  sleeper.child.kill("SIGCONT");
  await until("the sleeper is done with it", async () => sleeper.readLog().includes('"msg":"run '));
  expect(sleeper.readLog()).toContain('"msg":"run was left to another attempt"');
  for (const { child } of [sleeper, worker]) child.kill("SIGTERM");
  for (const { ended } of [sleeper, worker]) expect(await ended).toEqual({ code: 0, signal: null, stderr: "" });
  expect(await findRun(cloud, jobId)).toEqual(found);
  const files = await checkRun(cloud, found.run);
  expect(listDisk(cloud.config.filesDirectory)).toEqual({ kept: [...files].sort(), work: [] });
});

/** In a namespace of its own, so that nobody else sees the file system, and it goes with the last program in there. */
const unshare = ["unshare", "--map-root-user", "--mount"] as const;

function canMount(): boolean {
  const [program, ...words] = [...unshare, "mount", "-t", "tmpfs", "tmpfs", tmpdir()];
  const isDone = spawnSync(program, words).status === 0;
  if (!isDone) console.log("No full disk is tried: this user may not mount a file system of their own.");
  return isDone;
}

test.runIf(canMount())(
  "a full disk fails a run with that reason; it is done when there is space",
  { timeout },
  async () => {
    await using cloud = await createExportCloud({ dataRoot, runs: { retryDelaysSeconds: [60] } });
    const { filesDirectory } = cloud.config;
    const mount = 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"';
    const api = cloud.start("serve", [...unshare, "sh", "-c", mount, filesDirectory]);
    await until("the API answers", async () => (await ask(cloud, "/v1/exports")) !== undefined);
    const disk = path.join("/proc", String(api.child.pid), "root", filesDirectory);
    const filler = path.join(disk, "filler");
    // There is space for half of it.
    writeFileSync(filler, Buffer.alloc(500_000));
    const jobId = await createPatiently(cloud, yesterday);
    const show = async (): Promise<AnsweredRun> => {
      const [run] = (await ask<readonly AnsweredRun[]>(cloud, `/v1/exports/${jobId}/runs`)) ?? [];
      if (run === undefined) throw new Error("The API did not answer.");
      return run;
    };
    await until("the run has failed", async () => (await show()).failureReason !== null);
    const failureReason = "There is no space left for the file.";
    expect(await show()).toMatchObject({ state: "RUNNABLE", attempts: 1, failureReason, fileCount: null });
    await until("nothing is left behind", async () => listDisk(disk).work.length === 0);
    expect(listDisk(disk).kept).toEqual([]);
    rmSync(filler);
    cloud.clock.advance(60);
    await until("the run is done", async () => (await show()).state === "SUCCESS");
    const run = await show();
    expect(run).toMatchObject({ attempts: 2, failureReason: null });
    expect(await fetchFiles(cloud, run)).toHaveLength(run.fileCount);
  },
);
