/** M-01: the checker finds each thing that may be wrong with a token, and nothing in those of the token endpoint. */

import { generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from "node:crypto";
import { expect, test } from "vitest";
import { readGeneratedTokens } from "./generated-credentials.ts";
import { createTokenChecker, type RecordedEvent } from "./token-checker.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const { privateKey: otherKey, publicKey: otherPublicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const exportJwk = (key: KeyObject): JsonWebKey => key.export({ format: "jwk" });
const keys = [
  { kid: "first", algorithm: "Ed25519", publicJwk: exportJwk(publicKey) },
  { kid: "gone", algorithm: "Ed25519", publicJwk: exportJwk(publicKey) },
  { kid: "elliptic", algorithm: "ES256", publicJwk: exportJwk(otherPublicKey) },
];
const noon = 1_800_000_000;
const enabled = { state: "enabled", epoch: 0 };
const credential = { ...enabled, scopes: ["metrics", "data-export", "enrichment"], secretId: "s1" };
const log: readonly (readonly [at: number, action: string, subject: string, after: object, accountId?: number])[] = [
  [0, "signing-key.added", "signing-key:first", { state: "active" }],
  [0, "signing-key.added", "signing-key:elliptic", { state: "active" }],
  [0, "signing-key.added", "signing-key:gone", { state: "gone" }],
  [0, "cloud.created", "cloud:east", { endpoint: "https://east.example.com" }],
  [0, "cloud.created", "cloud:west", { endpoint: "https://west.example.com" }],
  [0, "account.created", "account:1", enabled, 1],
  [0, "account.created", "account:2", enabled, 2],
  [0, "project.created", "project:42", { ...enabled, cloud: "east" }, 1],
  [0, "project.created", "project:43", { ...enabled, cloud: "west" }, 1],
  [0, "project.created", "project:71", { ...enabled, cloud: "east" }, 2],
  [0, "credential.created", "credential:c1", { ...credential, projectId: 42 }, 1],
  [0, "credential.created", "credential:c2", { ...credential, secretId: "s2" }, 1],
  [0, "credential.created", "credential:c3", { ...credential, secretId: "s3", expiresAt: noon - 60 }, 1],
  [0, "credential.created", "credential:c4", { ...credential, secretId: "s4" }, 1],
  [50, "secret.retired", "secret:s4", { clientId: "c4" }, 1],
  [900, "project.disabled", "project:43", { state: "disabled", epoch: 1 }, 1],
];
const events: readonly RecordedEvent[] = log.map(([at, action, subject, after, accountId], index) => {
  return { sequence: index + 1, at: noon - 1000 + at, action, subject, accountId, before: {}, after: { ...after } };
});
const claims = {
  iss: "https://auth.example.com",
  sub: "c1",
  client_id: "c1",
  aud: "https://east.example.com",
  exp: noon + 3600,
  iat: noon,
  jti: Buffer.alloc(16, 7).toString("base64url"),
  scope: "data-export metrics",
  project_id: 42,
  account_id: 1,
  secret_id: "s1",
  epochs: { account: 0, project: 0, credential: 0 },
};
const header = { typ: "at+jwt", alg: "Ed25519", kid: "first" };

type Altered = { readonly claims?: object; readonly header?: object; readonly body?: object; readonly key?: KeyObject };

function check(altered: Altered, tokenIds = new Set<string>()): readonly string[] {
  const rules = { issuer: claims.iss, exclusiveScopes: ["enrichment"], tokenIds };
  const told = { ...claims, ...altered.claims };
  const segments = [{ ...header, ...altered.header }, told].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  const content = segments.join(".");
  const signature = sign(null, Buffer.from(content), altered.key ?? privateKey).toString("base64url");
  const { aud: endpoint, scope, project_id } = told;
  const answer = { access_token: `${content}.${signature}`, token_type: "bearer", expires_in: 3600 };
  const body = JSON.stringify({ ...answer, scope, project_id, endpoint, ...altered.body });
  return createTokenChecker(rules, { events, keys }).check(body);
}

test("nothing is wrong with tokens of a project's and an account's credential, and of an exclusive scope alone", () => {
  expect(check({})).toEqual([]);
  expect(check({ claims: { sub: "c2", client_id: "c2", secret_id: "s2" } })).toEqual([]);
  expect(check({ claims: { scope: "enrichment" } })).toEqual([]);
});

const { publicKey: strangeKey, privateKey: strangePrivateKey } = generateKeyPairSync("ed25519");

test.each<readonly [string, Altered]>([
  ["another header member", { header: { jku: "https://evil.example.com" } }],
  ["another type", { header: { typ: "JWT" } }],
  ["an unknown key", { header: { kid: "other" } }],
  ["a key that is not in use", { header: { kid: "gone" } }],
  ["alg none", { header: { alg: "none" } }],
  ["an algorithm that is not the key's", { header: { kid: "elliptic" } }],
  ["a signature of another key", { key: strangePrivateKey }],
  ["a signature of another algorithm", { header: { kid: "elliptic", alg: "ES256" }, key: otherKey }],
  ["a member too many", { claims: { name: "Nightly export" } }],
  ["another issuer", { claims: { iss: "https://other.example.com" } }],
  ["another subject", { claims: { sub: "c2" } }],
  ["a longer life", { claims: { exp: noon + 3601 } }],
  ["a time that is no whole second", { claims: { iat: noon + 0.5, exp: noon + 3600.5 } }],
  ["a short id", { claims: { jti: "AAAA" } }],
  ["a scope twice", { claims: { scope: "metrics metrics" } }],
  ["an exclusive scope beside another", { claims: { scope: "metrics enrichment" } }],
  ["a scope that the credential does not own", { claims: { scope: "symbolicator" } }],
  ["another project than the credential's own", { claims: { project_id: 71 } }],
  ["a project of another account", { claims: { sub: "c2", client_id: "c2", secret_id: "s2", project_id: 71 } }],
  [
    "a project that was disabled",
    { claims: { sub: "c2", client_id: "c2", secret_id: "s2", project_id: 43, aud: "https://west.example.com" } },
  ],
  ["another account", { claims: { account_id: 2 } }],
  ["an unknown account", { claims: { account_id: 3 } }],
  ["another cloud than the project's", { claims: { aud: "https://west.example.com" } }],
  ["another epoch", { claims: { epochs: { account: 0, project: 0, credential: 1 } } }],
  ["a credential that is over", { claims: { sub: "c3", client_id: "c3", secret_id: "s3" } }],
  ["a secret that was retired", { claims: { sub: "c4", client_id: "c4", secret_id: "s4" } }],
  ["a secret of another credential", { claims: { secret_id: "s2" } }],
  ["a time before the credential was there", { claims: { iat: noon - 2000, exp: noon + 1600 } }],
  ["a body with another scope", { body: { scope: "metrics" } }],
  ["a body with another endpoint", { body: { endpoint: "https://west.example.com" } }],
])("a fault is found: %s", (_name, altered) => {
  expect(check(altered)).not.toEqual([]);
});

test("a fault is found: an id that another token has, a member that stands twice, base64url that is not canonical", () => {
  const tokenIds = new Set<string>();
  expect(check({}, tokenIds)).toEqual([]);
  expect(check({}, tokenIds)).toEqual(["has an id that another one has"]);
  const twice = Buffer.from('{"typ":"at+jwt","alg":"Ed25519","kid":"first","kid":"first"}').toString("base64url");
  const checker = createTokenChecker(
    { issuer: claims.iss, exclusiveScopes: [], tokenIds: new Set() },
    { events, keys: [{ kid: "first", algorithm: "Ed25519", publicJwk: exportJwk(strangeKey) }] },
  );
  for (const token of [`${twice}.e30.AAAA`, "e30.e30.AB", "e30.e3", "e30.e30.AA.AA", "e30"]) {
    expect(checker.check(JSON.stringify({ access_token: token }))).toEqual(["is no token in the form of RFC 7515"]);
  }
});

const tokens = 10_000;

test(`M-01: ${tokens} tokens of the token endpoint, whose credentials change all the while: 0 violations`, async () => {
  expect(await readGeneratedTokens(tokens)).toEqual([]);
});
