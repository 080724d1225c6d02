import type { ExportJob, ExportRun } from "@biped/management-client";
import { formatPeriod } from "./zone-days.ts";

const scopeTitles = { sessions: "Sessions", views: "Page views" } as const satisfies Record<ExportJob["scope"], string>;

export const deviceTitles = {
  all: "All devices",
  desktop: "Desktop",
  mobile: "Mobile",
  tablet: "Tablet",
} as const satisfies Record<ExportJob["deviceLabel"], string>;

export const jobStateWords = {
  ACTIVE: "active",
  COMPUTING: "running",
  COMPLETED: "completed",
  SUSPENDED: "paused",
  DELETED: "deleted",
} as const satisfies Record<ExportJob["state"], string>;

/** A run that has failed once, and will be tried again, is told apart from one whose time has just come. */
export function nameRunState({ state, attempts }: Pick<ExportRun, "state" | "attempts">): string {
  if (state === "RUNNABLE") return hasBegun({ attempts }) ? "to be tried again" : "due";
  return { CREATED: "waiting", RUNNING: "running", SUCCESS: "succeeded", FAILURE: "failed" }[state];
}

/** "Every day, in Europe/Paris". */
export function describeFrequency({ value, dateRange }: ExportJob["frequency"], timeZone: string): string {
  if (value === "once") return dateRange === undefined ? "Once" : `Once, of ${formatPeriod(dateRange, timeZone)}`;
  return `Every ${value === "daily" ? "day" : "hour"}, in ${nameZone(timeZone)}`;
}

/** "Sessions as CSV, 12 fields". */
export function describeContent({ scope, format, fields }: Pick<ExportJob, "scope" | "format" | "fields">): string {
  return `${scopeTitles[scope]} as ${format}, ${fields.length} ${fields.length === 1 ? "field" : "fields"}`;
}

/** As people read it: "America/New York". */
export function nameZone(timeZone: string): string {
  return timeZone.replaceAll("_", " ");
}

type BegunRun = Pick<ExportRun, "state" | "attempts">;

/** Before that, `startDate` tells when it is due. */
export function hasBegun({ attempts }: Pick<BegunRun, "attempts">): boolean {
  return attempts > 0;
}

/** The newest run that has begun, or else is about to: not the one that waits for the end of its period. */
export function findLastRun<Run extends BegunRun>(newestFirst: readonly Run[]): Run | undefined {
  return newestFirst.find(hasBegun) ?? newestFirst.find(({ state }) => state !== "CREATED");
}

const soonMs = 30_000;

/** Whether what is shown of a run will soon be otherwise. */
export function isRunLive({ state, startDate }: Pick<ExportRun, "state" | "startDate">, nowMs: number): boolean {
  if (state === "CREATED") return Date.parse(startDate) <= nowMs + soonMs;
  return state === "RUNNABLE" || state === "RUNNING";
}

/** A job that runs once is over when its run is; the others stay as they are until somebody changes them. */
export function isJobLive({ state, frequency }: Pick<ExportJob, "state" | "frequency">, nowMs: number): boolean {
  const isUnfinished = state === "ACTIVE" || state === "COMPUTING";
  return isUnfinished && frequency.dateRange !== undefined && Date.parse(frequency.dateRange.to) <= nowMs;
}
