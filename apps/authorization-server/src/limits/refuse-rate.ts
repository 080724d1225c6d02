import { type Refusal, refuse } from "@biped/protocol";
import { formatRateFields } from "./rate-fields.ts";

export type ExceededLimit = {
  readonly name: string;
  readonly quota: number;
  readonly windowSeconds: number;
  readonly waitSeconds: number;
};

/** 429 with Retry-After (RFC 9110 §10.2.3) and what is told of the limit. */
export function refuseRate({ name, quota, windowSeconds, waitSeconds }: ExceededLimit): Refusal {
  const wait = Math.max(1, Math.ceil(waitSeconds));
  const fields = formatRateFields({ name, quota, windowSeconds, remaining: 0, resetSeconds: wait });
  return refuse("RATE_LIMITED", "There were too many requests; try again later.", `limit ${name} exceeded`, {
    headers: { "retry-after": String(wait), ...fields },
  });
}
