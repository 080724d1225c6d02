import { isRefusal, parseRevocations, type RevocationDocument, revocationFeedType } from "@biped/protocol";
import { type Fetch, fetchDocument, isUnacceptable, type Unacceptable } from "./fetch-document.ts";
import type { IssuerMetadata } from "./issuer-metadata.ts";
import { findKey } from "./key-set.ts";
import { parseTokenHeader, splitToken } from "./presented-token.ts";
import type { RemoteDocument } from "./remote-document.ts";
import type { Verifier, VerifierKey } from "./verifier.ts";

export type FeedSource = {
  readonly issuer: string;
  readonly fetch: Fetch;
  readonly verifier: Verifier;
  /** Wall clock in epoch seconds. */
  readonly nowSeconds: () => number;
  /** It says where the feed is, and who signs it. */
  readonly metadata: RemoteDocument<IssuerMetadata>;
};

/** What is asked for: what came after a sequence, with so long a wait for it; the whole without. */
export type FeedQuestion = { readonly after: number; readonly waitSeconds: number } | undefined;

const maxBytes = 4 * 1024 * 1024;
/** What an answer may take beyond the wait that was asked for. */
const timeoutSeconds = 3;
/** By which the clocks of the issuer and of the guard may differ: whatever was signed before is not believed. */
const longestAgeSeconds = 300;

/** Never rejects. */
export async function fetchRevocations(
  source: FeedSource,
  question: FeedQuestion,
  closing: AbortSignal,
): Promise<RevocationDocument | Unacceptable> {
  const metadata = source.metadata.current() ?? (await source.metadata.refresh());
  if (metadata === undefined) return { unacceptable: "no metadata" };
  if (metadata.feed === undefined) return { unacceptable: "the issuer has no revocation feed" };
  const timeoutMilliseconds = (timeoutSeconds + (question?.waitSeconds ?? 0)) * 1000;
  const url = addQuestion(metadata.feed.url, question);
  const accept = `application/${revocationFeedType}`;
  const answer = await fetchDocument({ url, accept, maxBytes, timeoutMilliseconds, fetch: source.fetch }, closing);
  return isUnacceptable(answer) ? answer : readFeed(answer.text, source);
}

function addQuestion(feedUrl: string, question: FeedQuestion): string {
  const url = new URL(feedUrl);
  if (question === undefined) return url.href;
  url.searchParams.set("after", String(question.after));
  if (question.waitSeconds > 0) url.searchParams.set("wait", String(question.waitSeconds));
  return url.href;
}

/** A JWS in compact form (RFC 7515 §7.1), by a key of the feed, of its own type, of this issuer. */
async function readFeed(text: string, source: FeedSource): Promise<RevocationDocument | Unacceptable> {
  const segments = splitToken(text);
  if (isRefusal(segments)) return { unacceptable: segments.reason };
  const header = parseTokenHeader(segments.header, source.verifier.decodeText);
  if (isRefusal(header)) return { unacceptable: header.reason };
  if (header.typ !== revocationFeedType) return { unacceptable: "another type of document" };
  const key = await findFeedKey(header.kid, source.metadata);
  if (key === undefined) return { unacceptable: "unknown key" };
  if (header.alg !== key.algorithm) return { unacceptable: "an algorithm that is not the key's" };
  if (!(await key.verify(segments.signingInput, segments.signature))) return { unacceptable: "bad signature" };
  const document = parseRevocations(decodeOctets(segments.payload));
  if (document === undefined) return { unacceptable: "not a revocation feed" };
  if (document.issuer !== source.issuer) return { unacceptable: "the feed of another issuer" };
  const isPast = document.issuedAtSeconds < source.nowSeconds() - longestAgeSeconds;
  return isPast ? { unacceptable: "a feed of the past" } : document;
}

/** A key that is not there may be newer than the metadata. */
async function findFeedKey(kid: string, metadata: FeedSource["metadata"]): Promise<VerifierKey | undefined> {
  const find = (known: IssuerMetadata | undefined) => known?.feed && findKey(known.feed.keys, kid);
  return find(metadata.current()) ?? find(await metadata.refresh());
}

/** Octets as characters U+0000 to U+00FF, out of canonical base64url. */
function decodeOctets(segment: string): string {
  return atob(segment.replaceAll("-", "+").replaceAll("_", "/"));
}
