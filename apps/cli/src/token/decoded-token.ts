import { isJsonObject, type JsonObject } from "../json.ts";

/** A compact JWT taken apart. Nothing about it is verified here. */
export type DecodedToken = {
  readonly header: JsonObject;
  readonly claims: JsonObject;
};

/** @returns What is wrong, as a text, when it is no compact JWT in canonical base64url. */
export function decodeToken(token: string): DecodedToken | string {
  const parts = token.split(".");
  if (parts.length !== 3) return `it has ${parts.length} part${parts.length === 1 ? "" : "s"} instead of three`;
  const names = ["header", "claims", "signature"] as const;
  for (const [at, name] of names.entries()) {
    if (!isCanonical(parts[at] ?? "")) return `its ${name} is not canonical base64url`;
  }
  const header = parseObject(parts[0] ?? "");
  const claims = parseObject(parts[1] ?? "");
  if (header === undefined) return "its header is not a JSON object";
  if (claims === undefined) return "its claims are not a JSON object";
  // RFC 7515 §4.1.11: whoever does not know what is critical may not accept the token.
  if (Object.hasOwn(header, "crit")) return "its header asks for extensions (crit) that no token of this kind has";
  return { header, claims };
}

/** Bits that nobody reads would let one token be written in several ways. */
function isCanonical(part: string): boolean {
  return part !== "" && Buffer.from(part, "base64url").toString("base64url") === part;
}

// A byte order mark is no part of JSON; dropped in silence, it would be one more way to write the same token.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function parseObject(part: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(Buffer.from(part, "base64url")));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
