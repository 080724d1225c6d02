/** Runs on a SQLite file of their own, with a clock that stands until it is moved, and an engine that is a function. */

import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createLog } from "@biped/listener";
import type { FoundData } from "../apps/data-export-api/src/data/data-source.ts";
import type { Engine } from "../apps/data-export-api/src/engine/engine.ts";
import type { ExportOutcome, ExportTask } from "../apps/data-export-api/src/engine/task.ts";
import { createFileStore } from "../apps/data-export-api/src/files/file-store.ts";
import type { RunSettings } from "../apps/data-export-api/src/running/run-settings.ts";
import type { RunnerParts } from "../apps/data-export-api/src/running/runner.ts";
import { createWork, type Work, type WorkParts } from "../apps/data-export-api/src/running/work.ts";
import type { Run } from "../apps/data-export-api/src/runs/run.ts";
import { planFirstRun } from "../apps/data-export-api/src/schedule/periods.ts";
import { openStorage } from "../apps/data-export-api/src/storage/sql-storage.ts";
import type { NewJob, RunWithFiles } from "../apps/data-export-api/src/storage/storage.ts";

export const projectId = 42;

const settings: RunSettings = {
  runsAtOnce: 2,
  delaySeconds: 600,
  catchUpSeconds: 7 * 86_400,
  retryDelaysSeconds: [60, 300],
  leaseMilliseconds: 30_000,
  attemptLimitSeconds: 3600,
  partBytes: 1_000_000,
  projectBytes: 1_000_000_000,
  fileLifetimeSeconds: 604_800,
};

const everyRun = { state: undefined, order: "ASC", page: 1, limit: 100_000, upTo: undefined } as const;

export type ExportWork = Awaited<ReturnType<typeof openExportWork>>;

export type FakeRun = (task: ExportTask, signal?: AbortSignal) => Promise<ExportOutcome>;

/**
 * For one test: close it at its end.
 * @param parent Where its files are.
 */
export async function openExportWork(now: string, changes: Partial<RunSettings> = {}, parent = tmpdir()) {
  const directory = mkdtempSync(path.join(parent, "biped-export-work-"));
  const storage = await openStorage(`sqlite:${path.join(directory, "exports.db")}`);
  const clock = { seconds: Date.parse(now) / 1000 };
  const lines: string[] = [];
  let draws = 0;
  const parts = {
    storage,
    engine: fakeEngine(async (task) => writeParts(task, ["rows\n"])),
    dataSource: { find: async (): Promise<FoundData> => ({ files: ["/data/a.parquet"], missingDays: [] }) },
    fileStore: createFileStore(path.join(directory, "exports")),
    settings: { ...settings, ...changes },
    nowSeconds: () => clock.seconds,
    randomBytes: () => {
      draws += 1;
      return Buffer.from(draws.toString(16).padStart(32, "0"), "hex");
    },
    log: createLog("info", (line) => lines.push(line)),
  } satisfies RunnerParts;
  const createJob = async (changed: Partial<NewJob> = {}): Promise<number> => {
    const job = { ...daily, createdAt: Math.floor(clock.seconds), ...changed };
    const { timeZone } = await storage.findProjectSettings(projectId);
    const { delaySeconds } = parts.settings;
    const timing = { timeZone, nowSeconds: clock.seconds, delaySeconds };
    return storage.createJob(projectId, job, planFirstRun(job, timing));
  };
  return {
    storage,
    clock,
    lines,
    parts,
    directory,
    createJob,
    openWork: (other: Partial<WorkParts> = {}): Work => createWork({ ...parts, ...other }, () => {}),
    listRuns: (jobId: number): Promise<readonly Run[]> => storage.listRuns(projectId, { ...everyRun, jobId }),
    /** The first run of the job. */
    async findRun(jobId: number): Promise<RunWithFiles> {
      const [run] = await storage.listRuns(projectId, { ...everyRun, jobId });
      const found = run && (await storage.findRun(projectId, jobId, run.runId));
      if (found === undefined) throw new Error(`Job ${jobId} has no run.`);
      return found;
    },
    async close(): Promise<void> {
      await storage.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const daily: Omit<NewJob, "createdAt"> = {
  name: "Nightly sessions",
  format: "JSONL",
  scope: "sessions",
  frequency: { value: "daily" },
  fields: [{ fieldName: "session_id" }],
  deviceLabel: "all",
  segmentId: undefined,
  formulaGuard: false,
  state: "ACTIVE",
};

export function fakeEngine(run: FakeRun): Pick<Engine, "run"> {
  return { run } as Pick<Engine, "run">;
}

/** An engine that stands until the test lets it go, or its attempt is ended. */
export function holdEngine() {
  const begun = Promise.withResolvers<ExportTask>();
  const free = Promise.withResolvers<void>();
  const engine = fakeEngine(async (task, signal) => {
    begun.resolve(task);
    const aborted = Promise.withResolvers<never>();
    signal?.throwIfAborted();
    signal?.addEventListener("abort", () => aborted.reject(signal.reason));
    return Promise.race([free.promise.then((): ExportOutcome => writeParts(task, ["rows"])), aborted.promise]);
  });
  return { engine, begun: begun.promise, free: free.resolve };
}

/** What the engine would leave behind. */
export function writeParts({ directory }: ExportTask, contents: readonly string[]): ExportOutcome {
  const parts = contents.map((content, index) => {
    const name = `data_${index}.jsonl.gz`;
    writeFileSync(path.join(directory, name), content);
    const sha256 = createHash("sha256").update(content).digest("hex");
    return { name, byteCount: Buffer.byteLength(content), sha256 };
  });
  return { rowCount: contents.length, parts };
}

/** Ticks until nothing is left to do. */
export async function finishAll(work: Work, isOver: () => Promise<boolean>): Promise<void> {
  for (let tick = 0; tick < 10_000; tick += 1) {
    await work.tick();
    await work.settle();
    if (await isOver()) return;
  }
  throw new Error("The work has no end.");
}
