import type { AccessToken } from "@biped/guard";
import type { HttpRequest } from "@biped/listener";
import { type Refusal, refuse } from "@biped/protocol";
import { readId } from "../object-id.ts";
import type { Storage } from "../storage/storage.ts";
import type { Job } from "./job.ts";

/** The job that the path names: one refusal for another project's job, for none, and for what is no id. */
export async function findAskedJob(
  storage: Pick<Storage, "findJob">,
  request: Pick<HttpRequest, "params">,
  token: Pick<AccessToken, "project_id">,
): Promise<Job | Refusal> {
  const jobId = readId(request.params, "jobId");
  const job = jobId === undefined ? undefined : await storage.findJob(token.project_id, jobId);
  return job ?? refuseUnknownJob();
}

export function refuseUnknownJob(): Refusal {
  return refuse("NOT_FOUND", "There is no such export job.");
}
