import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { isRefusal, paths } from "@biped/protocol";
import { afterEach, expect, test } from "vitest";
import { createGuardOn } from "./guard.ts";
import type { GuardEvent } from "./guard-options.ts";
import { verifier } from "./node-verifier.ts";
import { createTestKey, type TestKey } from "./testing-key.ts";
import { signToken } from "./testing-tokens.ts";

const now = 1_800_000_000;
const endpoint = "https://api.eu-west-1.example.com";
const key = await createTestKey("ES256");
const good = JSON.stringify({ keys: [key.publicJwk] });
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A guard of a server that answers with `lie`, and a good token of it. */
async function open(lie: RequestListener) {
  const asked: IncomingHttpHeaders[] = [];
  let answer = lie;
  const issuer = await serve((request, response) => {
    asked.push(request.headers);
    answer(request, response);
  });
  let clock = now;
  const events: GuardEvent[] = [];
  const guard = createGuardOn(verifier, {
    issuer,
    endpoint,
    mode: "sandbox",
    revocations: "off",
    nowSeconds: () => now,
    monotonicSeconds: () => clock,
    onEvent: (event) => events.push(event),
  });
  const mint = (signer: TestKey = key, changes: object = {}): Promise<string> => {
    const { header, claims } = createToken(issuer, signer);
    return signToken(signer, { header, claims: { ...claims, ...changes } });
  };
  const verify = async (token: string): Promise<string> => {
    const outcome = await guard.verify(token);
    return isRefusal(outcome) ? outcome.code : "accepted";
  };
  const become = (next: RequestListener): void => {
    answer = next;
    clock += 1000;
  };
  return { guard, asked, events, mint, verify, become };
}

function createToken(issuer: string, { algorithm, kid }: TestKey) {
  const facts = { client_id: "c", sub: "c", jti: "j", scope: "metrics", secret_id: "1", project_id: 42, account_id: 1 };
  const epochs = { account: 0, project: 0, credential: 0 };
  return {
    header: { alg: algorithm, typ: "at+jwt", kid },
    claims: { iss: issuer, aud: endpoint, iat: now, exp: now + 3600, ...facts, epochs },
  };
}

const json =
  (text: string): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(text);
  };

const { alg: _alg, ...noAlgorithm } = key.publicJwk;
const keySetOf = (...keys: readonly object[]): RequestListener => json(JSON.stringify({ keys }));
const elsewhere = await createTestKey("ES256");

const lies: Readonly<Record<string, { readonly reason: string; readonly lie: RequestListener }>> = {
  "500": { reason: "status 500", lie: (_request, response) => response.writeHead(500).end(good) },
  "404": { reason: "status 404", lie: (_request, response) => response.writeHead(404).end(good) },
  "204": { reason: "status 204", lie: (_request, response) => response.writeHead(204).end() },
  "a redirect to a good key set": {
    reason: "status 302",
    lie: (request, response) => {
      if (request.url === "/good") json(good)(request, response);
      else response.writeHead(302, { location: "/good" }).end();
    },
  },
  "a good key set, compressed": {
    reason: "a content-encoding",
    lie: (_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(good)),
  },
  "a bomb": {
    reason: "a content-encoding",
    lie: (_request, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(10 * 1024 * 1024, 32))),
  },
  "a content-encoding of brotli": {
    reason: "a content-encoding",
    lie: (_request, response) => response.writeHead(200, { "content-encoding": "br" }).end(good),
  },
  "10 MiB, announced": {
    reason: "more than 64 KiB",
    lie: (_request, response) => {
      response.writeHead(200, { "content-length": String(10 * 1024 * 1024) });
      response.end(Buffer.alloc(10 * 1024 * 1024, 32));
    },
  },
  "10 MiB, in pieces": {
    reason: "more than 64 KiB",
    lie: (_request, response) => {
      response.writeHead(200);
      response.write(good.slice(0, -1));
      response.end(Buffer.alloc(10 * 1024 * 1024, 32));
    },
  },
  "less than was announced": {
    reason: "no answer: TypeError UND_ERR_SOCKET",
    lie: (_request, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write(good);
      setImmediate(() => response.destroy());
    },
  },
  "a closed connection": { reason: "no answer: TypeError UND_ERR_SOCKET", lie: (request) => request.socket.destroy() },
  HTML: { reason: "not a key set", lie: json("<!doctype html><title>Sign in</title>") },
  nothing: { reason: "not a key set", lie: json("") },
  "an array": { reason: "not a key set", lie: json(`[${JSON.stringify(key.publicJwk)}]`) },
  "keys that are no list": { reason: "not a key set", lie: json(JSON.stringify({ keys: { 0: key.publicJwk } })) },
  "two lists of keys": { reason: "not a key set", lie: json(`{"keys":[],${good.slice(1)}`) },
  "a repeated member in a key": { reason: "not a key set", lie: json(good.replace('"alg"', '"use":"enc","alg"')) },
  "thousands of brackets": {
    reason: "no usable key",
    lie: json(`{"keys":[${"[".repeat(30_000)}${"]".repeat(30_000)}]}`),
  },
  "no key": { reason: "no usable key", lie: keySetOf() },
  "1,000 keys": {
    reason: "more than 20 keys",
    lie: keySetOf(key.publicJwk, ...Array.from({ length: 999 }, (_, index) => ({ kid: `k${index}` }))),
  },
  "one kid twice": { reason: "no usable key", lie: keySetOf(key.publicJwk, { ...elsewhere.publicJwk, kid: key.kid }) },
  "one kid twice, once unusable": {
    reason: "no usable key",
    lie: keySetOf(key.publicJwk, { kty: "oct", kid: key.kid }),
  },
  "another alg": { reason: "no usable key", lie: keySetOf({ ...key.publicJwk, alg: "RS256" }) },
  "an alg of the HMAC family": { reason: "no usable key", lie: keySetOf({ ...key.publicJwk, alg: "HS256" }) },
  "no alg": { reason: "no usable key", lie: keySetOf(noAlgorithm) },
  "an oct key": {
    reason: "no usable key",
    lie: keySetOf({ kty: "oct", kid: key.kid, alg: "HS256", use: "sig", k: "AAAA" }),
  },
  "a key that is for encryption": { reason: "no usable key", lie: keySetOf({ ...key.publicJwk, use: "enc" }) },
  "a point off the curve": { reason: "no usable key", lie: keySetOf({ ...key.publicJwk, x: "A".repeat(43) }) },
};

const fallback = await createTestKey("ES256");

test.each(Object.entries(lies))("a key server that answers with %s is not believed", async (_name, { lie, reason }) => {
  const { guard, asked, events, mint, verify, become } = await open(lie);
  expect(await guard.ready()).toBe(false);
  expect(await verify(await mint())).toBe("KEYS_UNAVAILABLE");
  expect(asked.length).toBe(1);
  expect(events.filter((event) => event.kind === "document-failed")).toEqual([
    { kind: "document-failed", document: "key set", reason },
  ]);

  // Once it tells the truth it is believed, and a later lie does not take the good keys away.
  become(keySetOf(fallback.publicJwk));
  expect(await verify(await mint(fallback))).toBe("accepted");
  become(lie);
  expect(await verify(await mint(key))).toBe("JWT_INVALID");
  expect(await verify(await mint(fallback))).toBe("accepted");
});

test.each([
  { name: "never answers", lie: () => {} },
  { name: "never ends its headers", lie: (request) => request.socket.write("HTTP/1.1 200 OK\r\n") },
  {
    name: "sends a byte now and then",
    lie: (_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(" "), 200);
      response.on("close", () => clearInterval(timer));
    },
  },
] satisfies { name: string; lie: RequestListener }[])(
  "a key server that $name is given up after 3 s",
  async ({ lie }) => {
    const { guard, events, mint, verify } = await open(lie);
    const began = performance.now();
    expect(await guard.ready()).toBe(false);
    expect((performance.now() - began) / 1000).toBeLessThan(10);
    expect(events).toEqual([{ kind: "document-failed", document: "key set", reason: "no answer in time" }]);
    expect(await verify(await mint())).toBe("KEYS_UNAVAILABLE");
  },
);

test("the guard asks for no compression, sends nothing else of interest, and takes a good answer", async () => {
  const { asked, mint, verify } = await open(json(good));
  expect(await verify(await mint())).toBe("accepted");
  expect(asked.map((headers) => [headers["accept-encoding"], headers.accept, headers.authorization])).toEqual([
    ["identity", "application/json", undefined],
  ]);
});

test("the unusable keys of a set are told one by one, and do not spoil the good one", async () => {
  const listed = [
    noAlgorithm,
    key.publicJwk,
    { ...key.publicJwk, kid: "a/b" },
    { ...elsewhere.publicJwk, d: "AAAA" },
    1,
  ];
  const { events, mint, verify } = await open(
    keySetOf(...(listed as object[]), { ...elsewhere.publicJwk, crv: "P-384" }),
  );
  // The first has the kid of the good one too, so neither of the two may be used.
  expect(await verify(await mint())).toBe("KEYS_UNAVAILABLE");
  expect(events.filter((event) => event.kind === "key-ignored").map(({ reason }) => reason)).toEqual([
    "no alg, or one that is not allowed",
    "a repeated kid",
    "a missing or malformed kid",
    "a private or symmetric key",
    "not an object",
    "not a well-formed key for ES256",
  ]);
});

test("metadata that lies makes no cloud: 401 instead of 421", async () => {
  const other = "https://api.us-east.example.com";
  const { become, events, mint, verify, guard } = await open(json(good));
  await guard.ready();
  become((request, response) => {
    if (request.url !== paths.metadata) return json(good)(request, response);
    json(JSON.stringify({ issuer: "https://evil.example", cloud_endpoints: [other] }))(request, response);
  });
  expect(await verify(await mint(key, { aud: other }))).toBe("JWT_INVALID");
  expect(events).toContainEqual({
    kind: "document-failed",
    document: "metadata",
    reason: "the metadata of another issuer",
  });
});
