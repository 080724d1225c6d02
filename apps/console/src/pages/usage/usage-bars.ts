import type { Bar } from "../../design/bar-layout.ts";

export type UsageBucket = { readonly at: string; readonly tokens: number; readonly refusals: number };

const dayFormat = (timeZone: string | undefined) =>
  new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", timeZone });

/** One bar an hour, in the reader's zone. The zone is named: one hour of autumn comes twice. */
export function createHourBars(usage: readonly UsageBucket[], timeZone?: string): readonly Bar[] {
  const format = new Intl.DateTimeFormat("en-GB", {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
    timeZone,
  });
  return usage.map((bucket) => createBar(format.format(new Date(bucket.at)), bucket));
}

/** Hours summed up to the days of the reader's zone. */
export function createDayBars(hours: readonly UsageBucket[], timeZone?: string): readonly Bar[] {
  const format = dayFormat(timeZone);
  const days = new Map<string, { tokens: number; refusals: number }>();
  for (const { at, tokens, refusals } of hours) {
    const label = format.format(new Date(at));
    const former = days.get(label) ?? { tokens: 0, refusals: 0 };
    days.set(label, { tokens: former.tokens + tokens, refusals: former.refusals + refusals });
  }
  return [...days].map(([label, counts]) => createBar(label, counts));
}

/** Days that the service counted, which are those of UTC. */
export function createUtcDayBars(usage: readonly UsageBucket[]): readonly Bar[] {
  const format = dayFormat("UTC");
  return usage.map((bucket) => createBar(format.format(new Date(bucket.at)), bucket));
}

function createBar(label: string, { tokens, refusals }: Omit<UsageBucket, "at">): Bar {
  return { label, values: [tokens, refusals] };
}

export type UsageSum = { readonly tokens: number; readonly refusals: number };

export function sumUsage(usage: readonly UsageBucket[]): UsageSum {
  return usage.reduce<UsageSum>(
    (sum, { tokens, refusals }) => ({ tokens: sum.tokens + tokens, refusals: sum.refusals + refusals }),
    { tokens: 0, refusals: 0 },
  );
}

const count = new Intl.NumberFormat("en-GB");

/** "1,204 tokens and 3 refusals in the last 7 days". */
export function describeUsage({ tokens, refusals }: UsageSum, days: number): string {
  const issued = tokens === 1 ? "1 token" : `${count.format(tokens)} tokens`;
  const refused = refusals === 1 ? "1 refusal" : `${count.format(refusals)} refusals`;
  return `${issued} and ${refused} in the last ${days} days`;
}

export type UsageGap = { readonly from: string; readonly to: string };

const gapFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });

/** One sentence, of the latest; undefined where all was counted. */
export function describeGaps(gaps: readonly UsageGap[]): string | undefined {
  const latest = gaps.at(-1);
  if (latest === undefined) return undefined;
  const [from, to] = [latest.from, latest.to].map((time) => gapFormat.format(new Date(time)));
  const others =
    gaps.length === 1
      ? ""
      : `, and in ${count.format(gaps.length - 1)} earlier ${gaps.length === 2 ? "time" : "times"}`;
  const cause = "a node of the service ended before it wrote them, or had too many";
  return `Counts may be missing from ${from} to ${to} UTC${others}: ${cause}.`;
}
