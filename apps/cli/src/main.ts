#!/usr/bin/env node
import { Interrupted } from "./command-error.ts";
import { exitCodes } from "./exit-codes.ts";
import { runCommand } from "./run-command.ts";

const interruption = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    // Whoever presses Ctrl-C twice does not want to wait.
    if (interruption.signal.aborted) process.exit(new Interrupted(name).exitCode);
    interruption.abort(new Interrupted(name));
  });
}

let judged: number = exitCodes.done;
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader has what it wanted: `biped … | head`.
  if (error.code === "EPIPE") process.exit(judged);
  process.stderr.write(`biped: The output cannot be written (${error.code}).\n`);
  process.exit(exitCodes.failed);
});
// Nobody is left to be told.
process.stderr.on("error", () => undefined);

const workingDirectory = findWorkingDirectory();
const exitCode = await runCommand(process.argv.slice(2), {
  input: process.stdin,
  output: process.stdout,
  error: process.stderr,
  environment: process.env,
  workingDirectory,
  nowMilliseconds: Date.now,
  signal: interruption.signal,
  onJudged: (code) => {
    judged = code;
  },
});
// What is still under way for a stopped command is of no interest any more.
if (interruption.signal.aborted) process.exit(exitCode);
process.exitCode = exitCode;
// A prompt or a pipe that is still open would keep the process from ending.
process.stdin.destroy();

/** Another program may have deleted it while the shell still stands in it. */
function findWorkingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    process.stderr.write(
      "biped: The working directory is not there any more.\n  Change to another one, and try again.\n",
    );
    process.exit(exitCodes.failed);
  }
}
