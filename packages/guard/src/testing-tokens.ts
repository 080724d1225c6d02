import type { AccessTokenClaims, ErrorCode } from "@biped/protocol";
import { createTestKey, encodeBase64Url, signHmac, type TestKey } from "./testing-key.ts";

/** Tokens that every guarded API must refuse, and the `errorCode` of each answer. */
export const badTokens = {
  expired: "JWT_EXPIRED",
  notYetValid: "JWT_INVALID",
  neverValid: "JWT_INVALID",
  otherCloud: "WRONG_CLOUD",
  wrongAudience: "JWT_INVALID",
  noAudience: "JWT_INVALID",
  wrongIssuer: "JWT_INVALID",
  wrongType: "JWT_INVALID",
  unsigned: "JWT_INVALID",
  hmacWithPublicKey: "JWT_INVALID",
  wrongAlgorithm: "JWT_INVALID",
  unknownKey: "JWT_INVALID",
  foreignKey: "JWT_INVALID",
  embeddedKey: "JWT_INVALID",
  criticalHeader: "JWT_INVALID",
  tampered: "JWT_INVALID",
  otherSpelling: "JWT_INVALID",
  repeatedClaim: "JWT_INVALID",
  missingClaim: "JWT_INVALID",
  malformed: "JWT_INVALID",
  missingScope: "INSUFFICIENT_SCOPE",
  exclusiveScope: "INSUFFICIENT_SCOPE",
} as const satisfies Record<string, ErrorCode>;

export type BadToken = keyof typeof badTokens;

export const badTokenNames: readonly BadToken[] = Object.keys(badTokens).filter(isBadToken);

function isBadToken(name: string): name is BadToken {
  return Object.hasOwn(badTokens, name);
}

export type TokenFacts = {
  readonly key: TestKey;
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: AccessTokenClaims;
  readonly otherEndpoint: string;
};

type Parts = { readonly header: object; readonly claims: object };

export async function signToken(key: TestKey, { header, claims }: Parts): Promise<string> {
  return signText(key, header, JSON.stringify(claims));
}

async function signText(key: TestKey, header: object, payload: string): Promise<string> {
  const signingInput = `${encodeBase64Url(JSON.stringify(header))}.${encodeBase64Url(payload)}`;
  return `${signingInput}.${await key.sign(signingInput)}`;
}

/** Each is a good token but for the one thing that its name tells. */
const makers: Readonly<Record<BadToken, (facts: TokenFacts) => string | Promise<string>>> = {
  expired: (facts) => withClaims(facts, { iat: facts.claims.iat - 7200, exp: facts.claims.exp - 7200 }),
  notYetValid: (facts) => withClaims(facts, { iat: facts.claims.iat + 600, exp: facts.claims.exp + 600 }),
  neverValid: (facts) => withClaims(facts, { exp: facts.claims.iat }),
  otherCloud: (facts) => withClaims(facts, { aud: facts.otherEndpoint }),
  wrongAudience: (facts) => withClaims(facts, { aud: "https://api.nowhere.example" }),
  noAudience: (facts) => withClaims(facts, { aud: [] }),
  wrongIssuer: (facts) => withClaims(facts, { iss: `${facts.claims.iss}.example` }),
  wrongType: (facts) => withHeader(facts, { typ: "JWT" }),
  unsigned: ({ header, claims }) =>
    `${encodeBase64Url(JSON.stringify({ ...header, alg: "none" }))}.${encodeBase64Url(JSON.stringify(claims))}.`,
  hmacWithPublicKey: makeHmac,
  wrongAlgorithm: (facts) => withHeader(facts, { alg: facts.key.algorithm === "RS256" ? "PS256" : "RS256" }),
  unknownKey: (facts) => withHeader(facts, { kid: "a-key-that-nobody-has" }),
  foreignKey: async ({ key, header, claims }) => signToken(await createTestKey(key.algorithm), { header, claims }),
  embeddedKey: makeEmbeddedKey,
  criticalHeader: (facts) => withHeader(facts, { crit: ["exp"] }),
  tampered: makeTampered,
  otherSpelling: makeOtherSpelling,
  repeatedClaim: ({ key, header, claims }) =>
    signText(key, header, JSON.stringify(claims).replace("{", `{"project_id":${claims.project_id},`)),
  missingClaim: (facts) => withClaims(facts, { project_id: undefined }),
  malformed: () => "this.is.not-a-token",
  missingScope: (facts) => withClaims(facts, { scope: "a-scope-that-nothing-requires" }),
  exclusiveScope: (facts) => withClaims(facts, { scope: `${facts.claims.scope} enrichment` }),
};

export async function makeBadToken(name: BadToken, facts: TokenFacts): Promise<string> {
  return makers[name](facts);
}

function withClaims({ key, header, claims }: TokenFacts, changes: object): Promise<string> {
  return signToken(key, { header, claims: { ...claims, ...changes } });
}

function withHeader({ key, header, claims }: TokenFacts, changes: object): Promise<string> {
  return signToken(key, { header: { ...header, ...changes }, claims });
}

async function makeHmac({ key, header, claims }: TokenFacts): Promise<string> {
  const sign = (signingInput: string): Promise<string> => signHmac(key.publicPem, signingInput);
  return signToken({ ...key, sign }, { header: { ...header, alg: "HS256" }, claims });
}

async function makeEmbeddedKey({ key, header, claims }: TokenFacts): Promise<string> {
  const own = await createTestKey(key.algorithm);
  return signToken(own, { header: { ...header, jwk: own.publicJwk }, claims });
}

async function makeTampered({ key, header, claims }: TokenFacts): Promise<string> {
  const [head = "", , signature = ""] = (await signToken(key, { header, claims })).split(".");
  return `${head}.${encodeBase64Url(JSON.stringify({ ...claims, project_id: claims.project_id + 1 }))}.${signature}`;
}

/** RFC 4648 §3.5: the spare bits of the last character are set, and most decoders do not look. */
async function makeOtherSpelling({ key, header, claims }: TokenFacts): Promise<string> {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const token = await signToken(key, { header, claims });
  return token.slice(0, -1) + alphabet.charAt(alphabet.indexOf(token.slice(-1)) + 1);
}
