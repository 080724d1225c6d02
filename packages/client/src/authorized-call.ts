import { createRefusal, createUnexpectedAnswer, describeText, isJsonObject, parseJson, readText } from "./answers.ts";
import { createBlot } from "./blot.ts";
import type { CallOptions } from "./client.ts";
import type { ClientCore } from "./client-core.ts";
import type { TokenKeeper } from "./token-keeper.ts";
import type { Token } from "./token-store.ts";
import { discard, isBodyResendable } from "./transport.ts";

type Answered = { readonly response: Response; readonly text: string; readonly token: Token };
type Call = CallOptions & { readonly read: (response: Response) => Promise<string> };

type Parts = Pick<ClientCore, "exchange" | "blot"> & { readonly keeper: TokenKeeper };

/** Calls an API with the keeper's token, and hands the answer over as it is. */
export async function callAuthorized(parts: Parts, path: string, options: CallOptions = {}): Promise<Response> {
  const { response } = await call(parts, path, { ...options, read: peek });
  return response;
}

/** Calls a JSON API and unpacks `{ "success": true, "payload": … }`. @throws {ClientError} it is anything else. */
export async function callForPayload(parts: Parts, path: string, options: CallOptions = {}): Promise<unknown> {
  const { response, text, token } = await call(parts, path, { ...options, read: readText });
  const blot = createBlot(() => [token.accessToken]);
  if (!response.ok) throw createRefusal(response, text, (said) => blot(parts.blot(said)));
  const answer = parseJson(text);
  if (!isJsonObject(answer) || answer.success !== true || !("payload" in answer)) {
    throw createUnexpectedAnswer(response.status, describeText(text));
  }
  return answer.payload;
}

/** A refused token is replaced and the call repeated, once for each of the two reasons. */
async function call({ exchange, keeper }: Parts, path: string, options: Call): Promise<Answered> {
  const headers = new Headers(options.headers);
  if (headers.has("authorization")) throw new TypeError("The client sets Authorization.");
  const { read, ...init } = options;
  const repeated = new Set<number>();
  for (;;) {
    const token = await keeper.find(options.signal);
    headers.set("authorization", `Bearer ${token.accessToken}`);
    const url = resolvePath(path, token.endpoint);
    const { response, value } = await exchange(url, { redirect: "manual", ...init, headers, read });
    const isRefused = isTokenRefused(response, value);
    if (isRefused) keeper.drop(token);
    if (!isRefused || repeated.has(response.status) || !isBodyResendable(options.body)) {
      return { response, text: value, token };
    }
    repeated.add(response.status);
    await discard(response);
  }
}

function resolvePath(path: string, endpoint: string): string {
  // By what the URL parser makes of it, too: it drops white space.
  const url = path.startsWith("/") && new URL(endpoint + path);
  if (url && url.origin === endpoint) return url.href;
  throw new TypeError("path must begin with a slash.");
}

/** The body of an answer that may be about the token; the caller's own reading of it is left alone. */
async function peek(response: Response): Promise<string> {
  if (response.status !== 401 && response.status !== 421) return "";
  return readText(response.clone()).catch(() => "");
}

/** RFC 6750 §3.1, and the codes for services that send no challenge. An address in the body is for people to read. */
function isTokenRefused({ status, headers }: Response, text: string): boolean {
  const body = parseJson(text);
  const { error, errorCode } = isJsonObject(body) ? body : {};
  if (status === 421) return errorCode === "WRONG_CLOUD";
  if (status !== 401) return false;
  const isChallenged = /\berror="?invalid_token/i.test(headers.get("www-authenticate") ?? "");
  return isChallenged || error === "invalid_token" || errorCode === "JWT_EXPIRED" || errorCode === "JWT_REVOKED";
}
