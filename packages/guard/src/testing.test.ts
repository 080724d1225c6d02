import { createRemoteJWKSet, customFetch, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { expect, test } from "vitest";
import { createGuard } from "./index.ts";
import { createTestIssuer } from "./testing.ts";

test("a minted token is one that jose takes too, with the issuer's key set", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256" });
  const { fetch, endpoint } = issuer.guardOptions;
  const keys = createRemoteJWKSet(new URL("https://auth.example.com/.well-known/jwks.json"), {
    [customFetch]: (url, init) => fetch(url, init as RequestInit),
  });
  const currentDate = new Date(issuer.guardOptions.nowSeconds() * 1000);
  const { payload, protectedHeader } = await jwtVerify(await issuer.mint(), keys, { audience: endpoint, currentDate });
  expect([payload.project_id, payload.exp, protectedHeader.typ]).toEqual([42, 1_800_003_600, "at+jwt"]);
});

test("claims and header members are replaced, or taken away by undefined", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256", startSeconds: 1000 });
  const token = await issuer.mint({ project_id: 7, jti: undefined }, { typ: undefined, x: 1 });
  expect(decodeJwt(token)).toMatchObject({ project_id: 7, iat: 1000, exp: 4600 });
  expect(decodeJwt(token)).not.toHaveProperty("jti");
  expect(decodeProtectedHeader(token)).toEqual({ alg: "ES256", kid: expect.any(String), x: 1 });
});

test("rotation shows both keys until the old one is retired", async () => {
  const issuer = await createTestIssuer({ algorithm: "Ed25519" });
  const readKids = async (): Promise<readonly string[]> => {
    const url = "https://auth.example.com/.well-known/jwks.json";
    const { keys } = await (await issuer.guardOptions.fetch(url, {})).json();
    return keys.map(({ kid }: { kid: string }) => kid);
  };
  const kidOf = async () => decodeProtectedHeader(await issuer.mint()).kid;
  const first = await kidOf();
  await issuer.rotate();
  const second = await kidOf();
  expect(await readKids()).toEqual([second, first]);
  issuer.retire();
  expect(await readKids()).toEqual([second]);
});

test("the test issuer's fetch reaches nobody else", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256" });
  expect((await issuer.guardOptions.fetch("https://elsewhere.example/", {})).status).toBe(404);
  expect(issuer.fetched).toEqual(["https://elsewhere.example/"]);
});

test("what the issuer takes back stands in its feed, and new tokens stand on the next epoch", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256" });
  const old = await issuer.mint();
  issuer.revoke({ projectId: 42 });
  issuer.revoke({ clientId: "5b3c2f6e-8d1a-4c0e-9f57-2a6b1d0e4c83" });
  expect(decodeJwt(old).epochs).toEqual({ account: 0, project: 0, credential: 0 });
  expect(decodeJwt(await issuer.mint()).epochs).toEqual({ account: 0, project: 1, credential: 1 });
  expect(decodeJwt(await issuer.mint({ project_id: 7 })).epochs).toEqual({ account: 0, project: 0, credential: 1 });
  expect(decodeJwt(await issuer.mint({ epochs: undefined }))).not.toHaveProperty("epochs");
});

test("a disabled project is named, and its tokens have ended", async () => {
  const issuer = await createTestIssuer({ algorithm: "ES256" });
  const guard = createGuard(issuer.guardOptions);
  const token = await issuer.mint();
  issuer.disable(42);
  expect(await guard.disabledProjects()).toEqual(new Set([42]));
  expect(await guard.verify(token)).toMatchObject({ code: "JWT_REVOKED" });
});
