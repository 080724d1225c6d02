import { rmSync } from "node:fs";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Removes these paths when the work is over, and where a signal ends the process before that: what is encrypted
 * elsewhere must not stay here in the clear. It cannot do so for SIGKILL or a power cut.
 */
export async function withoutTraces<Result>(paths: readonly string[], work: () => Promise<Result>): Promise<Result> {
  const remove = (): void => {
    for (const path of paths) rmSync(path, { recursive: true, force: true });
  };
  const end = (signal: NodeJS.Signals): void => {
    remove();
    // Nobody listens to it any more, so that it ends the process, and whoever started it sees by what.
    process.kill(process.pid, signal);
  };
  for (const signal of signals) process.once(signal, end);
  try {
    return await work();
  } finally {
    for (const signal of signals) process.off(signal, end);
    remove();
  }
}
