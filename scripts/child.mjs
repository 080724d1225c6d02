/** Runs one child at a time on our terminal and passes the signals on that only we receive. */

import { spawn } from "node:child_process";

/** @typedef {{ readonly code: number | null, readonly signal: NodeJS.Signals | null }} Ending */

/** @type {import("node:child_process").ChildProcess | undefined} */
let child;
/** @type {NodeJS.Signals | undefined} */
let stoppedBy;

/**
 * The terminal sends SIGINT to the whole group, so it is only noted; a supervisor signals us alone.
 * @type {readonly NodeJS.Signals[]}
 */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
for (const signal of signals) {
  process.on(signal, () => {
    stoppedBy = signal;
    if (signal !== "SIGINT") child?.kill(signal);
  });
}

/**
 * Starts nothing once a signal has come in. Throws what `spawn` reports, such as ENOENT.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ readonly env?: NodeJS.ProcessEnv, readonly cwd?: string, readonly timeout?: number }} [options] `timeout` in
 * milliseconds, after which the child gets SIGTERM
 * @returns {Promise<Ending>}
 */
export const run = (command, args, options = {}) =>
  stoppedBy
    ? Promise.resolve({ code: null, signal: stoppedBy })
    : new Promise((resolve, reject) => {
        child = spawn(command, args, { ...options, stdio: "inherit" });
        child.on("error", reject);
        child.on("close", (code, signal) => resolve({ code, signal }));
      });

/** @type {() => boolean} */
export const isStopped = () => stoppedBy !== undefined;

/**
 * Ends this process the way its child ended, so that whoever waits for us sees the child's own code or signal.
 * @param {Ending} ending
 */
export const endAs = ({ code, signal }) => {
  if (!signal) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
};
