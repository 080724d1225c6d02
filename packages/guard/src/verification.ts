import {
  type Footing,
  footingOf,
  isRefusal,
  type PresentedClaims,
  parseAccessTokenClaims,
  type Refusal,
  refuse,
  refuseToken,
} from "@biped/protocol";
import type { ClaimsCache } from "./claims-cache.ts";
import type { IssuerMetadata } from "./issuer-metadata.ts";
import { parseClaims } from "./json-object.ts";
import { findKey, type KeySet, rememberHeader } from "./key-set.ts";
import {
  isAccessTokenType,
  isTokenSized,
  parseTokenHeader,
  refuseInvalid,
  refuseWrongCloud,
  splitToken,
  type TokenHeader,
  type TokenSegments,
} from "./presented-token.ts";
import type { RemoteDocument } from "./remote-document.ts";
import type { Revocations } from "./revocations.ts";
import { andThen, type Verifier, type VerifierKey } from "./verifier.ts";

/** An access token that passed: its claims. `aud` is a list, because RFC 7519 §4.1.3 allows one. */
export type AccessToken = PresentedClaims;

type Outcome = AccessToken | Refusal;
type Answer = Outcome | Promise<Outcome>;

/** Everything that a token is judged by. None of it comes from the token. */
export type Trust = {
  readonly issuer: string;
  readonly endpoint: string;
  readonly clockToleranceSeconds: number;
  readonly nowSeconds: () => number;
  readonly verifier: Verifier;
  readonly keySet: RemoteDocument<KeySet>;
  /** The endpoints of all clouds of the issuer, for a token that is good but not meant for us; and the feed's place. */
  readonly metadata: RemoteDocument<IssuerMetadata>;
  /** Undefined where none are followed. */
  readonly revocations: Revocations | undefined;
  readonly cache: ClaimsCache | undefined;
  /** The keys that verified the tokens that are in use. */
  readonly kids: WeakMap<AccessToken, string>;
};

/**
 * Size, form, key, signature, type, issuer, time, audience, revocation: in this order, so that nothing about a token is
 * said, not even that it has expired, before its signature is known to be good.
 */
export function verifyToken(token: string, trust: Trust): Answer {
  const { revocations } = trust;
  if (revocations === undefined) return verifyUnrevoked(token, trust);
  return andThen(verifyUnrevoked(token, trust), (outcome) => {
    if (isRefusal(outcome)) return outcome;
    return andThen(
      revocations.check(() => readFooting(outcome, trust)),
      (refusal) => refusal ?? outcome,
    );
  });
}

/** What an accepted token stands on. @throws TypeError for claims that are not of a token that was accepted here. */
export function readFooting(token: AccessToken, { kids }: Pick<Trust, "kids">): Footing {
  const kid = kids.get(token);
  if (kid === undefined) throw new TypeError("These are not the claims of a token that this guard has accepted.");
  return footingOf(token, kid);
}

function verifyUnrevoked(token: string, trust: Trust): Answer {
  if (!isTokenSized(token)) return refuseInvalid("no token, or an oversized one");
  const keys = trust.keySet.current();
  const { cache } = trust;
  if (keys === undefined || cache === undefined) return verifySegments(token, keys, trust);

  return andThen(trust.verifier.digest(token), (digest) => {
    const nowSeconds = trust.nowSeconds();
    const known = cache.find(digest, keys, nowSeconds);
    if (known !== undefined) return known;
    return andThen(verifySegments(token, keys, trust), (outcome) => {
      // Keys that changed meanwhile may no longer include the one that verified this token.
      if (!isRefusal(outcome) && trust.keySet.current() === keys) cache.store(digest, outcome, { keys, nowSeconds });
      return outcome;
    });
  });
}

type SignedBy = { readonly keys: KeySet; readonly key: VerifierKey; readonly typ: unknown };

function verifySegments(token: string, keys: KeySet | undefined, trust: Trust): Answer {
  const segments = splitToken(token);
  if (isRefusal(segments)) return segments;
  const known = keys?.knownHeaders.get(segments.header);
  if (known !== undefined) {
    const verified = known.verify(segments.signingInput, segments.signature);
    return andThen(verified, (good) =>
      good ? checkClaims(segments.payload, known, trust) : refuseInvalid("bad signature"),
    );
  }
  const header = parseTokenHeader(segments.header, trust.verifier.decodeText);
  if (isRefusal(header)) return header;
  return andThen(selectKey(header, keys, trust), (signedBy) =>
    isRefusal(signedBy) ? signedBy : verifySignature(segments, signedBy, trust),
  );
}

/**
 * A kid that is not in the set may be newer than the set, so the issuer is asked once more, if not just before; even
 * then where its feed names the key and the set may be from before that.
 */
function selectKey(
  header: TokenHeader,
  keys: KeySet | undefined,
  { keySet, revocations }: Trust,
): SignedBy | Refusal | Promise<SignedBy | Refusal> {
  if (keys !== undefined && findKey(keys, header.kid) !== undefined) return matchKey(header, keys);
  const ask = () => {
    const isNew = revocations?.isNewKey(header.kid, keySet.answerAskedAt()) === true;
    return isNew ? keySet.hurry() : keySet.refresh();
  };
  // After an emergency all tokens may be of a key of which only the next poll tells, and nobody else sets it going.
  const news = keys === undefined ? undefined : revocations?.followNews();
  const asked = news === undefined ? ask() : news.then(ask);
  return asked.then((fresh) => {
    if (fresh !== undefined) return matchKey(header, fresh);
    return refuse("KEYS_UNAVAILABLE", "The keys that verify access tokens are not available.", "no key set", {
      headers: { "retry-after": String(keySet.retryAfterSeconds()) },
    });
  });
}

/** RFC 8725 §3.1: the key decides the algorithm, and the header may only agree. */
function matchKey(header: TokenHeader, keys: KeySet): SignedBy | Refusal {
  const key = findKey(keys, header.kid);
  if (key === undefined) return refuseInvalid("unknown key");
  if (header.alg !== key.algorithm) return refuseInvalid("an algorithm that is not the key's");
  return { keys, key, typ: header.typ };
}

function verifySignature(segments: TokenSegments, signedBy: SignedBy, trust: Trust): Answer {
  return andThen(signedBy.key.verify(segments.signingInput, segments.signature), (good) => {
    if (!good) return refuseInvalid("bad signature");
    if (!isAccessTokenType(signedBy.typ)) return refuseInvalid("another type of token");
    rememberHeader(signedBy.keys, segments.header, signedBy.key);
    return checkClaims(segments.payload, signedBy.key, trust);
  });
}

function checkClaims(payload: string, { kid }: VerifierKey, trust: Trust): Answer {
  const text = trust.verifier.decodeText(payload);
  const members = text === undefined ? undefined : parseClaims(text);
  const claims = parseAccessTokenClaims(members);
  if (claims === undefined) return refuseInvalid("missing or malformed claims");
  if (claims.iss !== trust.issuer) return refuseInvalid("another issuer");
  const untimely = checkTime(claims, members?.nbf, trust);
  if (untimely !== undefined) return untimely;
  if (!claims.aud.includes(trust.endpoint)) return refuseAudience(claims, trust);
  trust.kids.set(claims, kid);
  return claims;
}

/** @param notBefore RFC 7519 §4.1.5. Our issuer writes none; where there is one, it counts. */
function checkTime(claims: AccessToken, notBefore: unknown, trust: Trust): Refusal | undefined {
  const now = trust.nowSeconds();
  const latest = now + trust.clockToleranceSeconds;
  if (claims.exp <= claims.iat) return refuseInvalid("an end before its beginning");
  if (claims.iat > latest) return refuseInvalid("issued in the future");
  if (notBefore !== undefined && !(typeof notBefore === "number" && notBefore <= latest)) {
    return refuseInvalid("not yet valid");
  }
  if (now >= claims.exp + trust.clockToleranceSeconds) {
    return refuseToken("JWT_EXPIRED", "Auth token is expired.");
  }
  return undefined;
}

/** 421 for a token of another cloud of this issuer; a cloud may be newer than the list we have. */
function refuseAudience(claims: AccessToken, { metadata }: Trust): Refusal | Promise<Refusal> {
  const endpoint = findEndpoint(claims, metadata.current());
  if (endpoint !== undefined) return refuseWrongCloud(endpoint);
  return metadata.refresh().then((fresh) => {
    const found = findEndpoint(claims, fresh);
    return found === undefined ? refuseInvalid("another audience") : refuseWrongCloud(found);
  });
}

function findEndpoint(claims: AccessToken, metadata: IssuerMetadata | undefined): string | undefined {
  return claims.aud.find((audience) => metadata?.cloudEndpoints.has(audience));
}
