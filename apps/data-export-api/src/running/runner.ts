import { startRepeating } from "./repeating.ts";
import { deleteExpiredFiles, deleteForgotten, type SweepParts } from "./sweep.ts";
import { createWork, type Work, type WorkParts } from "./work.ts";

/** Plans, releases and does runs, and deletes what is over; any number of them share a database. */
export type Runner = {
  /** Looks for work now, without waiting for the next tick; for a job that was just created. */
  readonly wake: () => void;
  /** Ends what runs, and gives it back so that another may take it at once. */
  readonly stop: () => Promise<void>;
};

export type RunnerParts = WorkParts & SweepParts;

const tickMilliseconds = 1000;
const expiryMilliseconds = 60_000;
const forgottenMilliseconds = 3_600_000;

/** A store that is away must not end the process: the next tick tries again. */
export function createRunner(parts: RunnerParts): Runner {
  const { log } = parts;
  const work: Work = createWork(parts, () => ticking.wake());
  const tick = () => work.tick().catch((error: unknown) => log.warn("runs could not be looked for", { error }));
  const sweep = () => sweepExpired(parts).catch((error: unknown) => log.warn("files were not swept", { error }));
  const tidy = () => sweepForgotten(parts).catch((error: unknown) => log.warn("files were not swept", { error }));
  const ticking = startRepeating(tick, tickMilliseconds);
  const sweeping = [startRepeating(sweep, expiryMilliseconds), startRepeating(tidy, forgottenMilliseconds)];
  for (const repeating of [ticking, ...sweeping]) repeating.wake();
  return {
    wake: ticking.wake,
    async stop() {
      await Promise.all([ticking.stop(), work.stop(), ...sweeping.map((repeating) => repeating.stop())]);
      // A tick that was under way when everything ended may have begun one more.
      await work.settle();
    },
  };
}

async function sweepExpired(parts: RunnerParts): Promise<void> {
  const count = await deleteExpiredFiles(parts, Math.floor(parts.nowSeconds()));
  if (count > 0) parts.log.info("files deleted", { count, reason: "expired" });
}

/** The age of files is told by the clock of the machine, which no tester moves. */
async function sweepForgotten(parts: RunnerParts): Promise<void> {
  const spared = parts.settings.attemptLimitSeconds * 1000 + forgottenMilliseconds;
  const count = await deleteForgotten(parts, new Date(Date.now() - spared));
  if (count > 0) parts.log.info("files deleted", { count, reason: "no run has them" });
}
