import { secretPattern } from "@biped/protocol";
import { pino } from "pino";

/** Every field that may stand in a log line. A value under any other name does not compile. */
export type LogFields = {
  readonly requestId?: string;
  readonly listener?: string;
  readonly method?: string;
  /** The pattern of the route, never the URL as it was sent. */
  readonly route?: string;
  readonly status?: number;
  readonly errorCode?: string;
  readonly reason?: string;
  readonly source?: string;
  readonly clientId?: string;
  readonly secretId?: string;
  readonly accountId?: number;
  readonly projectId?: number;
  readonly jobId?: number;
  readonly runId?: number;
  readonly scope?: string;
  readonly kid?: string;
  readonly url?: string;
  readonly durationMilliseconds?: number;
  /** What is added to this machine's clock. */
  readonly offsetSeconds?: number;
  readonly count?: number;
  /** Of the head of the audit log. */
  readonly sequence?: number;
  readonly hash?: string;
  readonly signedAt?: string;
  readonly signature?: string;
  /** SubjectPublicKeyInfo, base64. */
  readonly publicKey?: string;
  readonly error?: unknown;
};

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

export type Log = {
  readonly debug: (message: string, fields?: LogFields) => void;
  readonly info: (message: string, fields?: LogFields) => void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, fields?: LogFields) => void;
};

/** A JWS has three parts, a JWE five; what JSON made of blanks counts as blanks. */
const tokenPattern = /eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)+/g;
const headerPattern = /\b(basic|bearer)(?:\s|\\[bfnrt])+[A-Za-z0-9._~+/=-]{8,}/gi;
/** Up to the last `@`, since whoever forgets to encode a password forgets it there too. */
const urlPasswordPattern = /(:\/\/[^\s:/@"]*:)(?:[^\s"\\]|\\.)+@/g;
/** What JSON leaves as it is and a terminal or an editor obeys: C1, line separators, changes of direction. */
const controlPattern = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** How each of the patterns above begins: most lines hold none of it, and are done with one look. */
const beginningPattern = /biped_|eyJ|basic|bearer|:\/\//i;

/** The last line of defence: whatever still has the form of a secret is struck out. It knows forms, not meanings. */
export function redact(line: string): string {
  if (!beginningPattern.test(line)) return line;
  return line
    .replace(secretPattern, "[secret]")
    .replace(tokenPattern, "[token]")
    .replace(headerPattern, "$1 [redacted]")
    .replace(urlPasswordPattern, "$1[redacted]@");
}

/** JSON lines, each passed through `redact`. An error is logged with its stack and its causes. */
export function createLog(level: LogLevel, write: (line: string) => void): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => write(escapeControls(redact(line))) },
  );
  const at =
    (name: Exclude<LogLevel, "silent">) =>
    (message: string, fields: LogFields = {}): void => {
      const { error, ...rest } = fields;
      logger[name](error === undefined ? rest : { ...rest, error: describeError(error) }, message);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function escapeControls(line: string): string {
  return line.replace(controlPattern, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Errors can name each other as causes in a circle. */
const mostCauses = 5;

function describeError(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return typeof error === "string" ? error : "a thrown value that is not an Error";
  const own = error.stack ?? `${error.name}: ${error.message}`;
  const causes = error instanceof AggregateError ? error.errors : error.cause === undefined ? [] : [error.cause];
  if (depth === mostCauses) return own;
  return [own, ...causes.map((cause) => `caused by ${describeError(cause, depth + 1)}`)].join("\n");
}
