import type { IncomingMessage } from "node:http";
import { type Refusal, refuse } from "@biped/protocol";
import { readHeaderValues } from "./http-request.ts";

export const headerLimitBytes = 16 * 1024;
const urlLimitBytes = 2 * 1024;

/** Where one message ends and the next begins is in doubt, or the rest is not worth reading: nothing more is read. */
const close = { headers: { connection: "close" } };

/** What Node's parser lets through and no endpoint should see. */
export function checkTransport(message: IncomingMessage, bodyLimitBytes: number): Refusal | undefined {
  const { headers, url = "", rawHeaders } = message;
  const broken = findFramingMistake(message);
  if (broken !== undefined) return refuse("INVALID_REQUEST", broken, undefined, close);
  if (countHeaderBytes(rawHeaders) > headerLimitBytes) return refuseLargeHeaders();
  if (url.length > urlLimitBytes) {
    return refuse("REQUEST_TOO_LARGE", "The URL must have at most 2 KiB.", undefined, { status: 414 });
  }
  if (readHeaderValues(rawHeaders, "content-type").length > 1) {
    return refuse("INVALID_REQUEST", "Content-Type must be sent once.");
  }
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== "100-continue") {
    return refuse("INVALID_REQUEST", "This expectation cannot be met.", undefined, { ...close, status: 417 });
  }
  if (headers["content-encoding"] !== undefined) {
    return refuse("UNSUPPORTED_MEDIA_TYPE", "The body must be sent without a content coding.");
  }
  return Number(headers["content-length"] ?? 0) > bodyLimitBytes ? refuseLargeBody(bodyLimitBytes) : undefined;
}

/** With the two bytes after each name and each value, which Node's own limit leaves out. */
function countHeaderBytes(rawHeaders: readonly string[]): number {
  return rawHeaders.reduce((sum, text) => sum + text.length + 2, 0);
}

export function refuseLargeHeaders(): Refusal {
  return refuse("REQUEST_TOO_LARGE", "The headers must have at most 16 KiB.", undefined, { ...close, status: 431 });
}

function findFramingMistake({ headers, rawHeaders, httpVersion }: IncomingMessage): string | undefined {
  if (httpVersion !== "1.1" && httpVersion !== "1.0") return "The version of HTTP must be 1.1 or 1.0.";
  if (headers.host === undefined && httpVersion === "1.1") return "A Host header is required.";
  if (readHeaderValues(rawHeaders, "host").length > 1) return "Host must be sent once.";
  const coding = headers["transfer-encoding"];
  // RFC 9112 §6.1: HTTP/1.0 has no transfer codings, so two readers of one could disagree about its end.
  if (coding !== undefined && httpVersion === "1.0") return "HTTP/1.0 has no transfer codings.";
  if (coding !== undefined && coding.toLowerCase() !== "chunked") return "The only transfer coding is chunked.";
  return undefined;
}

export function refuseLargeBody(limitBytes: number): Refusal {
  return refuse("REQUEST_TOO_LARGE", `The body must have at most ${limitBytes / 1024} KiB.`, undefined, close);
}
