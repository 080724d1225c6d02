import type { Readable } from "node:stream";
import { formatRefusal, type Refusal } from "@biped/protocol";
import type { HttpRequest } from "./http-request.ts";
import type { LogFields } from "./log.ts";

export type Answer = {
  readonly status: number;
  /** Sent as JSON; undefined sends no body. */
  readonly body: object | undefined;
  /** Sent instead of a JSON body. A stream that fails cuts the connection, as the status has been sent by then. */
  readonly text?: { readonly content: string | Buffer | Readable; readonly mediaType: string };
  readonly headers?: Readonly<Record<string, string>>;
  /** Called once: when the answer has been handed over to the system, or the connection is gone. */
  readonly onClose?: () => void;
  /** For the line that the listener logs of this request. */
  readonly log?: LogFields;
};

/** On every answer (OWASP ASVS 3.4); an endpoint may say another cache-control. */
export const standingHeaders = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;

/** One function a route: Read, Decide, Act, Answer. */
export type Endpoint = (request: HttpRequest) => Answer | Refusal | Promise<Answer | Refusal>;

/** A refusal as an answer, for an endpoint that has more to log than the refusal itself. */
export function answerRefusal(refusal: Refusal, requestId: string, log: LogFields = {}): Answer {
  return {
    status: refusal.status,
    headers: refusal.headers,
    body: formatRefusal(refusal, requestId),
    log: { ...log, errorCode: refusal.code, reason: refusal.reason },
  };
}
