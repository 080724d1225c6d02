/** Ranges as they are typed, one a line: either all of them can be read, or the first mistake is told. */
export type TypedRanges =
  | { readonly kind: "ranges"; readonly ranges: readonly string[] }
  | { readonly kind: "mistake"; readonly text: string };

const limit = 50;

/** Lines or commas part them. A single address means itself alone; the service wants that in CIDR notation too. */
export function parseRanges(text: string): TypedRanges {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  const ranges = words.map(toRange);
  const wrong = words.find((_word, place) => ranges[place] === undefined);
  if (wrong !== undefined) {
    return { kind: "mistake", text: `“${wrong}” is no address range. Write it as 192.0.2.0/24 or 2001:db8::/32.` };
  }
  const found = [...new Set(ranges.filter((range) => range !== undefined))];
  if (found.length > limit) return { kind: "mistake", text: `At most ${limit} ranges; these are ${found.length}.` };
  return { kind: "ranges", ranges: found };
}

function toRange(word: string): string | undefined {
  const parts = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(word);
  const address = parts?.[1] ?? "";
  const longest = isIpv4(address) ? 32 : isIpv6(address) ? 128 : undefined;
  if (longest === undefined) return undefined;
  const length = parts?.[2] === undefined ? longest : Number(parts[2]);
  return length <= longest ? `${address}/${length}` : undefined;
}

const octet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`);
const group = /^[0-9a-f]{1,4}$/i;

export function isIpv4(text: string): boolean {
  return ipv4.test(text);
}

/** RFC 4291 §2.2: eight groups, `::` once for those that are zero, the last two perhaps as an IPv4 address. */
export function isIpv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const counts = halves.map((half, place) => countGroups(half, place === halves.length - 1));
  const total = counts.reduce<number>((sum, count) => sum + (count ?? Number.NaN), 0);
  return halves.length === 2 ? total <= 7 : total === 8;
}

/** Undefined where one of them is no group. */
function countGroups(half: string, isLast: boolean): number | undefined {
  if (half === "") return 0;
  const parts = half.split(":");
  const tail = parts.at(-1) ?? "";
  const hasIpv4 = isLast && isIpv4(tail);
  const groups = hasIpv4 ? parts.slice(0, -1) : parts;
  return groups.every((part) => group.test(part)) ? groups.length + (hasIpv4 ? 2 : 0) : undefined;
}
