import path from "node:path";
import type { Log } from "@biped/listener";
import { type DataSource, DataUnavailable } from "../data/data-source.ts";
import { type Engine, EngineFailure } from "../engine/engine.ts";
import type { ExportOutcome } from "../engine/task.ts";
import type { FileStore } from "../files/file-store.ts";
import type { RunFile, WrittenTotals } from "../runs/run.ts";
import type { ClaimedRun, FileStorage, WorkStorage } from "../storage/storage.ts";
import { startRepeating } from "./repeating.ts";
import type { RunSettings } from "./run-settings.ts";

export type AttemptParts = {
  readonly storage: Pick<WorkStorage, "renewLease" | "completeRun" | "failRun" | "giveBackRun"> &
    Pick<FileStorage, "sumFileBytes">;
  readonly engine: Pick<Engine, "run">;
  readonly dataSource: DataSource;
  readonly fileStore: Pick<FileStore, "openWork" | "keep" | "remove" | "closeWork">;
  readonly settings: Omit<RunSettings, "runsAtOnce" | "delaySeconds" | "catchUpSeconds">;
  /** The wall clock, in epoch seconds. */
  readonly nowSeconds: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly log: Log;
};

const mostLostAttempts = 30;

type Kept = { readonly written: WrittenTotals; readonly files: readonly RunFile[] };

type Failure = {
  /** For people: no path and no value of any row. */
  readonly reason: string;
  readonly retry: "by delays" | "never";
  /** For the log. */
  readonly error?: unknown;
};

/**
 * Does a claimed run once, and stores how it ended. Whoever loses the lease stops, and can finish nothing any more.
 * @throws What the storage or the file store throws: then the run waits until its lease is over.
 */
export async function attemptRun(claimed: ClaimedRun, parts: AttemptParts, stopping: AbortSignal): Promise<void> {
  const { run, job, projectId, leaseId } = claimed;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), parts.settings.attemptLimitSeconds * 1000);
  const lease = holdLease(claimed, parts);
  try {
    const signal = AbortSignal.any([stopping, limit.signal, lease.lost]);
    const outcome = await writeFiles(claimed, parts, signal).catch((error: unknown) =>
      explainFailure(error, { stopping, limit: limit.signal, parts }),
    );
    const isStored = await storeOutcome(claimed, parts, outcome);
    const fields = { jobId: job.jobId, projectId, runId: run.runId };
    if (!isStored) parts.log.warn("run was left to another attempt", fields);
    else if (outcome === "stopped") parts.log.info("run given back", fields);
    else if ("files" in outcome) parts.log.info("run done", { ...fields, count: outcome.written.rowCount });
    else parts.log.warn("run failed", { ...fields, reason: outcome.reason, error: outcome.error });
  } finally {
    clearTimeout(timer);
    await lease.release();
    await parts.fileStore.closeWork(leaseId);
  }
}

/** Renews the lease as long as the attempt takes. */
function holdLease({ run, job, leaseId }: ClaimedRun, { storage, settings, log }: AttemptParts) {
  const { leaseMilliseconds } = settings;
  const lost = new AbortController();
  const renew = async (): Promise<void> => {
    try {
      if (await storage.renewLease(run.runId, { leaseId, leaseMilliseconds })) return;
      lost.abort(new Error("The lease is lost."));
    } catch (error) {
      // Whether it is lost is told by the next renewal, or at the end.
      log.warn("lease could not be renewed", { jobId: job.jobId, runId: run.runId, error });
    }
  };
  const repeating = startRepeating(renew, leaseMilliseconds / 3);
  return { lost: lost.signal, release: repeating.stop };
}

async function writeFiles(claimed: ClaimedRun, parts: AttemptParts, signal: AbortSignal): Promise<Kept | Failure> {
  const { job, run, projectId, leaseId } = claimed;
  const { scope, fields, deviceLabel, segmentId, format, formulaGuard, frequency } = job;
  const { period } = run;
  const hindrance = await findHindrance(claimed, parts);
  if (hindrance !== undefined) return hindrance;
  const found = await parts.dataSource.find({ projectId, scope, period });
  const isOnce = frequency.value === "once";
  // Who asks for one range gets what is there of it. Nobody looks at each hour and day: what is late there must show.
  const lacksData = isOnce ? found.files.length === 0 : found.missingDays.length > 0;
  if (lacksData) return { reason: describeMissing(found.missingDays), retry: isOnce ? "never" : "by delays" };
  const directory = await parts.fileStore.openWork(leaseId);
  const selection = { projectId, scope, fields, period, deviceLabel, segmentId };
  const { partBytes } = parts.settings;
  const task = { kind: "export", selection, files: found.files, format, formulaGuard, directory, partBytes } as const;
  const outcome = await parts.engine.run<"export">(task, signal);
  return { written: sum(outcome), files: await keepParts({ outcome, directory }, parts, signal) };
}

async function findHindrance(
  { run, projectId }: ClaimedRun,
  { storage, settings: { projectBytes } }: AttemptParts,
): Promise<Failure | undefined> {
  // Kills are nobody's failure; but what ends its worker each time would go round for ever.
  const lostAttempts = run.attempts - 1 - run.failures;
  if (lostAttempts >= mostLostAttempts) {
    return { reason: `Its worker ended ${lostAttempts} times before it was done.`, retry: "never" };
  }
  if ((await storage.sumFileBytes(projectId)) < projectBytes) return undefined;
  const reason = `The project's files fill the ${projectBytes / 1e9} GB that it may have; they go after seven days.`;
  return { reason, retry: "by delays" };
}

function describeMissing(days: readonly string[]): string {
  const first = days[0] ?? "the period";
  const last = days.at(-1) ?? first;
  return `No data has been brought in for ${first === last ? first : `${first} to ${last}`}.`;
}

function sum({ rowCount, parts }: ExportOutcome): WrittenTotals {
  return { rowCount, byteCount: parts.reduce((bytes, part) => bytes + part.byteCount, 0), fileCount: parts.length };
}

type Result = { readonly outcome: ExportOutcome; readonly directory: string };

/** All of them, or none. */
async function keepParts(
  { outcome, directory }: Result,
  { fileStore, settings, nowSeconds, randomBytes }: AttemptParts,
  signal: AbortSignal,
): Promise<readonly RunFile[]> {
  const createName = (): string => Buffer.from(randomBytes(16)).toString("hex");
  const expiresAt = Math.floor(nowSeconds()) + settings.fileLifetimeSeconds;
  const files: RunFile[] = [];
  try {
    for (const { name, byteCount, sha256 } of outcome.parts) {
      signal.throwIfAborted();
      const storedName = createName();
      await fileStore.keep(path.join(directory, name), storedName);
      files.push({ fileId: createName(), partId: files.length + 1, storedName, byteCount, sha256, expiresAt });
    }
    return files;
  } catch (error) {
    await removeAll(files, fileStore);
    throw error;
  }
}

async function removeAll(files: readonly RunFile[], fileStore: Pick<FileStore, "remove">): Promise<void> {
  for (const { storedName } of files) await fileStore.remove(storedName);
}

type Surroundings = { readonly stopping: AbortSignal; readonly limit: AbortSignal; readonly parts: AttemptParts };

function explainFailure(error: unknown, { stopping, limit, parts }: Surroundings): Failure | "stopped" {
  if (stopping.aborted) return "stopped";
  const { attemptLimitSeconds } = parts.settings;
  if (limit.aborted)
    return { reason: `The attempt took longer than ${attemptLimitSeconds} seconds.`, retry: "by delays" };
  if (error instanceof DataUnavailable) {
    return { reason: "The server could not look for the data; its log says why.", retry: "by delays", error };
  }
  if (isFull(error)) return { reason: "There is no space left for the file.", retry: "by delays", error };
  if (!(error instanceof EngineFailure)) {
    return { reason: "The server could not write the files; its log says why.", retry: "by delays", error };
  }
  return { reason: error.message, retry: error.isLasting ? "never" : "by delays", error: error.cause };
}

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

function storeOutcome(claimed: ClaimedRun, parts: AttemptParts, outcome: Kept | Failure | "stopped"): Promise<boolean> {
  if (outcome === "stopped") return parts.storage.giveBackRun(claimed.run.runId, claimed.leaseId);
  return "files" in outcome ? complete(claimed, parts, outcome) : fail(claimed, parts, outcome);
}

/** Where it throws, the files may be listed all the same: they stay, for the run or for the sweep. */
async function complete({ run, leaseId }: ClaimedRun, parts: AttemptParts, kept: Kept): Promise<boolean> {
  const endedAt = Math.floor(parts.nowSeconds());
  const isStored = await parts.storage.completeRun(run.runId, leaseId, { endedAt, ...kept });
  if (!isStored) await removeAll(kept.files, parts.fileStore);
  return isStored;
}

function fail({ run, leaseId }: ClaimedRun, parts: AttemptParts, { reason, retry }: Failure): Promise<boolean> {
  const endedAt = Math.floor(parts.nowSeconds());
  const delay = parts.settings.retryDelaysSeconds[run.failures];
  const retryAt = retry === "never" || delay === undefined ? undefined : endedAt + delay;
  return parts.storage.failRun(run.runId, leaseId, { endedAt, reason, retryAt });
}
