import { isUnacceptable } from "./fetch-document.ts";
import { type FeedQuestion, type FeedSource, fetchRevocations } from "./fetch-revocations.ts";
import { type FollowedFeed, takeDocument } from "./followed-feed.ts";

/**
 * Polls of the revocation feed. There are no timers: whoever verifies a token sets the next poll going, and as long as
 * tokens come a long poll is in flight. A guard that nobody asks asks nobody.
 */
export type FeedPolls = {
  /**
   * Sees to it that the feed is followed. The promise, where there is one, is worth waiting for: what is known is too
   * old or nothing, and the issuer has not just failed to answer. It resolves within a second, come what may.
   */
  readonly follow: () => Promise<void> | undefined;
  /**
   * The same for whoever asks for what is new: any poll is worth waiting for until it is a second old. One that has been
   * open longer has nothing to tell, because the issuer answers at once when there is something.
   */
  readonly followNews: () => Promise<void> | undefined;
  readonly current: () => FollowedFeed | undefined;
  /** Ends a poll in flight; no further one begins. */
  readonly close: () => void;
};

export type FeedPollOptions = {
  readonly source: FeedSource;
  /** How long the issuer may hold an answer back until there is something new. */
  readonly waitSeconds: number;
  /** Whether no token may be judged by it any more. */
  readonly isTooOld: (feed: FollowedFeed) => boolean;
  readonly monotonicSeconds: () => number;
  /** Told of each poll: what was wrong, or undefined. */
  readonly onPolled: (fault: string | undefined, feed: FollowedFeed | undefined) => void;
};

/** After so long without an answer what is known is not relied on before the feed was asked again. */
const idleSeconds = 5;
/** From the beginning of one poll to that of the next, however soon the first one was over. */
const pauseSeconds = 1;
const wholeSeconds = 1800;
const longestDelayMilliseconds = 1000;

type Poll = {
  /** Resolves when it is over or a second old. */
  readonly over: Promise<void>;
  /** Whether no token is judged before that. */
  readonly isAwaited: boolean;
};

export function createFeedPolls(options: FeedPollOptions): FeedPolls {
  const { monotonicSeconds } = options;
  const closing = new AbortController();
  let feed: FollowedFeed | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let isWanted = false;
  let inFlight: Poll | undefined;

  const poll = async (question: FeedQuestion): Promise<void> => {
    const answer = await fetchRevocations(options.source, question, closing.signal);
    const answeredAt = monotonicSeconds();
    const taken = isUnacceptable(answer)
      ? { feed, fault: answer.unacceptable }
      : takeDocument(feed, answer, { askedAt, answeredAt });
    feed = taken.feed;
    if (taken.fault !== undefined) failedAt = answeredAt;
    inFlight = undefined;
    if (closing.signal.aborted) return;
    options.onPolled(taken.fault, feed);
    if (isWanted) begin();
  };

  const begin = (): void => {
    const now = monotonicSeconds();
    if (inFlight !== undefined || closing.signal.aborted || now < askedAt + pauseSeconds) return;
    isWanted = false;
    askedAt = now;
    const isIdle = feed === undefined || now >= feed.answeredAt + idleSeconds || options.isTooOld(feed);
    const polled = poll(ask(feed, now, isIdle ? 0 : options.waitSeconds));
    const isAwaited = isIdle && now >= failedAt + idleSeconds;
    inFlight = { over: Promise.race([polled, elapse(longestDelayMilliseconds)]), isAwaited };
  };
  const follow = (): Poll | undefined => {
    isWanted = true;
    begin();
    return inFlight;
  };

  return {
    follow() {
      const followed = follow();
      return followed?.isAwaited === true ? followed.over : undefined;
    },
    followNews: () => follow()?.over,
    current: () => feed,
    close: () => closing.abort(),
  };
}

function ask(feed: FollowedFeed | undefined, now: number, waitSeconds: number): FeedQuestion {
  if (feed === undefined || now >= feed.wholeAt + wholeSeconds) return undefined;
  return { after: feed.state.sequence, waitSeconds };
}

/** A signal's timer, unlike one of `setTimeout`, keeps no process from its end. */
function elapse(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    AbortSignal.timeout(milliseconds).addEventListener("abort", () => resolve());
  });
}
