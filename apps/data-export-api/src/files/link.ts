import { createHmac, timingSafeEqual } from "node:crypto";
import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import { parseQuery } from "../query-parameters.ts";

/** Where a file can be fetched, by whoever has the URL, until `expiresAt`. */
export type Link = {
  readonly url: string;
  /** Epoch seconds. */
  readonly expiresAt: number;
};

export const linkLifetimeSeconds = 900;

const requiredNames = ["v", "exp", "key", "sig"] as const;

/** The query of a link, as it was sent. */
export type LinkQuery = Readonly<Record<(typeof requiredNames)[number], string>> & {
  /** What the token stood on that asked for the link. Links of version 1, which are made no more, have none. */
  readonly footing?: string;
};

/** Each parameter once, in any order, and no other. What they say is for the signature to judge. */
export function parseLinkQuery(query: string): LinkQuery | Refusal {
  const parameters = parseQuery(query, [...requiredNames, "footing"]);
  if (isRefusal(parameters)) return parameters;
  const [v, exp, key, sig] = requiredNames.map((name) => parameters.get(name));
  if (v !== undefined && exp !== undefined && key !== undefined && sig !== undefined) {
    const footing = parameters.get("footing");
    return { v, exp, key, sig, ...(footing !== undefined && { footing }) };
  }
  const missing = requiredNames.find((name) => !parameters.has(name));
  return refuse("INVALID_REQUEST", `${missing} is required.`);
}

/** All that a link depends on, but for the method: it is GET, of which HEAD is a part. */
export type LinkedFacts = Omit<LinkQuery, "sig"> & {
  /** Of the endpoint, with its port if it names one. */
  readonly host: string;
  readonly fileId: string;
  readonly projectId: number;
  readonly linkEpoch: number;
};

/** In base64url. Each part is preceded by its length, so that no two tuples are the same bytes. */
export function signLink(secret: Uint8Array, facts: LinkedFacts): string {
  const { v, exp, key, footing, host, fileId, projectId, linkEpoch } = facts;
  const parts = [v, "GET", host, fileId, `${projectId}`, `${linkEpoch}`, exp, key];
  if (footing !== undefined) parts.push(footing);
  const hmac = createHmac("sha256", secret);
  for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:${part}`);
  return hmac.digest("base64url");
}

/** In constant time for signatures of one length. The texts are compared, so a signature has one spelling. */
export function isSameSignature(presented: string, expected: string): boolean {
  const [one, other] = [Buffer.from(presented), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
