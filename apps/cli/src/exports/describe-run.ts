import type { Run } from "@biped/client";
import { formatBytes } from "../download/format-bytes.ts";
import { formatRelative } from "../terminal/format-time.ts";
import { formatValue } from "./list-jobs.ts";

/** "2026-11-03 08:30" in UTC. A service may send what is no instant. */
export function formatMinute(instant: unknown): string {
  const milliseconds = typeof instant === "string" ? Date.parse(instant) : Number.NaN;
  if (Number.isNaN(milliseconds)) return formatValue(instant);
  return new Date(milliseconds).toISOString().slice(0, 16).replace("T", " ");
}

/** "2 files, 12345 rows, 1.2 MB", as far as the service says it. */
export function describeWritten({ files = [], fileCount, rowCount, byteCount }: Run): string {
  const count = (amount: unknown, one: string): readonly string[] =>
    typeof amount === "number" ? [`${amount} ${one}${amount === 1 ? "" : "s"}`] : [];
  const size = typeof byteCount === "number" ? [formatBytes(byteCount)] : [];
  return [...count(fileCount ?? files.length, "file"), ...count(rowCount, "row"), ...size].join(", ");
}

/** ": why it failed", as far as the service says it. */
export function describeFailure({ failureReason }: Run): string {
  return typeof failureReason === "string" && failureReason !== "" ? `: ${failureReason}` : "";
}

/** Undefined for a run that has begun, or could begin now. */
export function describeBegin({ jobRunId, state, startDate }: Run, nowMilliseconds: number): string | undefined {
  const begin = Date.parse(startDate ?? "");
  if (state !== "CREATED" || !(begin > nowMilliseconds)) return undefined;
  return `Run ${jobRunId} begins at ${startDate} at the earliest, ${formatRelative(begin, nowMilliseconds)}.`;
}
