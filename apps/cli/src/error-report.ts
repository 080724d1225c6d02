import { ClientError } from "@biped/client";
import { CommanderError } from "commander";
import { CommandError } from "./command-error.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { escapeControls, escapeControlsInLines, formatJson } from "./terminal/escape-controls.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** An error as the user meets it. Nothing in it is secret. */
export type ErrorReport = {
  readonly message: string;
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  /** What to do next. */
  readonly next?: string | undefined;
};

/** On stderr: two lines for people, or one JSON document. */
export function printError(terminal: Terminal, error: unknown, usage?: string): ExitCode {
  const report = describeError(error, usage);
  const { message, code, status, requestId, next, exitCode, retryAfterSeconds } = report;
  terminal.showProgress(undefined);
  if (terminal.isJson) {
    terminal.complain(formatJson({ error: { code, message, status, requestId, retryAfterSeconds, next, exitCode } }));
  } else {
    const isAnswer = error instanceof ClientError || status !== undefined;
    const told = isAnswer ? [code, status, requestId].filter((part) => part !== undefined) : [];
    const behind = told.length === 0 ? "." : ` (${told.map((part) => escapeControls(String(part))).join(", ")})`;
    const { red, bold } = terminal.errorStyle;
    terminal.complain(`${bold(red("biped:"))} ${escapeControls(message).replace(/\.$/, "")}${behind}`);
    if (next !== undefined) terminal.complain(`  ${escapeControls(next)}`);
  }
  if (error instanceof Error) terminal.debug(escapeControlsInLines(blot(formatStack(error))));
  return exitCode;
}

export function describeError(error: unknown, usage?: string): ErrorReport {
  if (error instanceof CommandError) return error;
  if (error instanceof ClientError) return describeClientError(error);
  if (error instanceof CommanderError) return describeCommanderError(error, usage);
  return describeSystemError(error) ?? describeDefect(error);
}

const kinds = {
  refused: exitCodes.refused,
  unreachable: exitCodes.unreachable,
  not_oauth: exitCodes.notOauth,
} as const satisfies Record<ClientError["kind"], ExitCode>;

/** Which exit code a failed call has. A run that failed was reached and understood. */
function findExitCode({ kind, code }: ClientError): ExitCode {
  return code === "RUN_FAILED" || code === "RUN_NOT_FINISHED" ? exitCodes.failed : kinds[kind];
}

function describeClientError(error: ClientError): ErrorReport {
  const { code, status, requestId, retryAfterSeconds } = error;
  return {
    // The client ends its sentence with code and status; here the request's id stands beside them.
    message: error.message.replace(/\s*\([A-Z0-9_]+(?:, \d+)?\)\.?$/, ""),
    exitCode: findExitCode(error),
    code,
    status,
    requestId,
    retryAfterSeconds,
    next: adviseOnClientError(error),
  };
}

const adviceByCode: ReadonlyMap<string, string> = new Map([
  ["INVALID_CLIENT", "Check the client id and the secret, and log in again: biped login"],
  ["PROJECT_ID_REQUIRED", "Name a project with --project ID. `biped whoami` lists them."],
  ["PROJECT_NOT_ALLOWED", "`biped whoami` lists the projects of this credential."],
  ["WRONG_PROJECT", "`biped whoami` lists the projects of this credential."],
  ["SCOPE_NOT_GRANTED", "`biped whoami` lists the scopes of this credential."],
  ["INVALID_SCOPE", "`biped whoami` lists the scopes of this credential."],
  ["INSUFFICIENT_SCOPE", "Ask for the scope of this API with --scope. `biped whoami` lists those you own."],
  ["SCOPE_EXCLUSIVE", "Ask for that scope alone, with --scope."],
  ["ENDPOINT_NOT_ALLOWED", "If you trust the address that the service names, allow its host with --allowed-hosts."],
  ["NOT_FOUND", "Check the number and --project. What this service does not offer is not found either."],
  ["TIMEOUT", "Try again, or find the cause with: biped doctor"],
  ["CONNECTION_FAILED", "Check the address and the network, or find the cause with: biped doctor"],
]);

function adviseOnClientError({ code, kind, status, retryAfterSeconds }: ClientError): string | undefined {
  const advice = adviceByCode.get(code);
  if (advice !== undefined) return advice;
  if (retryAfterSeconds !== undefined) return `Try again in ${retryAfterSeconds} s.`;
  if (kind === "not_oauth") return "Check that --auth-url names the authentication service, and that no proxy answers.";
  if (status === 500) return "Try again later. Some services answer this to a wrong client id or secret.";
  if (kind === "unreachable") return "Try again later, or find the cause with: biped doctor";
  return status === 401 ? "Check the client id and the secret, and log in again: biped login" : undefined;
}

/** What commander says echoes arguments, which may be anything: a long one may be a secret, as may a value. */
function describeCommanderError({ message, code }: CommanderError, usage: string | undefined): ErrorReport {
  const [sentence = "", ...hints] = blot(message)
    .replace(/^error: /, "")
    .replace(/'[^']{40,}'/g, "'…'")
    .split("\n");
  const safe = sentence
    .replace(/^(unknown option '--?[^='\s]+)=.*'/s, "$1'")
    .replace(/(Expected \d+ arguments? but got \d+): .*$/s, "$1");
  return {
    message: capitalize([safe.replace(/\.$/, ""), ...hints].join(" ")),
    exitCode: exitCodes.usage,
    code: code === "commander.unknownCommand" ? "UNKNOWN_COMMAND" : "USAGE",
    next: usage,
  };
}

const systemErrors: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "there is no such file or folder"],
  ["EACCES", "it is not allowed"],
  ["EPERM", "it is not allowed"],
  ["ENOSPC", "the disk is full"],
  ["EDQUOT", "the disk quota is used up"],
  ["EISDIR", "it is a folder"],
  ["ENOTDIR", "a part of the path is not a folder"],
  ["EROFS", "the disk can only be read"],
  ["EEXIST", "it exists already"],
  ["EIO", "the disk failed"],
]);

function describeSystemError(error: unknown): ErrorReport | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  const reason = systemErrors.get(error.code);
  if (reason === undefined) return undefined;
  const subject = "path" in error && typeof error.path === "string" ? error.path : "A file";
  return { message: `${subject}: ${reason} (${error.code})`, exitCode: exitCodes.failed, code: error.code };
}

function describeDefect(error: unknown): ErrorReport {
  const message = error instanceof Error ? error.message : String(error);
  return {
    message: `Something went wrong that should not: ${blot(message)}`,
    exitCode: exitCodes.failed,
    code: "DEFECT",
    next: "Repeat it with --debug to see where, and report it.",
  };
}

function formatStack(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : "";
  return `${error.stack}${cause}`;
}

/** Second line of defence: errors are made without tokens, and this takes out what looks like one all the same. */
function blot(text: string): string {
  return text.replace(
    /\beyJ[\w-]+(?:\.[\w-]*){1,4}|\b(?:bearer|basic) +[\w.~+/=-]{8,}|\bbiped_[a-z]+_[0-9a-z]{20,}/gi,
    "[token]",
  );
}

function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
