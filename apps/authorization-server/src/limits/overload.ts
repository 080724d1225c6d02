import { paths } from "@biped/protocol";

/** How the event loop fared between two looks at it. */
export type LoopTick = {
  /** How much later than it should the look came. */
  readonly lateSeconds: number;
  /** Requests that came in the meantime. */
  readonly requests: number;
};

/** Whoever would wait longer is told to come back. */
const longestWaitSeconds = 0.2;
/** Fewer are not why a loop is late: it paused for a reason of its own, and turning them away would not help. */
const fewestRequests = 16;

/** Late twice in a row: after a single pause everything that has piled up is served soon. */
export function isLoopOverloaded(ticks: readonly [LoopTick, LoopTick]): boolean {
  return ticks.every(({ lateSeconds, requests }) => lateSeconds > longestWaitSeconds && requests > fewestRequests);
}

export type Overload = {
  /** Asked of each request: after how many seconds to come back, or undefined to serve it. */
  readonly shed: (path: string) => number | undefined;
  /** How many were since the start. */
  readonly countShed: () => number;
  readonly stop: () => void;
};

export type OverloadParts = {
  readonly signingWaitSeconds: () => number;
  readonly monotonicSeconds: () => number;
};

/** Key set, metadata and all that takes tokens back are never shed: what depends on them is the safety of others. */
const sparedPaths: ReadonlySet<string> = new Set([paths.keySet, paths.metadata, paths.revocation, paths.revocations]);
/** Any other path is taken for the one of tokens, which can be spelled in many ways: /v1/oauth/%74oken is one. */
const signsNothing: ReadonlySet<string> = new Set([paths.credentialsInformation, paths.introspection]);
const tickMilliseconds = 50;

/** by the time in the queues, the one for signatures and the one for the event loop. */
export function createOverload({ signingWaitSeconds, monotonicSeconds }: OverloadParts): Overload {
  const idle: LoopTick = { lateSeconds: 0, requests: 0 };
  let ticks: readonly [LoopTick, LoopTick] = [idle, idle];
  let requests = 0;
  let shedRequests = 0;
  let dueSeconds = monotonicSeconds() + tickMilliseconds / 1000;
  const tick = (): void => {
    const now = monotonicSeconds();
    ticks = [ticks[1], { lateSeconds: now - dueSeconds, requests }];
    requests = 0;
    dueSeconds = now + tickMilliseconds / 1000;
  };
  const timer = setInterval(tick, tickMilliseconds).unref();
  const isOverloaded = (path: string): boolean =>
    isLoopOverloaded(ticks) || (!signsNothing.has(path) && signingWaitSeconds() > longestWaitSeconds);
  return {
    shed: (path) => {
      if (sparedPaths.has(path)) return undefined;
      requests += 1;
      if (!isOverloaded(path)) return undefined;
      shedRequests += 1;
      // One, two, three in turn, so that those who were turned away do not all come back at once.
      return 1 + (shedRequests % 3);
    },
    countShed: () => shedRequests,
    stop: () => clearInterval(timer),
  };
}
