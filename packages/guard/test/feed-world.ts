/** A guard of an issuer whose feed answers what a test says, on a clock that the test moves. */

import { createServerMetadata, formatRevocations, isRefusal, paths, type RevocationDocument } from "@biped/protocol";
import { createGuardOn } from "../src/guard.ts";
import type { GuardEvent, GuardOptions } from "../src/guard-options.ts";
import { verifier } from "../src/node-verifier.ts";
import { createTestKey, signFeed, type TestKey } from "../src/testing-key.ts";
import { signToken } from "../src/testing-tokens.ts";

export const start = 1_800_000_000;
export const issuer = "https://auth.example.com";
export const endpoint = "https://api.eu-west-1.example.com";
export const feedKey = await createTestKey("Ed25519");
export const tokenKey = await createTestKey("ES256");

/** The clock of the world that was opened last: documents are signed at that time unless a test says otherwise. */
let feedClock = { now: start };

export const emptyDocument: RevocationDocument = {
  issuer,
  after: 0,
  sequence: 1,
  issuedAtSeconds: start,
  ageSeconds: 0,
  notBefore: 0,
  keyIds: [tokenKey.kid],
  moved: [],
  disabled: [],
  accounts: [],
  projects: [],
  marks: [],
};

export const metadata = createServerMetadata({
  issuer,
  scopes: [],
  cloudEndpoints: [endpoint],
  revocationKeys: [feedKey.publicJwk],
});

export function formatFeed(changes: Partial<RevocationDocument>, key: TestKey = feedKey): Promise<string> {
  return signFeed(key, formatRevocations({ ...emptyDocument, issuedAtSeconds: Math.floor(feedClock.now), ...changes }));
}

export const answerFeed = async (changes: Partial<RevocationDocument> = {}) => new Response(await formatFeed(changes));

export type FeedReply = (question: URLSearchParams, signal: AbortSignal) => Response | Promise<Response>;

/** A reply that is held until the guard gives up. */
export const hold: FeedReply = (_question, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

export function openFeedWorld(options: Partial<GuardOptions> = {}) {
  const events: GuardEvent[] = [];
  /** What the feed was asked, of all that was asked. */
  const asked: string[] = [];
  const world = {
    now: start,
    reply: (() => answerFeed()) as FeedReply,
    metadata: metadata as object,
    keys: [tokenKey] as readonly TestKey[],
    keyFetches: 0,
    metadataFetches: 0,
    answersKeys: true,
  };
  feedClock = world;
  const answer = async (url: string, init: RequestInit): Promise<Response> => {
    if (url === `${issuer}${paths.metadata}`) {
      world.metadataFetches += 1;
      return Response.json(world.metadata);
    }
    if (url === `${issuer}${paths.keySet}`) {
      world.keyFetches += 1;
      if (!world.answersKeys) throw new TypeError("away");
      return Response.json({ keys: world.keys.map(({ publicJwk }) => publicJwk) });
    }
    const { search, searchParams, origin, pathname } = new URL(url);
    if (origin !== issuer || pathname !== paths.revocations) throw new TypeError(`asked ${origin}`);
    asked.push(search);
    return world.reply(searchParams, init.signal as AbortSignal);
  };
  let underway = 0;
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    underway += 1;
    return answer(url, init).finally(() => {
      underway -= 1;
    });
  };
  const onEvent = (event: GuardEvent) => void events.push(event);
  const clock = { nowSeconds: () => world.now, monotonicSeconds: () => world.now };
  const guard = createGuardOn(verifier, { issuer, endpoint, ...clock, fetch, onEvent, random: () => 0, ...options });
  const mint = (changes: object = {}, key: TestKey = tokenKey): Promise<string> => {
    const header = { alg: key.algorithm, typ: "at+jwt", kid: key.kid };
    return signToken(key, { header, claims: { ...createClaims(Math.floor(world.now)), ...changes } });
  };
  const verify = async (token: string): Promise<string> => {
    const outcome = await guard.verify(token);
    return isRefusal(outcome) ? outcome.code : "accepted";
  };
  /** Waits until every answer was taken in, but for so many that the test holds back. */
  const settle = async (held = 0): Promise<void> => {
    do await new Promise(setImmediate);
    while (underway > held);
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
  };
  const refusals = () => events.flatMap((event) => (event.kind === "refused" ? [event.reason] : []));
  const failures = () => events.flatMap((event) => (event.kind === "document-failed" ? [event.reason] : []));
  return { world, guard, asked, events, failures, refusals, mint, verify, settle };
}

/** Of a good token, issued now. */
export function createClaims(now: number) {
  const names = { client_id: "c", sub: "c", jti: "j", scope: "metrics", secret_id: "1", project_id: 42, account_id: 1 };
  const epochs = { account: 0, project: 0, credential: 0 };
  return { iss: issuer, aud: endpoint, iat: now, exp: now + 3600, ...names, epochs };
}
