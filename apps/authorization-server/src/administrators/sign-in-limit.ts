import { isRefusal, type Refusal } from "@biped/protocol";
import { formatNetwork } from "../limits/failure-limit.ts";
import { refuseRate } from "../limits/refuse-rate.ts";
import { createBuckets } from "../limits/token-bucket.ts";
import { createDelays, type Delays } from "./failure-delays.ts";

/** What somebody tries to prove. Each kind and name has its own count, so that one never opens or closes another. */
export type Guess = {
  readonly kind: "password" | "second-factor" | "step-up" | "setup" | "invitation";
  /**
   * E-mail address in its one spelling, or the id of an administrator. Undefined where a token of 256 bits is all that
   * there is: counted for everybody together, strangers' guesses would close the way for all.
   */
  readonly name: string | undefined;
  readonly source: string;
};

/** Counts as failed unless it is told otherwise, so that guesses made at the same time are counted too. */
export type Attempt = {
  readonly succeed: () => void;
  /** Nothing was compared. */
  readonly cancel: () => void;
};

export type SignInLimit = {
  /**
   * @param isOwnSource Asked where somebody guesses from many places: whether the person has signed in from this one.
   * @returns 429 while the delay lasts, whether or not the guess is right.
   */
  readonly begin: (guess: Guess, isOwnSource?: () => Promise<boolean>) => Promise<Attempt | Refusal>;
  /** For what anybody may ask for and the store has to keep: 30 at once, 30 a minute for a source. */
  readonly spend: (source: string) => Refusal | undefined;
};

/** Failures without any delay. */
const freePair = 5;
const freeSource = 20;
const freeName = 20;
const challenges = { capacity: 30, perSecond: 30 / 60 };

/**
 * Failures count for the name from one source, for the source, and for the name from wherever. The last kind
 * never delays a source from which the person has signed in, so that a stranger elsewhere locks nobody out. It does
 * not protect from a stranger behind the same address, and each node counts alone.
 */
export function createSignInLimit(monotonicSeconds: () => number): SignInLimit {
  const pairs = createDelays(freePair, monotonicSeconds);
  const sources = createDelays(freeSource, monotonicSeconds);
  const names = createDelays(freeName, monotonicSeconds);
  const ownSources = createOwnSources();
  const budget = createBuckets(challenges, monotonicSeconds);
  return {
    begin: async ({ kind, name, source }, isOwnSource = async () => false) => {
      const network = formatNetwork(source);
      const [pair, person] = [`${network} ${kind} ${name ?? ""}`, `${kind} ${name ?? ""}`];
      const isOwn = name === undefined || ownSources.has(pair) || (names.findWait(person) > 0 && (await isOwnSource()));
      const counted: readonly (readonly [Delays, string])[] = [
        [sources, network],
        [pairs, pair],
        ...(isOwn ? [] : ([[names, person]] as const)),
      ];
      const wait = Math.max(...counted.map(([delays, key]) => delays.findWait(key)));
      if (wait > 0) return refuseRate({ name: "sign-in", quota: freePair, windowSeconds: 900, waitSeconds: wait });
      for (const [delays, key] of counted) delays.charge(key);
      return {
        succeed: () => {
          sources.refund(network);
          pairs.clear(pair);
          names.clear(person);
          ownSources.add(pair);
        },
        cancel: () => {
          for (const [delays, key] of counted) delays.refund(key);
        },
      };
    },
    spend: (source) => {
      const waitSeconds = budget.take(formatNetwork(source));
      return waitSeconds === 0
        ? undefined
        : refuseRate({ name: "sign-in", quota: challenges.capacity, windowSeconds: 60, waitSeconds });
    },
  };
}

const maxOwnSources = 10_000;

/** Those of the last successes; the oldest is forgotten first. */
function createOwnSources() {
  const known = new Set<string>();
  return {
    has: (key: string): boolean => known.has(key),
    add: (key: string): void => {
      known.delete(key);
      const [oldest] = known.size < maxOwnSources ? [] : known;
      if (oldest !== undefined) known.delete(oldest);
      known.add(key);
    },
  };
}

/** Runs what is guessed at within the limit. `undefined` is a wrong guess; a refusal or an error is none. */
export async function guardGuess<Value>(
  begun: Promise<Attempt | Refusal>,
  guess: () => Promise<Value | Refusal | undefined>,
): Promise<Value | Refusal | undefined> {
  const attempt = await begun;
  if (isRefusal(attempt)) return attempt;
  let settle = attempt.cancel;
  try {
    const outcome = await guess();
    if (outcome === undefined) settle = () => undefined;
    else if (!isRefusal(outcome)) settle = attempt.succeed;
    return outcome;
  } finally {
    settle();
  }
}
