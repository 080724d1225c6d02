import {
  followRevocations,
  type RevocationDocument,
  type RevocationState,
  revocationsKeptSeconds,
} from "@biped/protocol";

/** What a guard knows from the revocation feed, and of what age that is. All times are monotonic seconds. */
export type FollowedFeed = {
  readonly state: RevocationState;
  /** Nothing was taken back that a living token could meet. */
  readonly isEmpty: boolean;
  /** The time that the state is sure to tell of: when it was asked for, less the age that the document has. */
  readonly asOf: number;
  /** Of the document that was signed last: when, by the issuer's clock, and when it came. */
  readonly newest: { readonly issuedAtSeconds: number; readonly answeredAt: number };
  readonly answeredAt: number;
  /** When all of it was read the last time. */
  readonly wholeAt: number;
  /** Since when the feed has been older than what is known; undefined while it is not. */
  readonly olderSince: number | undefined;
  /** Since when the feed has named each of the keys that it names. */
  readonly keysNamedAt: ReadonlyMap<string, number>;
};

export type AnswerTimes = { readonly askedAt: number; readonly answeredAt: number };

/** `feed` is what is known afterwards, whether the document was of use or, as `fault` tells, was not. */
export type TakenDocument = { readonly feed: FollowedFeed | undefined; readonly fault: string | undefined };

/** A node may be behind the others for a moment. One that stays so has a store that was restored. */
const restoredSeconds = 10;

export function takeDocument(
  former: FollowedFeed | undefined,
  document: RevocationDocument,
  times: AnswerTimes,
): TakenDocument {
  const isOlder = former !== undefined && document.sequence < former.state.sequence;
  if (isOlder && !isRestored(former, document, times)) {
    const olderSince = former.olderSince ?? times.answeredAt;
    return { feed: { ...former, olderSince }, fault: "an older feed than before" };
  }
  const base = isOlder ? undefined : former;
  const state = followRevocations(base?.state, document);
  if (state !== undefined) return { feed: keep(base, state, { document, times }), fault: undefined };
  const feed = former && { ...former, wholeAt: Number.NEGATIVE_INFINITY };
  return { feed, fault: "a feed that does not go on from the last one" };
}

/** A node that is cut off says how old its news is, and a document that was kept on the way was signed before. */
function isRestored(former: FollowedFeed, document: RevocationDocument, { answeredAt }: AnswerTimes): boolean {
  const isLasting = former.olderSince !== undefined && answeredAt >= former.olderSince + restoredSeconds;
  const isTold = isNewest(document, former) && document.ageSeconds < restoredSeconds;
  return document.after === 0 && isTold && isLasting;
}

function isNewest({ issuedAtSeconds }: RevocationDocument, former: FollowedFeed): boolean {
  return issuedAtSeconds > former.newest.issuedAtSeconds;
}

type Source = { readonly document: RevocationDocument; readonly times: AnswerTimes };

function keep(
  former: FollowedFeed | undefined,
  state: RevocationState,
  { document, times: { askedAt, answeredAt } }: Source,
): FollowedFeed {
  const { issuedAtSeconds, ageSeconds } = document;
  const newest = former === undefined || isNewest(document, former) ? { issuedAtSeconds, answeredAt } : former.newest;
  // What comes again, from a cache on the way, has aged since, but for the seconds for which a node keeps it.
  const agedSeconds = answeredAt - newest.answeredAt + newest.issuedAtSeconds - issuedAtSeconds;
  return {
    state,
    isEmpty: sizeOf(state) === 0 && state.notBefore === 0,
    asOf: askedAt - ageSeconds - Math.max(0, agedSeconds - revocationsKeptSeconds),
    newest,
    answeredAt,
    wholeAt: former === undefined || document.after === 0 ? answeredAt : former.wholeAt,
    olderSince: undefined,
    keysNamedAt: new Map(state.keyIds.map((kid) => [kid, former?.keysNamedAt.get(kid) ?? answeredAt])),
  };
}

export function sizeOf({ accounts, projects, marks }: RevocationState): number {
  return accounts.size + projects.size + marks.size;
}
