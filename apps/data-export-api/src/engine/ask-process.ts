import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";

export type ProcessOptions = {
  /** As `os.constants.priority` has it. */
  readonly priority: number;
  /** Kills the process. */
  readonly signal: AbortSignal;
};

/** How a process ended that gave no answer: its exit code, or the name of the signal. */
export type Ended = { readonly ended: string };

/**
 * Starts the program, sends it one order, and waits for its one answer and its end. It has the options of this process,
 * which sources need, and nothing of the environment, where secrets are.
 * @throws what it could not start for; when `signal` is aborted, after the process has ended, its reason.
 */
export async function askProcess<Answer extends object>(
  program: string,
  order: object,
  { priority, signal }: ProcessOptions,
): Promise<Answer | Ended> {
  signal.throwIfAborted();
  const child = fork(program, { env: {}, stdio: ["ignore", "ignore", "ignore", "ipc"] });
  lowerPriority(child, priority);
  const kill = () => child.kill("SIGKILL");
  signal.addEventListener("abort", kill);
  let answer: Answer | undefined;
  child.once("message", (message: Answer) => {
    answer = message;
    child.disconnect();
  });
  const ending = once(child, "exit");
  // Without a file descriptor left there is no channel. Where sending fails, the process has ended. Both show below.
  if (child.connected) child.send(order, () => {});
  try {
    const [code, signalName] = await ending;
    signal.throwIfAborted();
    return answer ?? { ended: `${signalName ?? code}` };
  } finally {
    signal.removeEventListener("abort", kill);
  }
}

/** As long as there is one thread only: those to come inherit it. Token issue never waits for an export (L-08). */
function lowerPriority({ pid }: ChildProcess, priority: number): void {
  try {
    if (pid !== undefined) setPriority(pid, priority);
  } catch {
    // It may have ended; where the system refuses, it runs like any other process.
  }
}
