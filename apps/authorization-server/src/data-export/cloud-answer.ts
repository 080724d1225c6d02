import { type Refusal, refuse } from "@biped/protocol";
import { z } from "zod";

/** What a cloud sent; `json` is undefined where it was none. */
export type Received = { readonly status: number; readonly json: unknown; readonly retryAfter: string | null };

/** Whether what was asked for was surely not done, or may have been. */
type Effect = "none" | "unknown";

/** For the log, what went wrong between this server and the cloud. */
export type Unreadable = { readonly cause: string; readonly effect: Effect };

type Refused = { readonly refusal: Refusal; readonly effect: Effect };

const success = z.object({ success: z.literal(true), payload: z.unknown() });

/** The payload of a success, the API's own refusal, or why it is neither. */
export function readAnswer<Payload>(
  received: Received,
  answer: z.ZodType<Payload>,
): { readonly payload: Payload } | Refused | Unreadable {
  const { status, json } = received;
  if (status >= 300) return readRefusal(received);
  const body = success.safeParse(json);
  const isSuccess = status === 204 || body.success;
  const payload = isSuccess ? answer.safeParse(body.data?.payload) : undefined;
  return payload?.success === true ? { payload: payload.data } : describeUnreadable(status);
}

function describeUnreadable(status: number): Unreadable {
  return { cause: `answered ${status} in an unknown form`, effect: "unknown" };
}

/** Administrators read the message: one line of plain text, in the order in which it is written. */
const refusalBody = z.object({
  errorCode: z.string().regex(/^[A-Z_]{1,40}$/),
  errorMessage: z.string().regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]{1,1000}$/u),
});

/** What the API says of the request or of its own state; all else is between this server and the cloud. */
const passedOn = [
  "INVALID_REQUEST",
  "NOT_FOUND",
  "CONFLICT",
  "LIMIT_REACHED",
  "RATE_LIMITED",
  "TEMPORARILY_UNAVAILABLE",
] as const;

function readRefusal({ status, json, retryAfter }: Received): Refused | Unreadable {
  const read = refusalBody.safeParse(json).data;
  if (read === undefined) return describeUnreadable(status);
  const { errorCode, errorMessage } = read;
  const effect = errorCode === "INTERNAL_ERROR" || errorCode === "TEMPORARILY_UNAVAILABLE" ? "unknown" : "none";
  const code = passedOn.find((known) => known === errorCode);
  const headers = retryAfter !== null && /^\d{1,4}$/.test(retryAfter) ? { "retry-after": retryAfter } : {};
  const refusal =
    code === undefined ? undefined : refuse(code, errorMessage, `the cloud answered ${errorCode}`, { headers });
  return refusal?.status === status ? { refusal, effect } : { cause: `answered ${status} ${errorCode}`, effect };
}
