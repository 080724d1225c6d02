import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { constants, setPriority } from "node:os";
import path from "node:path";
import { DataUnavailable } from "@biped/data-export-api";
import type { Answer, Order } from "./statements-process.ts";

/** In a process of its own, which ends with `signal`. @throws DataUnavailable */
export async function runStatements(order: Order, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const child = startProcess();
  const kill = () => child.kill("SIGKILL");
  signal.addEventListener("abort", kill);
  let answer: Answer = { failure: "its process ended" };
  child.once("message", (message: Answer) => {
    answer = message;
    child.disconnect();
  });
  const ending = once(child, "exit").catch((cause: unknown) => {
    throw new DataUnavailable("The sandbox's process could not start.", { cause });
  });
  // Without a file descriptor left there is no channel; where it cannot be sent, the process has ended. Both show below.
  if (child.connected) child.send(order, () => {});
  try {
    await ending;
  } finally {
    signal.removeEventListener("abort", kill);
  }
  signal.throwIfAborted();
  if (answer.failure !== undefined)
    throw new DataUnavailable(`The sandbox could not make its data: ${answer.failure}.`);
}

/** Without the environment and its secrets, and behind everything else that wants to run. */
function startProcess(): ChildProcess {
  const program = path.join(import.meta.dirname, `statements-process${path.extname(import.meta.filename)}`);
  const child = fork(program, { execArgv: [], env: {}, stdio: ["ignore", "ignore", "ignore", "ipc"] });
  // Undefined where it could not start, which shows as an error.
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  return child;
}
