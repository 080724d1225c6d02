export type CutOffKind = "now" | "time";

/** `before` is absent for everything that was issued until now. */
export type CutOff = { readonly before?: string };

const tokenLifetimeMs = 3_600_000;

/** @param local As a field for a day and a time has it, in the reader's zone: `2026-11-25T23:23:48`. */
export function chooseCutOff(kind: CutOffKind, local: string, nowMs: number): CutOff | { readonly mistake: string } {
  if (kind === "now") return {};
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(local) ? Date.parse(local) : Number.NaN;
  if (Number.isNaN(ms)) return { mistake: "Enter the day and the time." };
  if (ms > nowMs) return { mistake: "That is still to come. Choose “Until now”, or an earlier time." };
  if (ms <= nowMs - tokenLifetimeMs) {
    return { mistake: "A token lives for an hour: all that were issued before that have ended already." };
  }
  return { before: new Date(ms).toISOString() };
}
