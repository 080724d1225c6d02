import { isTimeZone, planFirstRun, planNextRun } from "../schedule/periods.ts";
import type { ClaimedRun, DueRun, UnplannedJob, WorkStorage } from "../storage/storage.ts";
import { type AttemptParts, attemptRun } from "./attempt-run.ts";
import type { RunSettings } from "./run-settings.ts";

export type WorkParts = AttemptParts & {
  readonly storage: Pick<WorkStorage, "listUnplannedJobs" | "planFirstRun" | "listDueRuns" | "releaseRun" | "claimRun">;
  readonly settings: RunSettings;
  /** Projects of which no run begins, because they are disabled; their runs wait. None if absent. */
  readonly listResting?: () => Promise<ReadonlySet<number>>;
};

export type Work = {
  /** Plans and releases what is due, and begins as many runs as there is room for. */
  readonly tick: () => Promise<void>;
  /** Resolves when nothing is under way. */
  readonly settle: () => Promise<void>;
  /** Ends what is under way, and gives it back. */
  readonly stop: () => Promise<void>;
};

/** At once; what is left over is for the next round or tick, so that no standstill makes one tick endless. */
const batchRuns = 100;
const roundsATick = 20;

/** @param onEnd Told when an attempt has ended, and there is room for another one. */
export function createWork(parts: WorkParts, onEnd: () => void): Work {
  const stopping = new AbortController();
  const attempts = new Set<Promise<void>>();
  const hasRoom = (): boolean => attempts.size < parts.settings.runsAtOnce && !stopping.signal.aborted;
  const begin = (claimed: ClaimedRun): void => {
    const attempt = attemptRun(claimed, parts, stopping.signal)
      .catch((error: unknown) => {
        const { run, job } = claimed;
        parts.log.error("run could not be ended", { jobId: job.jobId, runId: run.runId, error });
      })
      .finally(() => {
        attempts.delete(attempt);
        onEnd();
      });
    attempts.add(attempt);
  };
  const settle = async (): Promise<void> => {
    await Promise.all(attempts);
  };
  return {
    async tick() {
      await planJobs(parts);
      await releaseRuns(parts);
      while (hasRoom()) {
        const claimed = await claimRun(parts);
        if (claimed === undefined) return;
        begin(claimed);
      }
    },
    settle,
    stop() {
      stopping.abort(new Error("The server stops."));
      return settle();
    },
  };
}

/** What a program before this one has stored without runs. */
async function planJobs(parts: WorkParts): Promise<void> {
  const { storage, settings, nowSeconds } = parts;
  for (const unplanned of await storage.listUnplannedJobs(batchRuns)) {
    if (!isPlannable(unplanned, parts)) continue;
    const { job, timeZone } = unplanned;
    const timing = { timeZone, nowSeconds: nowSeconds(), delaySeconds: settings.delaySeconds };
    await storage.planFirstRun(job.jobId, planFirstRun(job, timing));
  }
}

/** Another process may have been told of a time zone that only a newer Node knows: one project's must not stop all. */
function isPlannable({ job, projectId, timeZone }: UnplannedJob, { log }: WorkParts): boolean {
  const isKnown = job.frequency.value === "once" || isTimeZone(timeZone);
  if (!isKnown) log.warn("unknown time zone", { projectId, jobId: job.jobId });
  return isKnown;
}

/** With each released run its successor is there, and may be due too: after a standstill a job goes through several. */
async function releaseRuns(parts: WorkParts): Promise<void> {
  const now = Math.floor(parts.nowSeconds());
  for (let round = 0; round < roundsATick; round += 1) {
    const due = await parts.storage.listDueRuns(now, batchRuns);
    const plannable = due.filter((one) => isPlannable(one, parts));
    for (const one of plannable) await releaseRun(one, parts, now);
    if (plannable.length === 0) return;
  }
}

async function releaseRun({ run, job, timeZone }: DueRun, parts: WorkParts, nowSeconds: number): Promise<void> {
  const frequency = job.frequency.value;
  const timing = { nowSeconds, ...parts.settings };
  const next = frequency === "once" ? undefined : planNextRun(run.period.to, { frequency, timeZone }, timing);
  await parts.storage.releaseRun(run.runId, next);
}

async function claimRun(parts: WorkParts): Promise<ClaimedRun | undefined> {
  const { storage, settings, nowSeconds, randomBytes, listResting } = parts;
  const resting = await listResting?.();
  const leaseId = Buffer.from(randomBytes(16)).toString("hex");
  const { leaseMilliseconds } = settings;
  return storage.claimRun({ leaseId, leaseMilliseconds }, Math.floor(nowSeconds()), resting);
}
