import { setTimeout } from "node:timers/promises";
import { CommanderError } from "commander";
import { loadAdminCommands } from "./admin/admin-commands.ts";
import type { CommandContext, Environment } from "./command-context.ts";
import { CommandError, Interrupted } from "./command-error.ts";
import { printError } from "./error-report.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { openClient } from "./open-client.ts";
import { createProgram, findUsageHint } from "./program.ts";
import { refuseSecretArguments } from "./secret-arguments.ts";
import { createTerminal, readOutputMode, type TerminalParts } from "./terminal/terminal.ts";

export type Surroundings = Pick<TerminalParts, "input" | "output" | "error"> & {
  readonly environment: Environment;
  readonly workingDirectory: string;
  readonly nowMilliseconds: () => number;
  /** Aborted with an Interrupted. */
  readonly signal: AbortSignal;
  /** Told as soon as a check has failed: the verdict counts even if nobody reads the rest of the output. */
  readonly onJudged: (exitCode: number) => void;
};

/** How long a command may take to put things in order once it is stopped. */
const graceMilliseconds = 3_000;

/** Runs the command that the arguments name. Never rejects: what fails is told on stderr. */
export async function runCommand(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { environment, signal } = surroundings;
  const terminal = createTerminal({ ...surroundings, mode: readOutputMode(args) });
  let ending: number | undefined;
  let isHandedOver = false;
  const context: CommandContext = {
    ...surroundings,
    terminal,
    openClient: (options) => openClient({ environment, terminal, signal }, options),
    endWith: (exitCode) => {
      ending = exitCode;
      surroundings.onJudged(exitCode);
    },
    handOver: () => {
      isHandedOver = true;
    },
  };
  const program = createProgram(context);
  try {
    refuseSecretArguments(args);
    await loadAdminCommands(program, context, args);
    if (args.length === 0) {
      program.outputHelp();
      return exitCodes.done;
    }
    await Promise.race([
      program.parseAsync([...args], { from: "user" }),
      waitForInterruption(signal, () => !isHandedOver),
    ]);
    return ending ?? (signal.aborted ? findInterruption(signal) : exitCodes.done);
  } catch (error) {
    // A prompt reads Ctrl-C as a key, so that no signal comes.
    if (signal.aborted || error instanceof Interrupted) return reportInterruption(context, error);
    if (!(error instanceof CommanderError)) return printError(terminal, error);
    if (error.exitCode === 0) return exitCodes.done;
    // A group of commands without one of them has already printed its help.
    if (error.code === "commander.help") return exitCodes.usage;
    return printError(terminal, error, findUsageHint(program, args));
  }
}

async function waitForInterruption(signal: AbortSignal, isLimited: () => boolean): Promise<never> {
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  await setTimeout(graceMilliseconds, undefined, { ref: false });
  if (isLimited()) throw signal.reason;
  return new Promise(() => undefined);
}

/** A command may say how to go on; else there is nothing to tell that the user does not know. */
function reportInterruption({ terminal, signal }: CommandContext, error: unknown): ExitCode {
  const exitCode = error instanceof Interrupted ? error.exitCode : findInterruption(signal);
  const hasWords = error instanceof CommandError && error.exitCode === exitCodes.interrupted;
  printError(terminal, hasWords ? error : new CommandError("Stopped", { exitCode, code: "INTERRUPTED" }));
  return exitCode;
}

function findInterruption({ reason }: AbortSignal): ExitCode {
  return reason instanceof Interrupted ? reason.exitCode : exitCodes.interrupted;
}
