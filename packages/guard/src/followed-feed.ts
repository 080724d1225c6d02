import { followRevocations, type RevocationDocument, type RevocationState } from "@biped/protocol";

/** What a guard knows from the revocation feed, and of what age that is. All times are monotonic seconds. */
export type FollowedFeed = {
  readonly state: RevocationState;
  /** Nothing was taken back that a living token could meet. */
  readonly isEmpty: boolean;
  /** The time that the state is sure to tell of: when it was asked for, less the age that the document states. */
  readonly asOf: number;
  readonly answeredAt: number;
  /** When all of it was read the last time. */
  readonly wholeAt: number;
  /** Since when the feed has been older than what is known; undefined while it is not. */
  readonly olderSince: number | undefined;
  /** The keys that the feed has named for the first time of late. */
  readonly newKeys: { readonly ids: readonly string[]; readonly namedAt: number };
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

function isRestored(former: FollowedFeed, { after }: RevocationDocument, { answeredAt }: AnswerTimes): boolean {
  return after === 0 && former.olderSince !== undefined && answeredAt >= former.olderSince + restoredSeconds;
}

type Source = { readonly document: RevocationDocument; readonly times: AnswerTimes };

function keep(
  former: FollowedFeed | undefined,
  state: RevocationState,
  { document, times: { askedAt, answeredAt } }: Source,
): FollowedFeed {
  const ids = state.keyIds.filter((kid) => former?.state.keyIds.includes(kid) !== true);
  return {
    state,
    isEmpty: sizeOf(state) === 0 && state.notBefore === 0,
    asOf: askedAt - document.ageSeconds,
    answeredAt,
    wholeAt: former === undefined || document.after === 0 ? answeredAt : former.wholeAt,
    olderSince: undefined,
    newKeys: former !== undefined && ids.length === 0 ? former.newKeys : { ids, namedAt: answeredAt },
  };
}

export function sizeOf({ accounts, projects, marks }: RevocationState): number {
  return accounts.size + projects.size + marks.size;
}
