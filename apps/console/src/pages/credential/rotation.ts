import type { Credential, Secret } from "@biped/management-client";

/** A credential is in rotation while a former secret still works beside the newest one. */
export type Rotation = { readonly current: Secret; readonly former: Secret };

export function findRotation({ secrets }: Pick<Credential, "secrets">): Rotation | undefined {
  const current = secrets.find(({ state }) => state === "current");
  const former = secrets.find(({ state }) => state === "former");
  return current === undefined || former === undefined ? undefined : { current, former };
}

/** Those that a program can still get a token with. */
export function findLiveSecrets({ secrets }: Pick<Credential, "secrets">): readonly Secret[] {
  return secrets.filter(({ state }) => state !== "expired");
}

export const silences = [
  { value: "3600", label: "1 hour" },
  { value: "86400", label: "1 day" },
  { value: "259200", label: "3 days" },
  { value: "604800", label: "7 days" },
] as const;

export type Silence = (typeof silences)[number]["value"];

/** nobody has used the former secret for the chosen time, since there is a newer one. */
export type Judgement = { readonly isSafe: boolean; readonly text: string };

export function judgeSilence({ former, current }: Rotation, silence: Silence): Judgement {
  const needed = Number(silence);
  const silent = former.silentSeconds ?? 0;
  const isUsed = former.lastUsedAt !== null && Date.parse(former.lastUsedAt) >= Date.parse(current.createdAt);
  const since = isUsed ? "its last use" : "the new secret was made";
  if (silent >= needed) {
    return { isSafe: true, text: `No program has used the former secret for ${formatSpan(silent)}.` };
  }
  const left = formatSpan(needed - silent);
  return { isSafe: false, text: `Only ${formatSpan(silent)} since ${since}. Wait ${left} more, if nothing uses it.` };
}

const spans = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

/** The largest unit that is full: "3 hours". */
export function formatSpan(seconds: number): string {
  for (const [unit, length] of spans) {
    const count = Math.floor(seconds / length);
    if (count >= 1) return count === 1 ? `1 ${unit}` : `${count} ${unit}s`;
  }
  return "less than a minute";
}

const longestOverlapDays = 30;

/** Undefined for what is no whole number from 0 to 30. */
export function parseOverlapDays(text: string): number | undefined {
  const days = /^\d{1,2}$/.test(text.trim()) ? Number(text.trim()) : Number.NaN;
  return days <= longestOverlapDays ? days : undefined;
}
