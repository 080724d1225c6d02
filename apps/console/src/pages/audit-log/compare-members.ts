import { formatExact } from "../../design/time-format.ts";

type Members = Readonly<Record<string, unknown>> | null;

/** One member of what changed, in words. Undefined where it is not there. */
export type MemberChange = {
  readonly member: string;
  readonly title: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
};

/** What an event tells of before and after, member by member; what changed first, then what stayed. */
export function compareMembers(before: Members, after: Members, timeZone?: string): readonly MemberChange[] {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const changes = names.map((member) => ({
    member,
    title: formatTitle(member),
    before: formatValue(member, before?.[member], timeZone),
    after: formatValue(member, after?.[member], timeZone),
  }));
  const isSame = (change: MemberChange): boolean => change.before === change.after;
  return [...changes.filter((change) => !isSame(change)), ...changes.filter(isSame)];
}

const titles: ReadonlyMap<string, string> = new Map([
  ["credentialLifetimeLimitDays", "Longest life of credentials in days"],
  ["kid", "Key id"],
]);

/** `allowedRanges` is "Allowed ranges", `isPlatformOwner` is "Platform owner". */
export function formatTitle(member: string): string {
  const known = titles.get(member);
  if (known !== undefined) return known;
  const words = member
    .replace(/^is(?=[A-Z])/, "")
    .replace(/(?<=[a-z0-9])(?=[A-Z])/g, " ")
    .toLowerCase();
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

function formatValue(member: string, value: unknown, timeZone: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value === null) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number" && isInstant(member)) {
    return formatExact(new Date(value * 1000).toISOString(), timeZone);
  }
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(formatItem).join(", ");
  return formatItem(value);
}

/** The log keeps times as seconds since 1970. */
function isInstant(member: string): boolean {
  return member === "until" || member === "before" || /[a-z]At$/.test(member);
}

function formatItem(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
