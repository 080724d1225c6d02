const dayMs = 86_400_000;
const usualDays = 365;
/** The service's clock may be behind the reader's, and the form may stand open for a while. */
const marginMs = 10 * 60_000;

/** `kept` is the end that the credential has already. */
export type EndChoice = "never" | "longest" | "date" | "kept";

export type EndFacts = {
  /** When the form was opened: asking once more for the same has the same effect. */
  readonly openedAtMs: number;
  /** Of the credential; undefined for one that is made now. */
  readonly createdAt: string | undefined;
  /** The policy of its account; null lets credentials live for ever. */
  readonly limitDays: number | null;
  /** The end that it has; undefined for one that is made now. */
  readonly kept: string | null | undefined;
};

export type ChosenEnd = { readonly expiresAt: string | null } | { readonly mistake: string };

/** The latest moment that the account's policy lets a credential live to; undefined without one. */
export function findLatestEndMs({ openedAtMs, createdAt, limitDays }: EndFacts): number | undefined {
  if (limitDays === null) return undefined;
  const isNew = createdAt === undefined;
  return (isNew ? openedAtMs : Date.parse(createdAt)) + limitDays * dayMs - (isNew ? marginMs : 0);
}

/** A year, or as much of it as the policy allows. */
export function findLongestEndMs(facts: EndFacts): number {
  return Math.min(facts.openedAtMs + usualDays * dayMs, findLatestEndMs(facts) ?? Number.POSITIVE_INFINITY);
}

/** @param date As a date field has it: `2027-03-31`; the credential then lives to the end of that day. */
export function chooseEnd(choice: EndChoice, date: string, facts: EndFacts): ChosenEnd {
  if (choice === "never") return { expiresAt: null };
  if (choice === "kept") return { expiresAt: facts.kept ?? null };
  if (choice === "longest") return { expiresAt: formatInstant(findLongestEndMs(facts)) };
  return chooseDate(date, facts);
}

function chooseDate(date: string, facts: EndFacts): ChosenEnd {
  const startMs = parseLocalDay(date);
  if (startMs === undefined) return { mistake: "Choose the last day on which it works." };
  const endMs = parseLocalDay(date, 1) ?? startMs;
  if (endMs <= facts.openedAtMs) return { mistake: "The day has passed. Choose a later one." };
  const latestMs = findLatestEndMs(facts) ?? Number.POSITIVE_INFINITY;
  if (startMs > latestMs) return { mistake: "The account requires an earlier end." };
  return { expiresAt: formatInstant(Math.min(endMs - 1000, latestMs)) };
}

/** Midnight of the reader's zone at which the day begins; undefined for what is no day. */
function parseLocalDay(date: string, daysLater = 0): number | undefined {
  const [year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(date)?.slice(1).map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const found = new Date(year, month - 1, day);
  if (found.getMonth() !== month - 1 || found.getDate() !== day) return undefined;
  return new Date(year, month - 1, day + daysLater).getTime();
}

/** `2027-03-31` in the reader's zone, as a date field wants its bounds. */
export function formatLocalDay(ms: number): string {
  const at = new Date(ms);
  const pad = (value: number): string => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
}

function formatInstant(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

export type EndLook = "never" | "ended" | "soon" | "later";

const soonDays = 30;

/** Whether somebody has to do something about it. */
export function judgeEnd(expiresAt: string | null, nowMs: number): EndLook {
  if (expiresAt === null) return "never";
  const leftMs = Date.parse(expiresAt) - nowMs;
  if (leftMs <= 0) return "ended";
  return leftMs <= soonDays * dayMs ? "soon" : "later";
}
