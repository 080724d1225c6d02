/** One limit as a client is told of it. */
export type RateState = {
  readonly name: string;
  readonly quota: number;
  readonly windowSeconds: number;
  readonly remaining: number;
  /** Until there is more, or all, of the quota again. */
  readonly resetSeconds: number;
};

/** The two fields of draft-ietf-httpapi-ratelimit-headers-10, by lower-case name. */
export function formatRateFields({ name, quota, windowSeconds, remaining, resetSeconds }: RateState) {
  return {
    "ratelimit-policy": `"${name}";q=${quota};w=${windowSeconds}`,
    ratelimit: `"${name}";r=${remaining};t=${resetSeconds}`,
  };
}
