import { isRefusal, refuse } from "@biped/protocol";
import { findAskedJob, refuseUnknownJob } from "../jobs/asked-job.ts";
import { formatJob } from "../jobs/format-job.ts";
import type { Job } from "../jobs/job.ts";
import { members, oneOf, parseBody, readBodyText } from "../json-body.ts";
import type { ProtectedEndpoint } from "../protect.ts";
import { planFirstRun, planNextRun } from "../schedule/periods.ts";
import type { NewRun, Storage } from "../storage/storage.ts";

export type SetJobStateParts = {
  readonly storage: Pick<Storage, "findJob" | "listRuns" | "suspendJob" | "resumeJob" | "findProjectSettings">;
  readonly delaySeconds: number;
  /** Tells the runner that there may be work. */
  readonly wake: () => void;
  readonly nowSeconds: () => number;
};

const body = members({ state: oneOf(["ACTIVE", "SUSPENDED"]) });

/** PUT /v1/administration/exports/{jobId}/state: pauses a job, or lets it go on. Done also where it is done already. */
export function createSetJobStateEndpoint(parts: SetJobStateParts): ProtectedEndpoint {
  const { storage } = parts;
  return async (request, token) => {
    // Read
    const text = readBodyText(request);
    if (isRefusal(text)) return text;
    const asked = parseBody(text, body);
    if (isRefusal(asked)) return asked;

    // Decide
    const job = await findAskedJob(storage, request, token);
    if (isRefusal(job)) return job;

    // Act
    const { project_id: projectId, client_id: clientId } = token;
    if (asked.state === "SUSPENDED") await storage.suspendJob(projectId, job.jobId);
    else await resume(parts, projectId, job);

    // Answer
    const changed = await storage.findJob(projectId, job.jobId);
    if (changed === undefined) return refuseUnknownJob();
    if (changed.state !== asked.state) return refuse("CONFLICT", "The job is neither active nor suspended.");
    const log = { clientId, projectId, jobId: job.jobId };
    return { status: 200, body: { success: true, payload: formatJob(changed) }, log };
  };
}

/** What lay in the pause is not made up for; a range is what it was. */
async function resume(parts: SetJobStateParts, projectId: number, job: Job): Promise<void> {
  const { frequency } = job;
  const next = frequency.value === "once" ? undefined : await planResumed(parts, projectId, job);
  await parts.storage.resumeJob(projectId, job.jobId, next);
  parts.wake();
}

/** A job goes on with the hour or the day of now, and never before the end of what it has exported. */
async function planResumed(parts: SetJobStateParts, projectId: number, { jobId, frequency }: Job): Promise<NewRun> {
  const { storage, delaySeconds } = parts;
  const nowSeconds = parts.nowSeconds();
  const { timeZone } = await storage.findProjectSettings(projectId);
  const first = { order: "ASC", page: 1, limit: 1, upTo: undefined } as const;
  const [waiting] = await storage.listRuns(projectId, { jobId, state: "CREATED", ...first });
  if (waiting === undefined || frequency.value === "once") {
    return planFirstRun({ frequency }, { timeZone, nowSeconds, delaySeconds });
  }
  const schedule = { frequency: frequency.value, timeZone };
  return planNextRun(waiting.period.from, schedule, { nowSeconds, delaySeconds, catchUpSeconds: 0 });
}
