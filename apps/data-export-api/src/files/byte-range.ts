/** Positions of the first and the last byte. */
export type ByteRange = { readonly first: number; readonly last: number };

/**
 * RFC 9110 §14.2: which bytes a Range header asks for. Undefined for all of them, as for a header that makes no sense.
 * Several ranges at once are "unsatisfiable": nobody needs them to resume, and a thousand would be a thousand reads.
 */
export function parseByteRange(header: string | undefined, size: number): ByteRange | "unsatisfiable" | undefined {
  const [, set] = /^bytes=(.*)$/i.exec(header ?? "") ?? [];
  if (set === undefined) return undefined;
  if (set.includes(",")) return "unsatisfiable";
  const [, from = "", to = ""] = /^(\d*)-(\d*)$/.exec(set) ?? [];
  if (from === "" && to === "") return undefined;
  if (from === "") return limitRange(size - Math.min(Number(to), size), size - 1, size);
  if (to !== "" && Number(to) < Number(from)) return undefined;
  return limitRange(Number(from), to === "" ? size - 1 : Number(to), size);
}

function limitRange(first: number, last: number, size: number): ByteRange | "unsatisfiable" {
  return first < size ? { first, last: Math.min(last, size - 1) } : "unsatisfiable";
}
