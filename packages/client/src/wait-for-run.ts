import { ClientError } from "./client-error.ts";
import type { WaitForRunOptions } from "./data-export.ts";
import type { Run } from "./data-export-types.ts";
import { readPositive } from "./read-options.ts";
import type { TransportParts } from "./transport.ts";

/** Looks at that run; without a number at the newest one, which may not be there yet. */
type Look = (runId: number | undefined) => Promise<Run | undefined>;

/** Looks at a run until it has ended: ever less often, and with jitter, so that many who wait do not look at once. */
export async function waitForRun(
  { now, random, sleep, blot }: Pick<TransportParts, "now" | "random" | "sleep" | "blot">,
  look: Look,
  { signal, onLook, runId, intervalMilliseconds = 2_000, timeoutMilliseconds }: WaitForRunOptions,
): Promise<Run> {
  readPositive("intervalMilliseconds", intervalMilliseconds);
  const end = now() + (timeoutMilliseconds ?? Number.POSITIVE_INFINITY);
  let id = runId;
  for (let interval = intervalMilliseconds; ; interval = Math.min(interval * 1.5, intervalMilliseconds * 10)) {
    signal?.throwIfAborted();
    const run = await look(id);
    onLook?.(run);
    id ??= run?.jobRunId;
    // A service may leave out the state of a single run; files are there once it has succeeded.
    const state = run?.state ?? (run?.files?.length ? "SUCCESS" : undefined);
    if (state === "SUCCESS") {
      const whole = run?.files ? run : await look(id);
      if (whole) return whole;
    }
    if (state === "FAILURE") {
      const serverText = typeof run?.failureReason === "string" ? blot(run.failureReason) : "";
      const message = `Run ${id} has failed${serverText ? `: ${serverText}` : "."}`;
      throw new ClientError(message, { kind: "refused", code: "RUN_FAILED", serverText: serverText || undefined });
    }
    const left = end - now();
    if (!(left > 0)) {
      throw new ClientError("The run has not finished yet.", { kind: "unreachable", code: "RUN_NOT_FINISHED" });
    }
    await sleep(Math.min(left, interval * (0.8 + 0.4 * random())), signal);
  }
}
