import type { CryptoKey, JWK } from "jose";
import type { JsonObject } from "../json.ts";
import { formatDuration, formatRelative } from "../terminal/format-time.ts";
import { type DecodedToken, decodeToken } from "./decoded-token.ts";
import type { Issuer } from "./issuer.ts";

export type Check = {
  readonly name: string;
  /** "skipped": it could not be made, and the reason says why. */
  readonly verdict: "passed" | "failed" | "skipped";
  readonly reason: string;
};

export type Expectations = {
  readonly issuer: Issuer;
  readonly nowMilliseconds: number;
  /** The audience; without it, one of the clouds that the issuer lists. */
  readonly endpoint: string | undefined;
  readonly requiredScopes: readonly string[];
};

/** Clocks of two machines differ a little; a token may seem to be issued in the future by so much. */
const toleranceSeconds = 60;
const lifetimeSeconds = 3600;

const algorithms: Readonly<Record<string, (key: JWK) => boolean>> = {
  RS256: ({ kty }) => kty === "RSA",
  ES256: ({ kty, crv }) => kty === "EC" && crv === "P-256",
  EdDSA: ({ kty, crv }) => kty === "OKP" && crv === "Ed25519",
  Ed25519: ({ kty, crv }) => kty === "OKP" && crv === "Ed25519",
};

const passed = (name: string, reason: string): Check => ({ name, verdict: "passed", reason });
const failed = (name: string, reason: string): Check => ({ name, verdict: "failed", reason });
const skipped = (name: string, reason: string): Check => ({ name, verdict: "skipped", reason });
const judge = (name: string, isGood: boolean, reason: string): Check => (isGood ? passed : failed)(name, reason);

const laterChecks = [
  "type",
  "algorithm",
  "key",
  "signature",
  "issuer",
  "audience",
  "issued",
  "expiry",
  "lifetime",
  "members",
];

/** Every check with its verdict. A token that was taken back passes: nobody is asked about that. */
export async function checkToken(token: string, expectations: Expectations): Promise<Check[]> {
  const decoded = decodeToken(token);
  const scope = expectations.requiredScopes.length > 0 ? ["scope"] : [];
  if (typeof decoded === "string") {
    const others = [...laterChecks, ...scope].map((name) => skipped(name, "cannot be read"));
    return [failed("form", decoded), ...others];
  }
  const { header, claims } = decoded;
  return [
    passed("form", "three parts in canonical base64url, two JSON objects"),
    judge(
      "type",
      isAccessTokenType(header.typ),
      `typ is ${show(header.typ)}${isAccessTokenType(header.typ) ? "" : ", not at+jwt"}`,
    ),
    ...(await checkSignature(token, decoded, expectations.issuer)),
    judge("issuer", claims.iss === expectations.issuer.issuer, describeIssuer(claims.iss, expectations.issuer)),
    checkAudience(claims.aud, expectations),
    ...checkTimes(claims, expectations.nowMilliseconds),
    checkMembers(claims),
    ...scope.map((name) => checkScope(name, claims.scope, expectations.requiredScopes)),
    skipped("revocation", "not asked: guards and the introspection endpoint know whether it was revoked"),
  ];
}

/** RFC 9068 §4: with or without the prefix of media types, in any case. */
function isAccessTokenType(typ: unknown): boolean {
  return typeof typ === "string" && /^(?:application\/)?at\+jwt$/i.test(typ);
}

async function checkSignature(token: string, { header }: DecodedToken, { keys }: Issuer): Promise<Check[]> {
  const { alg, kid } = header;
  const fits = typeof alg === "string" && Object.hasOwn(algorithms, alg) ? algorithms[alg] : undefined;
  if (typeof alg !== "string" || fits === undefined) {
    const known = Object.keys(algorithms).join(", ");
    const because = "its algorithm is not accepted";
    return [
      failed("algorithm", `${show(alg)} is none of ${known}`),
      skipped("key", because),
      skipped("signature", because),
    ];
  }
  const candidates = keys.filter((key) => (kid === undefined ? fits(key) : key.kid === kid));
  const [key] = candidates;
  if (key === undefined || candidates.length > 1) {
    const why =
      kid === undefined
        ? "it names no key, and the service has several or none"
        : `the service has no key ${show(kid)}`;
    return [passed("algorithm", alg), failed("key", why), skipped("signature", "its key is not known")];
  }
  const isFit =
    fits(key) && (key.use === undefined || key.use === "sig") && (key.alg === undefined || isSame(key.alg, alg));
  if (!isFit) {
    const why = `${alg} is not what this key is for`;
    return [failed("algorithm", why), passed("key", `key ${show(key.kid)} of the service`), skipped("signature", why)];
  }
  const isGood = await verifySignature(token, key, alg);
  return [
    passed("algorithm", alg),
    passed("key", `key ${show(key.kid)} of the service`),
    judge("signature", isGood, isGood ? "made with that key" : "not made with that key, or the token was changed"),
  ];
}

/** RFC 9864 gave EdDSA with Ed25519 a second name. */
function isSame(one: string, other: string): boolean {
  const rename = (alg: string): string => (alg === "EdDSA" ? "Ed25519" : alg);
  return rename(one) === rename(other);
}

async function verifySignature(token: string, key: JWK, alg: string): Promise<boolean> {
  const { compactVerify, errors, importJWK } = await import("jose");
  try {
    const { d: _, ...publicPart } = key;
    const imported: CryptoKey | Uint8Array = await importJWK({ ...publicPart, alg }, alg);
    await compactVerify(token, imported, { algorithms: [alg] });
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException) return false;
    throw error;
  }
}

function describeIssuer(iss: unknown, { issuer }: Issuer): string {
  return iss === issuer ? issuer : `${show(iss)}, but this service is ${issuer}`;
}

function checkAudience(aud: unknown, { endpoint, issuer }: Expectations): Check {
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  const expected = endpoint === undefined ? issuer.cloudEndpoints : [endpoint];
  if (expected === undefined) {
    return skipped("audience", `${show(aud)}: the service does not list its clouds; name one with --endpoint`);
  }
  const found = expected.find((each) => audiences.includes(each));
  if (found !== undefined) return passed("audience", found);
  const why = endpoint === undefined ? "none of the service's clouds" : `not ${endpoint}`;
  return failed("audience", `${show(aud)} is ${why}`);
}

function checkTimes({ iat, nbf, exp }: JsonObject, nowMilliseconds: number): Check[] {
  const now = nowMilliseconds / 1000;
  const tell = (seconds: number): string => formatRelative(seconds * 1000, nowMilliseconds);
  const start = Math.max(isTime(iat) ? iat : 0, isTime(nbf) ? nbf : 0);
  const issued = !isTime(iat)
    ? failed("issued", "iat is missing or no time")
    : nbf !== undefined && !isTime(nbf)
      ? failed("issued", "nbf is no time")
      : judge(
          "issued",
          start <= now + toleranceSeconds,
          start > now + toleranceSeconds ? `good only ${tell(start)}` : tell(iat),
        );
  if (!isTime(exp)) {
    return [issued, failed("expiry", "exp is missing or no time"), skipped("lifetime", "without exp it has none")];
  }
  const expiry = judge("expiry", now < exp, `${now < exp ? "expires" : "expired"} ${tell(exp)}`);
  if (!isTime(iat)) return [issued, expiry, skipped("lifetime", "without iat it has none")];
  const lifetime = exp - iat;
  const told = lifetime === lifetimeSeconds ? "1 hour" : `${formatLifetime(lifetime)} instead of 1 hour`;
  return [issued, expiry, judge("lifetime", lifetime === lifetimeSeconds, told)];
}

function formatLifetime(seconds: number): string {
  return seconds < 0 ? "less than none" : `${seconds} s (${formatDuration(seconds)})`;
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && Math.abs(value) < 8.64e12;
}

/** What a guard needs to know: whose data, and what may be done with it. */
function checkMembers({ sub, client_id, jti, scope, project_id }: JsonObject): Check {
  const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
  const faulty = [
    ...(isText(sub) ? [] : ["sub"]),
    ...(isText(client_id) ? [] : ["client_id"]),
    ...(isText(jti) ? [] : ["jti"]),
    ...(isText(scope) ? [] : ["scope"]),
    ...(Number.isSafeInteger(project_id) ? [] : ["project_id"]),
  ];
  if (faulty.length > 0) return failed("members", `missing or of another type: ${faulty.join(", ")}`);
  return passed("members", `project ${show(project_id)}, scope ${show(scope)}`);
}

function checkScope(name: string, scope: unknown, required: readonly string[]): Check {
  const held = typeof scope === "string" ? scope.split(" ") : [];
  const lacking = required.filter((each) => !held.includes(each));
  return judge(name, lacking.length === 0, lacking.length === 0 ? required.join(" ") : `lacks ${lacking.join(" ")}`);
}

/** What a token says is a stranger's text, and may be long. */
function show(value: unknown): string {
  const text = typeof value === "string" ? value : formatClaim(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

function formatClaim(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "missing";
  } catch (error) {
    // Nested so deeply that there is no room on the stack.
    if (error instanceof RangeError) return "something too large to show";
    throw error;
  }
}
