import type { Answer, HttpRequest } from "@biped/listener";
import { defaultScopes, isRefusal } from "@biped/protocol";
import { describe, expect, test } from "vitest";
import type { Cloud } from "../storage/storage.ts";
import { createKeySetEndpoint, createMetadataEndpoint } from "./discovery-endpoints.ts";

const createRequest = (ifNoneMatch?: string): HttpRequest => ({
  id: "1",
  method: "GET",
  path: "/",
  query: "",
  params: new Map(),
  authorization: [],
  contentType: undefined,
  ifNoneMatch,
  header: () => undefined,
  body: new Uint8Array(0),
  source: "192.0.2.7",
  peer: () => "192.0.2.7",
});

const keys = [{ kty: "OKP", kid: "k1" }];
const issuer = "https://auth.example.com";

async function ask(endpoint: ReturnType<typeof createKeySetEndpoint>, ifNoneMatch?: string): Promise<Answer> {
  const answer = await endpoint(createRequest(ifNoneMatch));
  if (isRefusal(answer)) throw new Error("refused");
  return answer;
}

describe("the key set", () => {
  test("is answered with an ETag and may be kept for at most five minutes", async () => {
    expect(await ask(createKeySetEndpoint({ keySet: () => ({ keys }) }))).toEqual({
      status: 200,
      body: { keys },
      headers: { etag: expect.stringMatching(/^"[A-Za-z0-9_-]{43}"$/), "cache-control": "public, max-age=300" },
    });
  });

  const endpoint = createKeySetEndpoint({ keySet: () => ({ keys }) });
  const readEtag = async () => (await ask(endpoint)).headers?.etag ?? "";

  test.each([
    ["the tag", (etag: string) => etag],
    ["the tag as a weak one", (etag: string) => `W/${etag}`],
    ["a list with it", (etag: string) => `"x", ${etag}`],
    ["a list without blanks", (etag: string) => `"x",W/${etag},"y"`],
    ["anything", () => "*"],
  ])("304 without a body, with the same headers: %s", async (_name, write) => {
    const etag = await readEtag();
    expect(await ask(endpoint, write(etag))).toEqual({
      status: 304,
      body: undefined,
      headers: { etag, "cache-control": "public, max-age=300" },
    });
  });

  test.each([
    ["another tag", () => '"x"'],
    ["the tag without its quotes", (etag: string) => etag.slice(1, -1)],
    ["a part of it", (etag: string) => `${etag.slice(0, -2)}"`],
    ["nothing", () => ""],
  ])("200: %s", async (_name, write) => {
    expect((await ask(endpoint, write(await readEtag()))).status).toBe(200);
  });

  test("another key is another tag", async () => {
    const sets = [{ keys }, { keys: [...keys, { kty: "OKP", kid: "k2" }] }, { keys: [] }];
    const tags = await Promise.all(
      sets.map(async (set) => (await ask(createKeySetEndpoint({ keySet: () => set }))).headers?.etag),
    );
    expect(new Set(tags).size).toBe(3);
  });
});

describe("the metadata", () => {
  const clouds: Cloud[] = [{ name: "aws-eu-west-1", endpoint: "https://api.eu-west-1.example.com", version: 1 }];
  const endpoint = createMetadataEndpoint({
    issuer,
    catalogue: defaultScopes,
    storage: { listClouds: async () => clouds },
    feed: { publicKeys: [{ kty: "OKP", kid: "r1" }] },
  });

  test("names the issuer of the configuration, its endpoints, the scopes, the clouds and the feed's key", async () => {
    expect((await ask(endpoint)).body).toMatchObject({
      issuer,
      token_endpoint: `${issuer}/v1/oauth/token`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      introspection_endpoint: `${issuer}/v1/oauth/introspect`,
      revocation_endpoint: `${issuer}/v1/oauth/revoke`,
      scopes_supported: ["data-export", "metrics", "session-replay", "symbolicator", "enrichment"],
      cloud_endpoints: ["https://api.eu-west-1.example.com"],
      revocations_uri: `${issuer}/v1/oauth/revocations`,
      revocations_jwks: { keys: [{ kty: "OKP", kid: "r1" }] },
    });
  });

  test("takes one statement for all who ask while it is under way, and another one for the next", async () => {
    let statements = 0;
    const listClouds = async () => {
      statements += 1;
      return clouds;
    };
    const parts = { issuer, catalogue: defaultScopes, storage: { listClouds }, feed: { publicKeys: [] } };
    const busy = createMetadataEndpoint(parts);
    await Promise.all(Array.from({ length: 100 }, () => ask(busy)));
    expect(statements).toBe(1);
    await ask(busy);
    expect(statements).toBe(2);
  });

  test("304 while nothing has changed, 200 once there is a new cloud", async () => {
    const etag = (await ask(endpoint)).headers?.etag ?? "";
    expect((await ask(endpoint, etag)).status).toBe(304);
    clouds.push({ name: "azure-us-east", endpoint: "https://api.us-east.example.com", version: 1 });
    expect((await ask(endpoint, etag)).status).toBe(200);
  });
});
