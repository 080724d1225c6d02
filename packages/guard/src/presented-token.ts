import { isCanonicalBase64Url, type Refusal, refuse, refuseToken } from "@biped/protocol";
import { parseJsonObject } from "./json-object.ts";

const maxTokenLength = 8192;
/** 1 KiB of JSON in base64url. */
const maxHeaderLength = 1366;

/** RFC 7515 §7.1: three segments. Payload and signature are canonical base64url; nothing has been believed yet. */
export type TokenSegments = {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
  readonly signingInput: string;
};

export type TokenHeader = { readonly alg: string; readonly kid: string; readonly typ: unknown };

/** @param reason For the log alone: the caller hears one text, whatever is wrong with the token. */
export function refuseInvalid(reason: string): Refusal {
  return refuseToken("JWT_INVALID", "Auth token is invalid.", reason);
}

/** 421 (RFC 9110 §15.5.20). */
export function refuseWrongCloud(endpoint: string): Refusal {
  return refuse("WRONG_CLOUD", `This project is served at ${endpoint}.`, "a token for another cloud", {
    members: { endpoint },
  });
}

/** Asked before any work is done on a token, be it only its digest. */
export function isTokenSized(token: string): boolean {
  return typeof token === "string" && token.length <= maxTokenLength;
}

export function splitToken(token: string): TokenSegments | Refusal {
  const first = token.indexOf(".");
  const second = token.indexOf(".", first + 1);
  // Five parts are an encrypted token (RFC 7516), which no issuer of ours makes: it fails as a dot in the signature.
  if (first === -1 || second === -1) return refuseInvalid("not three segments");
  const header = token.slice(0, first);
  const payload = token.slice(first + 1, second);
  const signature = token.slice(second + 1);
  if (!isCanonicalBase64Url(payload) || !isCanonicalBase64Url(signature)) {
    return refuseInvalid("not canonical base64url");
  }
  return { header, payload, signature, signingInput: token.slice(0, second) };
}

/** RFC 7515 §4.1, RFC 7797, RFC 8725 §3.10: each of them brings a key along, or changes what is signed. */
const forbiddenMembers = ["jku", "x5u", "x5c", "jwk", "crit", "zip", "b64", "cty", "enc"];

/** @param decode Reads canonical base64url; undefined where the bytes are not UTF-8. */
export function parseTokenHeader(
  segment: string,
  decode: (segment: string) => string | undefined,
): TokenHeader | Refusal {
  if (segment.length > maxHeaderLength) return refuseInvalid("oversized token header");
  if (!isCanonicalBase64Url(segment)) return refuseInvalid("not canonical base64url");
  const text = decode(segment);
  const header = text === undefined ? undefined : parseJsonObject(text);
  if (header === undefined) return refuseInvalid("malformed token header");
  if (forbiddenMembers.some((name) => Object.hasOwn(header, name))) return refuseInvalid("a forbidden header member");
  const { alg, kid, typ } = header;
  if (typeof alg !== "string" || typeof kid !== "string") return refuseInvalid("no alg or no kid in the header");
  return { alg, kid, typ };
}

/** RFC 9068 §2.1. A media type is compared without regard to case (RFC 2045 §5.1), and "application/" may be left out. */
export function isAccessTokenType(typ: unknown): boolean {
  return typeof typ === "string" && /^(?:application\/)?at\+jwt$/i.test(typ);
}
