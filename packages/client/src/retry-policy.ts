/** Which calls are sent again, and when. Pure. */

const idempotentMethod = /^(?:GET|HEAD|OPTIONS|PUT|DELETE|TRACE)$/;
const firstDelayMilliseconds = 250;
const longestDelayMilliseconds = 8_000;
/** A service that wants to be left alone for longer gets its wish: the call is answered with its refusal. */
const longestRetryAfterMilliseconds = 60_000;

/** RFC 9110 §9.2.2; a call with an `Idempotency-Key` is made once by the service, however often it is sent. */
export function isIdempotent(method: string, headers: Headers): boolean {
  return idempotentMethod.test(method) || headers.has("idempotency-key");
}

/** 429 was refused before anything was done; the others may have been done behind a gateway. */
export function isWorthRetrying(status: number, isCallIdempotent: boolean): boolean {
  return status === 429 || (isCallIdempotent && status >= 502 && status <= 504);
}

/** RFC 9110 §10.2.3: seconds or a date. Undefined when absent or unreadable. */
export function parseRetryAfter(value: string | null | undefined, nowMilliseconds: number): number | undefined {
  if (!value) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMilliseconds);
}

/**
 * Full jitter over a doubling range, on top of what the service asked for.
 * @param attempt 1 for the first repetition.
 * @returns Milliseconds, or undefined when the service asks for more than is worth waiting.
 */
export function drawDelay(attempt: number, random: number, retryAfterMilliseconds = 0): number | undefined {
  if (retryAfterMilliseconds > longestRetryAfterMilliseconds) return undefined;
  const range = Math.min(longestDelayMilliseconds, firstDelayMilliseconds * 2 ** (attempt - 1));
  return retryAfterMilliseconds + random * range;
}

export type RetryBudget = {
  readonly noteCall: () => void;
  /** Whether one repetition is still within the budget; takes it. */
  readonly take: () => boolean;
};

/** Repetitions are at most a tenth of the calls, and ten at the start: a service that is down is not asked more. */
export function createRetryBudget(): RetryBudget {
  let tenths = 100;
  return {
    noteCall: () => {
      tenths = Math.min(100, tenths + 1);
    },
    take: () => {
      if (tenths < 10) return false;
      tenths -= 10;
      return true;
    },
  };
}
