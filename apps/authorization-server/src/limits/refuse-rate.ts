import { type Refusal, refuse } from "@biped/protocol";

export type ExceededLimit = {
  readonly name: string;
  readonly quota: number;
  readonly windowSeconds: number;
  readonly waitSeconds: number;
};

/** 429 with Retry-After (RFC 9110 §10.2.3) and the fields of draft-ietf-httpapi-ratelimit-headers-10. */
export function refuseRate({ name, quota, windowSeconds, waitSeconds }: ExceededLimit): Refusal {
  const wait = Math.max(1, Math.ceil(waitSeconds));
  return refuse("RATE_LIMITED", "There were too many requests; try again later.", `limit ${name} exceeded`, {
    headers: {
      "retry-after": String(wait),
      "ratelimit-policy": `"${name}";q=${quota};w=${windowSeconds}`,
      ratelimit: `"${name}";r=0;t=${wait}`,
    },
  });
}
