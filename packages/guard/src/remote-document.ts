/**
 * A small document of the issuer (its key set, its metadata), fetched with care and kept: one fetch in flight, at
 * most one in 30 seconds whether it succeeds or not, renewed in the background before it is old, and served for up
 * to a day while the issuer is away. There are no timers: whoever reads the document sets its renewal going.
 */

export type RemoteDocument<Value> = {
  /**
   * The last good value, at once. Starts a renewal, without waiting for it, when one is due. Undefined once the value
   * is older than its max-age and the issuer was not asked since: whoever needs one then waits for `refresh`. If that
   * fails, the old value is served again without waiting.
   */
  readonly current: () => Value | undefined;
  /** Asks the issuer, unless it was asked less than 30 seconds ago. Never rejects. */
  readonly refresh: () => Promise<Value | undefined>;
  /** When `refresh` may ask again. */
  readonly retryAfterSeconds: () => number;
  /** Ends a fetch in flight; no further one begins. */
  readonly close: () => void;
};

export type Unacceptable = { readonly unacceptable: string };

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

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
const timeoutMilliseconds = 3000;
const maxBytes = 65_536;
const maxStaleSeconds = 86_400;
const defaultMaxAgeSeconds = 300;

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
  let failedAt = Number.NEGATIVE_INFINITY;
  let inFlight: Promise<Value | undefined> | undefined;
  const fresh = (now: number): Value | undefined =>
    kept !== undefined && now < kept.loadedAt + maxStaleSeconds ? kept.value : undefined;

  const renew = async (): Promise<Value | undefined> => {
    try {
      const loaded = await load(options, kept?.value, closing.signal);
      if (loaded === undefined) failedAt = monotonicSeconds();
      else kept = loaded;
      return fresh(monotonicSeconds());
    } finally {
      inFlight = undefined;
    }
  };

  const refresh = (): Promise<Value | undefined> => {
    const now = monotonicSeconds();
    if (inFlight !== undefined) return inFlight;
    if (closing.signal.aborted || now < askedAt + cooldownSeconds) return Promise.resolve(fresh(now));
    askedAt = now;
    inFlight = renew();
    return inFlight;
  };

  return {
    current() {
      const now = monotonicSeconds();
      if (kept === undefined || (now >= kept.oldAt && failedAt < kept.oldAt)) return undefined;
      if (now >= kept.renewAt) void refresh();
      return fresh(now);
    },
    refresh,
    retryAfterSeconds: () => Math.max(1, Math.ceil(askedAt + cooldownSeconds - monotonicSeconds())),
    close: () => closing.abort(),
  };
}

/** Undefined, and reported, where there is nothing to keep. */
async function load<Value>(
  options: RemoteDocumentOptions<Value>,
  previous: Value | undefined,
  closing: AbortSignal,
): Promise<Kept<Value> | undefined> {
  const giveUp = ({ unacceptable }: Unacceptable): undefined => {
    options.onFailed(unacceptable);
  };
  const answer = await fetchDocument(options, closing);
  if ("unacceptable" in answer) return giveUp(answer);
  const value = await options.parse(answer.text, previous);
  if (isUnacceptable(value)) return giveUp(value);
  options.onLoaded();
  const loadedAt = options.monotonicSeconds();
  // From half of max-age on, and up to a tenth of it later.
  const renewAt = loadedAt + answer.maxAgeSeconds * (0.5 + 0.1 * options.random());
  return { value, loadedAt, renewAt, oldAt: loadedAt + answer.maxAgeSeconds };
}

function isUnacceptable(value: unknown): value is Unacceptable {
  return typeof value === "object" && value !== null && "unacceptable" in value;
}

type FetchedDocument = { readonly text: string; readonly maxAgeSeconds: number };
type FetchOptions = { readonly url: string; readonly fetch: Fetch };

async function fetchDocument(options: FetchOptions, closing: AbortSignal): Promise<FetchedDocument | Unacceptable> {
  const signal = AbortSignal.any([closing, AbortSignal.timeout(timeoutMilliseconds)]);
  try {
    // The race also bounds a fetch that does not listen to its signal.
    return await Promise.race([readDocument(options, signal), rejectWhenAborted(signal)]);
  } catch (error) {
    // A network that fails does so in many ways, and each of them means that there is no document.
    return { unacceptable: signal.aborted ? "no answer in time" : `no answer: ${describeError(error)}` };
  }
}

async function readDocument(
  { url, fetch }: FetchOptions,
  signal: AbortSignal,
): Promise<FetchedDocument | Unacceptable> {
  const response = await fetch(url, {
    headers: { accept: "application/json", "accept-encoding": "identity" },
    redirect: "manual",
    signal,
  });
  const fault = findFault(response);
  const text = fault ?? (await readText(response, signal));
  if (typeof text !== "string") {
    await response.body?.cancel();
    return text;
  }
  return { text, maxAgeSeconds: readMaxAge(response.headers.get("cache-control")) };
}

/** What can be said of an answer before its body is read. A redirect would let the answer name another server. */
function findFault(response: Response): Unacceptable | undefined {
  if (response.status !== 200) return { unacceptable: `status ${response.status}` };
  if (response.headers.has("content-encoding")) return { unacceptable: "a content-encoding" };
  if (Number(response.headers.get("content-length") ?? 0) > maxBytes) return { unacceptable: "more than 64 KiB" };
  return undefined;
}

async function readText(response: Response, signal: AbortSignal): Promise<string | Unacceptable> {
  const reader = response.body?.getReader();
  if (reader === undefined) return { unacceptable: "no body" };
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      bytes += part.value.byteLength;
      if (bytes > maxBytes) return { unacceptable: "more than 64 KiB" };
      signal.throwIfAborted();
      text += decoder.decode(part.value, { stream: true });
    }
    return text + decoder.decode();
  } finally {
    reader.releaseLock();
  }
}

function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** RFC 9111 §5.2.2.1, from one minute to five: a key that is withdrawn must be forgotten soon. */
function readMaxAge(cacheControl: string | null): number {
  const digits = /(?:^|[\s,])max-age="?([0-9]{1,9})/i.exec(cacheControl ?? "")?.[1];
  return Math.min(300, Math.max(60, digits === undefined ? defaultMaxAgeSeconds : Number(digits)));
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const { cause } = error;
  return cause instanceof Error && "code" in cause ? `${error.name} ${String(cause.code)}` : error.name;
}
