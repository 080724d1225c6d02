import { type ExitCode, exitCodes } from "./exit-codes.ts";

type CommandErrorParts = {
  readonly exitCode: ExitCode;
  /** Stable, for `--json`. */
  readonly code: string;
  /** What to do about it, as a whole sentence. */
  readonly next?: string | undefined;
  readonly cause?: unknown;
  /** What a service said beside its message, where one answered. */
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
};

/** What the user can mend. The message is a sentence without its end, and holds no secret. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly next: string | undefined;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, parts: CommandErrorParts) {
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.exitCode = parts.exitCode;
    this.code = parts.code;
    this.next = parts.next;
    this.status = parts.status;
    this.requestId = parts.requestId;
    this.retryAfterSeconds = parts.retryAfterSeconds;
  }
}

/** A wrong or missing argument or option: exit code 2. */
export function createUsageError(message: string, next?: string): CommandError {
  return new CommandError(message, { exitCode: exitCodes.usage, code: "USAGE", next });
}

/** Something on this machine that stands in the way: exit code 1. */
export function createLocalError(message: string, code: string, next?: string): CommandError {
  return new CommandError(message, { exitCode: exitCodes.failed, code, next });
}

/** Reason of the abort when the user or the system stops the command. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly exitCode: ExitCode;

  constructor(signal: "SIGINT" | "SIGTERM") {
    super("Stopped.");
    this.exitCode = signal === "SIGINT" ? exitCodes.interrupted : exitCodes.terminated;
  }
}
