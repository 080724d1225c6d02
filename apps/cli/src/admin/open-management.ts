import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { ManagementClient, ManagementClientOptions, ManagementError } from "@biped/management-client";
import type { CommandContext } from "../command-context.ts";
import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import type { GlobalOptions } from "../global-options.ts";
import { escapeControls } from "../terminal/escape-controls.ts";
import { describeFailure } from "../token/issuer.ts";
import { findAdminAccess } from "./admin-access.ts";

type Parts = Pick<CommandContext, "environment" | "terminal" | "signal">;

const timeoutMilliseconds = 20_000;
const pauseMilliseconds = 500;

/**
 * The management API of the environment or of a profile. Every change carries an Idempotency-Key of its own, so that the
 * one repetition after a lost answer has the effect of one.
 * @throws {CommandError} nobody is logged in. Its calls throw CommandError alone.
 */
export async function openManagement(parts: Parts, options: Pick<GlobalOptions, "profile">): Promise<ManagementClient> {
  const { adminUrl, accessToken } = await findAdminAccess(parts.environment, options);
  return createManagement(parts, { adminUrl, headers: { authorization: `Bearer ${accessToken}` } });
}

/** Sends nothing by itself. */
export async function createManagement(
  parts: Pick<Parts, "terminal" | "signal">,
  { adminUrl, headers }: { readonly adminUrl: string; readonly headers: Readonly<Record<string, string>> },
): Promise<ManagementClient> {
  // Loaded by the commands that need it: most runs of `biped` do not.
  const { createManagementClient, ManagementError } = await import("@biped/management-client");
  const client = createManagementClient({
    baseUrl: adminUrl,
    headers: { ...headers, "accept-encoding": "identity" },
    fetch: createFetch(parts),
  });
  const explain = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    try {
      return await answer;
    } catch (error) {
      parts.signal.throwIfAborted();
      if (error instanceof ManagementError) throw describeRefusal(error);
      // What was said could not be read to its end, or is no JSON.
      throw error instanceof CommandError ? error : createUnexpectedAnswer(describeFailure(error), error);
    }
  };
  return {
    open: (name, input, call) => explain(client.open(name, input, call)),
    call: (name, ...rest) => explain(client.call(name, ...rest)),
  };
}

function createFetch({ terminal, signal }: Pick<Parts, "terminal" | "signal">): ManagementClientOptions["fetch"] {
  return async (url, init) => {
    const isChange = init.method !== "GET";
    const headers = new Headers(init.headers);
    if (isChange && !headers.has("idempotency-key")) headers.set("idempotency-key", randomUUID());
    const request = { ...init, headers };
    const response = await send(url, request, signal).catch(async (error: unknown) => {
      signal.throwIfAborted();
      terminal.debug(escapeControls(`${init.method} ${url}: ${describeFailure(error)}; once more`));
      await setTimeout(pauseMilliseconds, undefined, { signal });
      return send(url, request, signal).catch((again: unknown) => {
        signal.throwIfAborted();
        throw createUnreachable(url, again, isChange);
      });
    });
    terminal.debug(escapeControls(`${init.method} ${url}: ${response.status}`));
    return response;
  };
}

/** The limit is for the beginning of the answer: a long one may take its time. */
async function send(url: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
  const limit = new AbortController();
  const timer = globalThis.setTimeout(
    () => limit.abort(new DOMException("no answer in time", "TimeoutError")),
    timeoutMilliseconds,
  );
  try {
    const signals = [signal, limit.signal, ...(init.signal ? [init.signal] : [])];
    return await fetch(url, { ...init, signal: AbortSignal.any(signals) });
  } finally {
    clearTimeout(timer);
  }
}

const adviceByCode: ReadonlyMap<string, string> = new Map([
  ["UNAUTHENTICATED", "The access token is wrong, ended or expired. Make another in the console: biped admin login"],
  ["FORBIDDEN", "`biped admin whoami` shows your roles. The access token may be narrower than they are."],
  ["NOT_FOUND", "Check the id. What you may not see is not found either."],
  ["PRECONDITION_FAILED", "Somebody else has changed it meanwhile. Look at it again, and repeat the command."],
]);

function describeRefusal(error: ManagementError): CommandError {
  const { status, errorCode, requestId, retryAfterSeconds } = error;
  if (errorCode === "UNEXPECTED_ANSWER" && status < 500) return createUnexpectedAnswer(`it answers ${status}`, error);
  const isBroken = status >= 500;
  const next = retryAfterSeconds === undefined ? adviceByCode.get(errorCode) : `Try again in ${retryAfterSeconds} s.`;
  return new CommandError(`The service ${isBroken ? "fails" : "refuses"}: ${error.message.replace(/\.$/, "")}`, {
    exitCode: isBroken ? exitCodes.unreachable : exitCodes.refused,
    code: errorCode,
    next: next ?? (isBroken ? "Try again later." : undefined),
    cause: error,
    status,
    requestId,
    retryAfterSeconds,
  });
}

/** @param why Completes the sentence. */
export function createUnexpectedAnswer(why: string, cause?: unknown): CommandError {
  return new CommandError(`The answer is not one of a management API: ${why}`, {
    exitCode: exitCodes.notOauth,
    code: "UNEXPECTED_ANSWER",
    next: "Check that the admin URL names the admin listener of Biped, and that no proxy answers.",
    cause,
  });
}

function createUnreachable(url: string, error: unknown, isChange: boolean): CommandError {
  return new CommandError(`${new URL(url).origin} cannot be reached: ${describeFailure(error)}`, {
    exitCode: exitCodes.unreachable,
    code: "CONNECTION_FAILED",
    next: isChange
      ? "Look whether the change was made before you repeat it."
      : "Check the admin URL and the network. The admin listener is often open to one network alone.",
    cause: error,
  });
}
