import { createHash } from "node:crypto";
import type { HttpRequest } from "@biped/listener";
import type { Noun } from "@biped/management-client";
import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import type { Author } from "../storage/storage.ts";

/** The author of a change, with what its headers say about when it is to be made. */
export function readAuthor(request: HttpRequest, noun: Noun, who: Pick<Author, "at" | "actor">): Author | Refusal {
  const plain = { ...who, requestId: request.id, source: request.source };
  const idempotency = readIdempotency(request, noun);
  if (isRefusal(idempotency)) return idempotency;
  const ifVersion = readIfMatch(request.header("if-match"));
  return isRefusal(ifVersion) ? ifVersion : { ...plain, idempotency, ifVersion };
}

/**
 * Of what belongs to a session nothing is remembered: its bodies hold passwords, whose fingerprint would be a
 * fast hash of them.
 */
function readIdempotency(request: HttpRequest, noun: Noun): Author["idempotency"] | Refusal {
  const key = request.header("idempotency-key");
  if (key === undefined) return undefined;
  if (!/^[\x20-\x7e]{1,200}$/.test(key)) {
    return refuse("INVALID_REQUEST", "Idempotency-Key must have 1 to 200 printable ASCII characters.");
  }
  return noun === "session" ? undefined : { key, fingerprint: createFingerprint(request) };
}

function createFingerprint({ method, path, query, header, body }: HttpRequest): string {
  const head = JSON.stringify([method, path, query, header("if-match") ?? null]);
  return createHash("sha256").update(`${head}\n`).update(body).digest("hex");
}

/** RFC 9110 §13.1.1, for the strong tags that this API gives: a version in quotes, or any. */
function readIfMatch(value: string | undefined): number | undefined | Refusal {
  if (value === undefined || value === "*") return undefined;
  const version = Number(/^"(0|[1-9]\d{0,14})"$/.exec(value)?.[1] ?? Number.NaN);
  return Number.isNaN(version)
    ? refuse("INVALID_REQUEST", 'If-Match must be an ETag as it was answered, such as "3", or *.')
    : version;
}
