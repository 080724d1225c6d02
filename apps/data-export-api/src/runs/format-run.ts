import type { Link } from "../files/link.ts";
import { formatInstant } from "../jobs/instant.ts";
import type { Run, RunFile } from "./run.ts";

/** A run as callers see it. Every member is always there. */
export function formatRun({ runId, jobId, state, period, dueAt, startedAt, endedAt, ...run }: Run) {
  return {
    jobRunId: runId,
    jobId,
    state,
    startDate: formatInstant((startedAt ?? dueAt) * 1000),
    endDate: endedAt === undefined ? null : formatInstant(endedAt * 1000),
    dateRange: { from: formatInstant(period.from), to: formatInstant(period.to) },
    completionRate: state === "SUCCESS" ? 100 : 0,
    attempts: run.attempts,
    rowCount: run.written?.rowCount ?? null,
    byteCount: run.written?.byteCount ?? null,
    fileCount: run.written?.fileCount ?? null,
    failureReason: run.failureReason ?? null,
  };
}

/** A file of a run, with the link that was made for this answer. */
export function formatFile({ partId, byteCount, expiresAt }: RunFile, link: Link) {
  return {
    partId,
    url: link.url,
    expirationDate: formatInstant(link.expiresAt * 1000),
    fileExpirationDate: formatInstant(expiresAt * 1000),
    byteCount,
  };
}
