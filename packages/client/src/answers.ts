import type { Blot } from "./blot.ts";
import { ClientError, type ClientErrorKind } from "./client-error.ts";

/** Reads what services answer, and turns what is no success into an error. */

export type JsonObject = { readonly [name: string]: unknown };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object that `member` tells from others of its kind. */
export function isNumbered(value: unknown, member: string): value is JsonObject {
  return isJsonObject(value) && Number.isSafeInteger(value[member]);
}

export function isListOf<Item>(value: unknown, is: (item: unknown) => item is Item): value is readonly Item[] {
  return Array.isArray(value) && value.every(is);
}

/** An account may have many thousand projects; nothing in this protocol is longer. */
const limitBytes = 16_777_216;

/** The whole body as text. */
export async function readText(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  // React Native has answers without a stream.
  if (!reader) return response.text();
  const decoder = new TextDecoder();
  let text = "";
  for (let received = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    received += value.byteLength;
    if (received > limitBytes) {
      // Not waited for: one half of a clone is cancelled only when the other half is.
      reader.cancel().catch(() => undefined);
      throw createUnexpectedAnswer(response.status, "it is too long");
    }
    text += decoder.decode(value, { stream: true });
  }
  return text + decoder.decode();
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param why Completes "The answer is not of this protocol: …". */
export function createUnexpectedAnswer(status: number, why: string, code = "UNEXPECTED_ANSWER"): ClientError {
  return createFault(code, `The answer is not of this protocol: ${why} (${code}, ${status}).`, status);
}

export function createFault(code: string, message: string, status?: number): ClientError {
  return new ClientError(message, { kind: "not_oauth", code, status });
}

/** What a refused request was told, in the members of either family of errors, or in none that is known. */
export function createRefusal({ status, headers }: Response, text: string, blot: Blot): ClientError {
  const body = parseJson(text);
  const kind = judge(status, body);
  if (status < 400) return createUnexpectedAnswer(status, "it redirects", "REDIRECTED");
  if (kind === "not_oauth") return createUnexpectedAnswer(status, describeText(text));
  const members = isJsonObject(body) ? body : {};
  const read = (...names: readonly string[]): string | undefined => {
    const found = names.map((name) => members[name]).find((value) => typeof value === "string" && value !== "");
    return found === undefined ? undefined : blot(String(found));
  };
  const named = read("errorCode", "error")?.toUpperCase() ?? "";
  const code = /^[A-Z][A-Z0-9_]{2,60}$/.test(named) ? named : `HTTP_${status}`;
  const serverText = read("error_description", "errorMessage", "message");
  const opening = kind === "refused" ? "The service refuses" : "The service cannot answer";
  return new ClientError(`${opening}${serverText ? `: ${serverText}` : "."} (${code}, ${status})`, {
    kind,
    code,
    status,
    serverText,
    requestId: read("requestId") ?? (blot(headers.get("x-request-id") ?? "") || undefined),
    retryAfterSeconds: Number(headers.get("retry-after")) || undefined,
  });
}

/** What a text is that should have been JSON. */
export function describeText(text = ""): string {
  return /^\s*</.test(text) ? "it is a web page" : "it is of another shape";
}

/** A page instead of an error means that something else lives at this address. */
function judge(status: number, body: unknown): ClientErrorKind {
  if (status === 408 || status === 429 || status >= 500) return "unreachable";
  if (status === 401 || status === 403) return "refused";
  return body === undefined ? "not_oauth" : "refused";
}
