/** How runs are done; the operator's choices. */
export type RunSettings = {
  /** Runs that this process does at once; 0 leaves them to other processes. */
  readonly runsAtOnce: number;
  /** After the end of a period, until its data is expected to be complete. */
  readonly delaySeconds: number;
  /** Periods that came due longer ago are skipped after a standstill; newer ones are caught up, the oldest first. */
  readonly catchUpSeconds: number;
  /** From one failed attempt to the next; after the last of them the run is a FAILURE. */
  readonly retryDelaysSeconds: readonly number[];
  /** A lease is renewed at a third of it. */
  readonly leaseMilliseconds: number;
  /** An attempt that takes longer has failed. */
  readonly attemptLimitSeconds: number;
  readonly partBytes: number;
  /** Of all files that a project has: while they are as many, no run of it begins. */
  readonly projectBytes: number;
  readonly fileLifetimeSeconds: number;
};
