import { formatInstant } from "./instant.ts";
import type { Frequency, Job } from "./job.ts";

/** A job as callers see it. Every member is always there, but for the formula guard; all users are the segment null. */
export function formatJob(job: Job) {
  const { jobId, name, format, scope, frequency, state, deviceLabel, segmentId, fields, formulaGuard, createdAt } = job;
  return {
    jobId,
    name,
    format,
    scope,
    frequency: formatFrequency(frequency),
    state,
    deviceLabel,
    segmentId: segmentId ?? null,
    fields,
    ...(formulaGuard ? { formulaGuard } : {}),
    createdAt: formatInstant(createdAt * 1000),
  };
}

function formatFrequency(frequency: Frequency) {
  if (frequency.value !== "once") return frequency;
  const { from, to } = frequency.dateRange;
  return { value: frequency.value, dateRange: { from: formatInstant(from), to: formatInstant(to) } };
}
