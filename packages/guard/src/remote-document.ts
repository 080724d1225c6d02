/**
 * A small document of the issuer (its key set, its metadata), fetched with care and kept: one fetch in flight, at
 * most one in 30 seconds whether it succeeds or not (in a second as long as none has succeeded), renewed in the
 * background before it is old, and served for up to a day while the issuer is away. There are no timers: whoever reads
 * the document sets its renewal going.
 */

import {
  type Fetch,
  type FetchedDocument,
  fetchDocument,
  isUnacceptable,
  type Unacceptable,
} from "./fetch-document.ts";

export type RemoteDocument<Value> = {
  /**
   * The last good value, at once. Starts a renewal, without waiting for it, when one is due. Undefined once the value
   * is older than its max-age and the issuer was not asked since: whoever needs one then waits for `refresh`. If that
   * fails, the old value is served again without waiting.
   */
  readonly current: () => Value | undefined;
  /** Asks the issuer, unless it was asked less than 30 seconds ago, or a second before anything was loaded. Never rejects. */
  readonly refresh: () => Promise<Value | undefined>;
  /** The same, unless it was asked in the last second: for when the issuer itself has said that there is news. */
  readonly hurry: () => Promise<Value | undefined>;
  /** When the last answer was asked for, whether it was of use or not; -Infinity before there was one. */
  readonly answerAskedAt: () => number;
  /** When `refresh` may ask again. */
  readonly retryAfterSeconds: () => number;
  /** Ends a fetch in flight; no further one begins. */
  readonly close: () => void;
};

export type RemoteDocumentOptions<Value> = {
  readonly url: string;
  /** `previous` is the value before, so that unchanged parts of it can be kept. */
  readonly parse: (text: string, previous: Value | undefined) => Value | Unacceptable | Promise<Value | Unacceptable>;
  readonly fetch: Fetch;
  /** Seconds that only ever grow, from any start. A wall clock that is set back would stop the renewals. */
  readonly monotonicSeconds: () => number;
  /** A number from 0 to 1 that spreads the renewals of many guards. */
  readonly random: () => number;
  readonly onLoaded: () => void;
  readonly onFailed: (reason: string) => void;
};

const cooldownSeconds = 30;
/** Between two times that the issuer is asked in a hurry, or for the first value of all. */
const hurrySeconds = 1;
const request = { accept: "application/json", maxBytes: 65_536, timeoutMilliseconds: 3000 } as const;
const maxStaleSeconds = 86_400;

type Kept<Value> = {
  readonly value: Value;
  readonly loadedAt: number;
  readonly renewAt: number;
  readonly oldAt: number;
};

export function createRemoteDocument<Value>(options: RemoteDocumentOptions<Value>): RemoteDocument<Value> {
  const { monotonicSeconds } = options;
  const closing = new AbortController();
  let kept: Kept<Value> | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let answerAskedAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let inFlight: Promise<Value | undefined> | undefined;
  const fresh = (now: number): Value | undefined =>
    kept !== undefined && now < kept.loadedAt + maxStaleSeconds ? kept.value : undefined;

  const renew = async (): Promise<Value | undefined> => {
    try {
      const answer = await fetchDocument({ ...request, url: options.url, fetch: options.fetch }, closing.signal);
      if (!isUnacceptable(answer)) answerAskedAt = askedAt;
      const loaded = await read(answer, kept?.value, options);
      if (loaded === undefined) failedAt = monotonicSeconds();
      else kept = loaded;
      return fresh(monotonicSeconds());
    } finally {
      inFlight = undefined;
    }
  };

  const refreshAfter = (pauseSeconds: number): Promise<Value | undefined> => {
    const now = monotonicSeconds();
    if (inFlight !== undefined) return inFlight;
    if (closing.signal.aborted || now < askedAt + pauseSeconds) return Promise.resolve(fresh(now));
    askedAt = now;
    inFlight = renew();
    return inFlight;
  };
  const usualPauseSeconds = () => (kept === undefined ? hurrySeconds : cooldownSeconds);
  const refresh = () => refreshAfter(usualPauseSeconds());

  return {
    current() {
      const now = monotonicSeconds();
      if (kept === undefined || (now >= kept.oldAt && failedAt < kept.oldAt)) return undefined;
      if (now >= kept.renewAt) void refresh();
      return fresh(now);
    },
    refresh,
    hurry: () => refreshAfter(hurrySeconds),
    answerAskedAt: () => answerAskedAt,
    retryAfterSeconds: () => Math.max(1, Math.ceil(askedAt + usualPauseSeconds() - monotonicSeconds())),
    close: () => closing.abort(),
  };
}

/** Undefined, and reported, where there is nothing to keep. */
async function read<Value>(
  answer: FetchedDocument | Unacceptable,
  previous: Value | undefined,
  options: RemoteDocumentOptions<Value>,
): Promise<Kept<Value> | undefined> {
  const giveUp = ({ unacceptable }: Unacceptable): undefined => {
    options.onFailed(unacceptable);
  };
  if (isUnacceptable(answer)) return giveUp(answer);
  const value = await options.parse(answer.text, previous);
  if (isUnacceptable(value)) return giveUp(value);
  options.onLoaded();
  const loadedAt = options.monotonicSeconds();
  // From half of max-age on, and up to a tenth of it later.
  const renewAt = loadedAt + answer.maxAgeSeconds * (0.5 + 0.1 * options.random());
  return { value, loadedAt, renewAt, oldAt: loadedAt + answer.maxAgeSeconds };
}
