import { type Blot, describeCause } from "./blot.ts";
import type { CallOptions } from "./client.ts";
import { ClientError } from "./client-error.ts";
import type { ClientOptions } from "./client-options.ts";
import { drawDelay, isIdempotent, isWorthRetrying, parseRetryAfter, type RetryBudget } from "./retry-policy.ts";
import { joinSignals, startTimer } from "./wait-for.ts";

/** An answer, and what `read` took from it within the time of the attempt. */
export type Exchanged<Value> = { readonly response: Response; readonly value: Value };

type ExchangeOptions<Value> = CallOptions & {
  /** Safe to repeat whatever its method says: the token request. */
  readonly isRepeatable?: boolean;
  readonly read: (response: Response) => Promise<Value>;
};

type Surroundings = Pick<
  ClientOptions,
  "fetch" | "now" | "random" | "sleep" | "timeoutMilliseconds" | "maxAttempts" | "on"
>;

export type TransportParts = {
  readonly [name in keyof Surroundings]-?: NonNullable<Surroundings[name]>;
} & { readonly budget: RetryBudget; readonly blot: Blot };

export type Transport = {
  /** Resolves with any answer that is not worth another attempt; rejects with a ClientError when there is none. */
  readonly exchange: <Value>(url: string, options: ExchangeOptions<Value>) => Promise<Exchanged<Value>>;
};

/** One way to the services for tokens, calls and files: time limits, and repetitions within the budget. */
export function createTransport(parts: TransportParts): Transport {
  const { budget, maxAttempts, random, sleep, now } = parts;
  const exchange: Transport["exchange"] = async (url, options) => {
    const { timeoutMilliseconds = parts.timeoutMilliseconds, read, isRepeatable, signal, ...init } = options;
    const method = (init.method ?? "GET").toUpperCase();
    const headers = new Headers(init.headers);
    // Sizes are those that were announced, and a small answer does not grow into a large one.
    if (!headers.has("accept-encoding")) headers.set("accept-encoding", "identity");
    const isSafe = isRepeatable ?? isIdempotent(method, headers);
    const isResendable = isBodyResendable(init.body);
    // A mistake of the caller's shows here, once, and not as a connection that failed.
    new Request(url, isResendable ? init : { ...init, body: new ReadableStream() });
    budget.noteCall();
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await attemptOnce(parts, url, { init: { ...init, headers }, signal, timeoutMilliseconds, read });
      const { response, failure } = outcome;
      const isWorthIt = response ? isWorthRetrying(response.status, isSafe) : isSafe || outcome.isUnsent;
      const retryAfter = parseRetryAfter(response?.headers.get("retry-after"), now());
      const delay = isWorthIt && isResendable && attempt < maxAttempts && drawDelay(attempt, random(), retryAfter);
      if (typeof delay !== "number" || !budget.take()) {
        if (failure) throw failure;
        return outcome;
      }
      await discard(response);
      const reason = failure ? failure.code : response.status;
      tell(parts.on.retried, { method, url: parts.blot(url), attempt, delayMilliseconds: delay, reason });
      await sleep(delay, signal ?? undefined);
    }
  };
  return { exchange };
}

type Attempt<Value> = {
  readonly init: RequestInit;
  readonly signal: AbortSignal | null | undefined;
  readonly timeoutMilliseconds: number;
  readonly read: (response: Response) => Promise<Value>;
};
type Outcome<Value> =
  | (Exchanged<Value> & { readonly failure?: undefined })
  | { readonly failure: ClientError; readonly isUnsent: boolean; readonly response?: undefined };

/** The time limit ends with `read`; whoever reads a body after that has the caller's signal alone. */
async function attemptOnce<Value>(
  { fetch, blot }: Pick<TransportParts, "fetch" | "blot">,
  url: string,
  { init, signal, timeoutMilliseconds, read }: Attempt<Value>,
): Promise<Outcome<Value>> {
  const limit = new AbortController();
  signal?.throwIfAborted();
  const timer = startTimer(() => limit.abort(), timeoutMilliseconds);
  try {
    const response = await fetch(url, { ...init, signal: joinSignals(limit, signal) });
    return { response, value: await read(response) };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ClientError) throw error;
    const cause = describeCause(error, blot);
    const [code, message] = limit.signal.aborted
      ? ["TIMEOUT", "The service did not answer in time."]
      : ["CONNECTION_FAILED", `The service cannot be reached: ${cause.message}.`];
    const failure = new ClientError(message, { kind: "unreachable", code, cause });
    return { failure, isUnsent: neverConnected.test(cause.message) };
  } finally {
    clearTimeout(timer);
  }
}

/** What the runtimes say when a connection was not even made; after that it is not known what the service saw. */
const neverConnected =
  /conn(?:ection)?refused|enotfound|eai_again|connect e\w+unreach|connect_timeout|failedtoopen|(?:connect|dns) error/i;

/** Frees the connection of an answer that nobody will read. */
export async function discard(response: Response | undefined): Promise<void> {
  await response?.body?.cancel().catch(() => undefined);
}

/** A stream can be read once. */
export function isBodyResendable(body: unknown): boolean {
  return !(body instanceof ReadableStream || Symbol.asyncIterator in Object(body));
}

/** A hook is for looking on: what it throws is its own affair. */
export async function tell<Event>(hook: ((event: Event) => void) | undefined, event: Event): Promise<void> {
  try {
    // Waited for, because a function that promises something is a hook as well, and may reject.
    await hook?.(event);
  } catch {
    // Said in the documentation of ClientHooks.
  }
}
