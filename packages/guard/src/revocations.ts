import { type Footing, isRevoked, type Refusal, type RevocationState, refuse, refuseToken } from "@biped/protocol";
import { createFeedPolls, type FeedPollOptions } from "./feed-polls.ts";
import { type FollowedFeed, sizeOf } from "./followed-feed.ts";
import { isEndpoint } from "./issuer-metadata.ts";
import { refuseWrongCloud } from "./presented-token.ts";

/** What to do beyond the bound: go on without news of revocations, or accept no token. */
export type RevocationRules = { readonly mode: "open" | "closed"; readonly maxStalenessSeconds: number };

export type RevocationStatus = {
  /** Whether there is a feed that is followed. */
  readonly followed: boolean;
  /** What happened longer ago is known for certain. Infinity where nothing is. */
  readonly stalenessSeconds: number;
  readonly sequence: number;
  /** Things taken back that a living token could stand on. */
  readonly size: number;
};

/** Refuses what was taken back, as far as the issuer's revocation feed has told it. */
export type Revocations = {
  /** Undefined where nothing is against it. Waits for the feed where what is known of it is old, a second at most. */
  readonly check: (readFooting: () => Footing) => Refusal | undefined | Promise<Refusal | undefined>;
  /** Sees to it that the feed is followed. A promise may bring what is new, and is over within a second. */
  readonly followNews: () => Promise<void> | undefined;
  /** Whether tokens can be judged. Waits for the feed as `check` does. */
  readonly isReady: () => Promise<boolean>;
  /** The projects that are disabled, themselves or with their account. */
  readonly disabledProjects: () => Promise<ReadonlySet<number>>;
  /** Whether the feed names this key, and keys that were asked for at that time may be from before it. */
  readonly isNewKey: (kid: string, keysAskedAt: number) => boolean;
  readonly status: () => RevocationStatus;
  readonly close: () => void;
};

export type RevocationOptions = Omit<FeedPollOptions, "waitSeconds" | "isTooOld" | "onPolled"> & {
  readonly rules: RevocationRules;
  /** The cloud that this guard's tokens are for. */
  readonly endpoint: string;
  /** Told when it begins to follow the feed, and when that fails for another reason than before. */
  readonly onFollowed: () => void;
  readonly onFailed: (reason: string) => void;
  /** Told of the keys of the issuer after each answer. */
  readonly onKeys: (kids: readonly string[]) => void;
};

const longestWaitSeconds = 10;
/** Every node has a key in its key set so long after the feed has named it, and signs with it no sooner. */
const settleSeconds = 2;

export function createRevocations(options: RevocationOptions): Revocations {
  const { rules, endpoint, monotonicSeconds } = options;
  const stalenessOf = (feed: FollowedFeed): number => Math.max(0, monotonicSeconds() - feed.asOf);
  const isTooOld = (feed: FollowedFeed | undefined): boolean =>
    rules.mode === "closed" && (feed === undefined || stalenessOf(feed) > rules.maxStalenessSeconds);
  const report = createReport(options);
  const polls = createFeedPolls({
    ...options,
    // Two polls and what they take on the way must fit into the bound.
    waitSeconds: Math.min(longestWaitSeconds, Math.floor(rules.maxStalenessSeconds / 3)),
    isTooOld,
    onPolled(fault, feed) {
      report(fault);
      if (fault === undefined && feed !== undefined) options.onKeys(feed.state.keyIds);
    },
  });

  const judge = (readFooting: () => Footing): Refusal | undefined => {
    const feed = polls.current();
    if (isTooOld(feed)) return refuseStale();
    return feed === undefined || feed.isEmpty ? undefined : judgeFooting(readFooting(), feed.state, endpoint);
  };

  return {
    check(readFooting) {
      const news = polls.follow();
      return news === undefined ? judge(readFooting) : news.then(() => judge(readFooting));
    },
    followNews: polls.followNews,
    async isReady() {
      await polls.follow();
      return !isTooOld(polls.current());
    },
    async disabledProjects() {
      await polls.follow();
      return polls.current()?.state.disabled ?? new Set();
    },
    isNewKey(kid, keysAskedAt) {
      const namedAt = polls.current()?.keysNamedAt.get(kid);
      return namedAt !== undefined && keysAskedAt < namedAt + settleSeconds;
    },
    status() {
      const feed = polls.current();
      if (feed === undefined) return unfollowed;
      const { state } = feed;
      return { followed: true, stalenessSeconds: stalenessOf(feed), sequence: state.sequence, size: sizeOf(state) };
    },
    close: polls.close,
  };
}

export const unfollowed: RevocationStatus = {
  followed: false,
  stalenessSeconds: Number.POSITIVE_INFINITY,
  sequence: 0,
  size: 0,
};

/** A feed that stays away is told of once, and not with every poll. */
function createReport({ onFollowed, onFailed }: RevocationOptions): (fault: string | undefined) => void {
  let told: string | undefined = "nothing yet";
  return (fault) => {
    if (fault === told) return;
    told = fault;
    if (fault === undefined) onFollowed();
    else onFailed(fault);
  };
}

/** A token from before its project moved is of no use here, whatever else was taken back: 421 names the new place. */
function judgeFooting(footing: Footing, state: RevocationState, endpoint: string): Refusal | undefined {
  const [projectId, epoch] = footing.project;
  const moved = epoch < (state.projects.get(projectId) ?? 0) ? state.moved.get(projectId) : undefined;
  if (isEndpoint(moved) && moved !== endpoint) return refuseWrongCloud(moved);
  return isRevoked(footing, state) ? refuseToken("JWT_REVOKED", "Auth token is revoked.") : undefined;
}

function refuseStale(): Refusal {
  const description = "Whether access tokens were revoked is not known at the moment.";
  const headers = { "retry-after": "1" };
  return refuse("TEMPORARILY_UNAVAILABLE", description, "the revocation feed is stale", { headers });
}
