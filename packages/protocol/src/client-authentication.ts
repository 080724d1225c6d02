import { decodeBase64 } from "./base64.ts";
import { decodeFormText, type Parameters, readText } from "./parameters.ts";
import { isRefusal, type Refusal, refuse } from "./refusal.ts";

export type PresentedCredential = { readonly clientId: string; readonly clientSecret: string };

const clientIdRule = { name: "client_id", maxLength: 128 };
const clientSecretRule = { name: "client_secret", maxLength: 512 };

/**
 * The one answer to a credential that may not act, whatever the cause (RFC 6749 §5.2).
 * @param reason For the log alone.
 */
export function refuseClient(reason: string): Refusal {
  return refuse("INVALID_CLIENT", "Client authentication failed.", reason, {
    headers: { "www-authenticate": 'Basic realm="biped"' },
  });
}

/**
 * RFC 6749 §2.3: one client authentication method a request, Basic or the body.
 * @param authorization The values of every Authorization header field of the request.
 */
export function parseClientAuthentication(
  authorization: readonly string[],
  parameters: Parameters,
): PresentedCredential | Refusal {
  const clientId = readText(parameters, clientIdRule);
  if (isRefusal(clientId)) return clientId;
  const clientSecret = readText(parameters, clientSecretRule);
  if (isRefusal(clientSecret)) return clientSecret;

  const [header, ...further] = authorization;
  if (further.length > 0) return refuse("INVALID_REQUEST", "There must be at most one Authorization header.");
  if (header === undefined) {
    if (clientId === undefined || clientSecret === undefined) return refuseClient("no client authentication");
    return { clientId, clientSecret };
  }
  if (clientSecret !== undefined) {
    return refuse("INVALID_REQUEST", "client_secret and an Authorization header must not both be sent.");
  }
  if (!/^basic(?: |$)/i.test(header)) return refuseClient("an Authorization scheme other than Basic");
  const presented = parseBasic(header);
  if (isRefusal(presented)) return presented;
  // RFC 6749 §3.2.1 lets a request name its client_id beside Basic; it must then be the same one.
  if (clientId !== undefined && clientId !== presented.clientId) {
    return refuse("INVALID_REQUEST", "client_id and the Authorization header must name the same credential.");
  }
  return presented;
}

/** RFC 6749 §2.3.1: each half is form-encoded before the colon joins them, and base64 comes last (RFC 7617 §2). */
export function parseBasic(header: string): PresentedCredential | Refusal {
  const malformed = (): Refusal => refuse("INVALID_REQUEST", "The Authorization header is not well-formed Basic.");
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header)?.[1];
  const joined = encoded === undefined ? undefined : decodeBase64(encoded);
  if (joined === undefined) return malformed();
  const colon = joined.indexOf(":");
  if (colon === -1) return malformed();
  const id = decodeFormText(joined.slice(0, colon));
  const secret = decodeFormText(joined.slice(colon + 1));
  if (id === undefined || secret === undefined) return malformed();

  const parameters: Parameters = new Map([
    [clientIdRule.name, { kind: "string", text: id }],
    [clientSecretRule.name, { kind: "string", text: secret }],
  ]);
  const clientId = readText(parameters, clientIdRule);
  if (isRefusal(clientId)) return clientId;
  const clientSecret = readText(parameters, clientSecretRule);
  if (isRefusal(clientSecret)) return clientSecret;
  if (clientId === undefined || clientSecret === undefined) return refuseClient("an empty half in Basic");
  return { clientId, clientSecret };
}

/** RFC 6749 §2.3.1 and RFC 9700 §2.5: what authenticates or asks never stands in a URL, where logs keep it. */
const neverInQuery: ReadonlySet<string> = new Set([
  "client_id",
  "client_secret",
  "grant_type",
  "scope",
  "project_id",
  "token",
  "token_type_hint",
  "access_token",
]);

/** @param query The query of the URL without its question mark. */
export function checkQuery(query: string): undefined | Refusal {
  for (const pair of query.split("&")) {
    const name = decodeFormText(pair.split("=", 1)[0] ?? "");
    if (name === undefined || neverInQuery.has(name)) {
      return refuse("INVALID_REQUEST", "Credentials and token parameters must be sent in the body, not in the URL.");
    }
  }
  return undefined;
}
