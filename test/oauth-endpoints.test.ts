import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  basic,
  createFacts,
  type Facts,
  type HeldCredential,
  post,
  type StartedServer,
  startServer,
  tokenRequest,
} from "./started-server.ts";

const base64url22 = /^[A-Za-z0-9_-]{22}$/;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe.each(["sqlite", "postgres"] as const)("the OAuth endpoints on %s", (engine) => {
  let started: StartedServer;
  let facts: Facts;
  let tokenUrl: string;

  beforeAll(async () => {
    started = await startServer(engine, { BIPED_TOKENS_PER_SECOND: "0" });
    facts = await createFacts(started);
    tokenUrl = `${started.url}/v1/oauth/token`;
  });
  afterAll(() => started.stop());

  const expectRefusal = (
    answer: Awaited<ReturnType<typeof post>>,
    [status, error, errorCode]: readonly [number, string, string],
  ): void => {
    expect([answer.status, answer.body.error, answer.body.errorCode]).toEqual([status, error, errorCode]);
    expect(Object.keys(answer.body).sort()).toEqual([
      "error",
      "errorCode",
      "errorMessage",
      "error_description",
      "requestId",
      "success",
    ]);
    expect(answer.body.success).toBe(false);
    expect(answer.body.errorMessage).toBe(answer.body.error_description);
    expect(answer.headers.get("x-request-id")).toBe(answer.body.requestId);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    if (status === 401) expect(answer.headers.get("www-authenticate")).toMatch(/^Basic /);
  };

  const issue = async (credential: HeldCredential, further: Record<string, unknown> = {}) => {
    const answer = await post(tokenUrl, tokenRequest(credential, further));
    expect(answer.status).toBe(200);
    return answer.body;
  };

  describe("POST /v1/oauth/token", () => {
    test("200: an account-level credential gets six members, and the endpoint of the project's cloud", async () => {
      const answer = await post(
        tokenUrl,
        tokenRequest(facts.account, { project_id: 43, scope: "metrics data-export" }),
      );
      expect(answer.status).toBe(200);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      const { access_token, ...rest } = answer.body;
      expect(rest).toEqual({
        token_type: "bearer",
        expires_in: 3600,
        scope: "metrics data-export",
        project_id: 43,
        endpoint: "https://api.us-east.example.com",
      });
      expect(access_token).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
    });

    test("200: a secret with an end is told when that is, in a seventh member", async () => {
      const made = await started.server.management("operator").createCredential({
        name: "One year",
        accountId: facts.first.id,
        projectId: 42,
        scopes: ["data-export"],
        allowedRanges: [],
        expiresAt: 1_831_536_000,
      });
      if (!("credential" in made) || made.clientSecret === undefined) throw new Error("not created");
      const body = await issue({ clientId: made.credential.clientId, clientSecret: made.clientSecret });
      expect(body.secret_expires_at).toBe("2028-01-15T08:00:00Z");
    });

    test("200: a project-level credential names no project and gets its own", async () => {
      const body = await issue(facts.project);
      expect([body.project_id, body.endpoint]).toEqual([42, "https://api.eu-west-1.example.com"]);
    });

    test.each([
      ["its own id as a number", 42],
      ["its own id in decimal", "42"],
      ["the empty string", ""],
      ["null", null],
    ])("200: a project-level credential may send %s", async (_name, project_id) => {
      expect((await issue(facts.project, { project_id })).project_id).toBe(42);
    });

    test("the token has the header and exactly the claims of the contract, and jose verifies it by the key set", async () => {
      const { access_token } = await issue(facts.account, { project_id: "42", scope: "data-export metrics" });
      const keys = createRemoteJWKSet(new URL(`${started.url}/.well-known/jwks.json`));
      const { payload, protectedHeader } = await jwtVerify(access_token, keys, {
        issuer: started.url,
        audience: "https://api.eu-west-1.example.com",
        typ: "at+jwt",
        currentDate: new Date(started.clock.seconds * 1000),
      });
      expect(protectedHeader).toEqual({ typ: "at+jwt", alg: "RS256", kid: expect.any(String) });
      expect(payload).toEqual({
        iss: started.url,
        sub: facts.account.clientId,
        client_id: facts.account.clientId,
        aud: "https://api.eu-west-1.example.com",
        exp: started.clock.seconds + 3600,
        iat: started.clock.seconds,
        jti: expect.stringMatching(base64url22),
        scope: "data-export metrics",
        project_id: 42,
        account_id: facts.first.id,
        secret_id: expect.stringMatching(uuid),
        epochs: { account: 0, project: 0, credential: 0 },
      });
    });

    test("the same request in a form, in JSON and with Basic gets the same answer", async () => {
      const form = new URLSearchParams({ grant_type: "client_credentials", scope: "data-export", project_id: "42" });
      const withBody = new URLSearchParams(form);
      withBody.set("client_id", facts.account.clientId);
      withBody.set("client_secret", facts.account.clientSecret);
      const answers = await Promise.all([
        fetch(tokenUrl, { method: "POST", body: withBody }),
        fetch(tokenUrl, { method: "POST", body: form, headers: basic(facts.account) }),
        fetch(tokenUrl, {
          method: "POST",
          body: JSON.stringify({ grant_type: "client_credentials", scope: "data-export", project_id: 42 }),
          headers: { ...basic(facts.account), "content-type": "application/json; charset=UTF-8" },
        }),
      ]);
      const bodies = await Promise.all(answers.map((answer) => answer.json()));
      for (const { access_token, ...rest } of bodies) {
        expect(access_token).toMatch(/^eyJ/);
        expect(rest).toEqual({
          token_type: "bearer",
          expires_in: 3600,
          scope: "data-export",
          project_id: 42,
          endpoint: "https://api.eu-west-1.example.com",
        });
      }
    });

    test("C-14: further members change no claim", async () => {
      const further = {
        sub: "x",
        aud: "*",
        account_id: 9,
        role: "owner",
        projectId: 43,
        epochs: {},
        iss: "x",
        nested: { a: [1] },
      };
      const { access_token } = await issue(facts.project, further);
      const claims = JSON.parse(Buffer.from(access_token.split(".")[1], "base64url").toString());
      expect([claims.sub, claims.aud, claims.account_id, claims.project_id]).toEqual([
        facts.project.clientId,
        "https://api.eu-west-1.example.com",
        facts.first.id,
        42,
      ]);
    });

    test("enrichment is granted alone, also when it is named twice", async () => {
      expect((await issue(facts.account, { scope: "enrichment", project_id: 42 })).scope).toBe("enrichment");
      expect((await issue(facts.account, { scope: "enrichment enrichment", project_id: 42 })).scope).toBe("enrichment");
    });

    const wrong = {
      "no body at all is no client authentication": [{}, [401, "invalid_client", "INVALID_CLIENT"]],
      "a client_id alone": [
        { client_id: "x", grant_type: "client_credentials" },
        [401, "invalid_client", "INVALID_CLIENT"],
      ],
      "not JSON": ["{", [400, "invalid_request", "INVALID_REQUEST"]],
      "a JSON array": ["[]", [400, "invalid_request", "INVALID_REQUEST"]],
      "a repeated member": ['{"scope":"a","scope":"b"}', [400, "invalid_request", "INVALID_REQUEST"]],
      "a repeated member in another spelling": [
        '{"scope":"a","\\u0073cope":"b"}',
        [400, "invalid_request", "INVALID_REQUEST"],
      ],
      "the member __proto__": ['{"__proto__":{}}', [400, "invalid_request", "INVALID_REQUEST"]],
      "the member constructor": ['{"constructor":1}', [400, "invalid_request", "INVALID_REQUEST"]],
      "a scope that is a number, before any authentication": [
        { scope: 1 },
        [400, "invalid_request", "INVALID_REQUEST"],
      ],
      "a client_secret that is an array": [
        { client_id: "x", client_secret: [] },
        [400, "invalid_request", "INVALID_REQUEST"],
      ],
      "a client_id with a NUL": [{ client_id: "\0", client_secret: "x" }, [400, "invalid_request", "INVALID_REQUEST"]],
      "a lone surrogate": ['{"client_id":"\\ud800","client_secret":"x"}', [400, "invalid_request", "INVALID_REQUEST"]],
    } as const;
    test.each(Object.entries(wrong))("refused: %s", async (_name, [body, expected]) => {
      expectRefusal(await post(tokenUrl, body), expected);
    });

    const wrongWithCredential = {
      "no grant_type": [{ grant_type: undefined }, [400, "invalid_request", "INVALID_REQUEST"]],
      "another grant": [{ grant_type: "password" }, [400, "unsupported_grant_type", "UNSUPPORTED_GRANT_TYPE"]],
      "no scope": [{ scope: undefined }, [400, "invalid_scope", "INVALID_SCOPE"]],
      "an empty scope": [{ scope: "" }, [400, "invalid_scope", "INVALID_SCOPE"]],
      "two blanks in the scope": [{ scope: "data-export  metrics" }, [400, "invalid_scope", "INVALID_SCOPE"]],
      "an unknown scope": [{ scope: "data-export nothing" }, [400, "invalid_scope", "INVALID_SCOPE"]],
      "a scope of other case": [{ scope: "Data-Export" }, [400, "invalid_scope", "INVALID_SCOPE"]],
      "an exclusive scope with another": [{ scope: "enrichment metrics" }, [400, "invalid_scope", "SCOPE_EXCLUSIVE"]],
      "no project": [{ project_id: undefined }, [400, "invalid_request", "PROJECT_ID_REQUIRED"]],
      "an empty project": [{ project_id: "" }, [400, "invalid_request", "PROJECT_ID_REQUIRED"]],
      "an unknown project": [{ project_id: 4242 }, [400, "invalid_target", "PROJECT_NOT_ALLOWED"]],
      "another account's project": [{ project_id: 71 }, [400, "invalid_target", "PROJECT_NOT_ALLOWED"]],
      "a project beyond 2^53 − 1": [{ project_id: "9007199254740992" }, [400, "invalid_request", "INVALID_REQUEST"]],
      "project 0": [{ project_id: 0 }, [400, "invalid_request", "INVALID_REQUEST"]],
      "a negative project": [{ project_id: -42 }, [400, "invalid_request", "INVALID_REQUEST"]],
      "a fractional project": [{ project_id: 42.5 }, [400, "invalid_request", "INVALID_REQUEST"]],
      "a project with a leading zero": [{ project_id: "042" }, [400, "invalid_request", "INVALID_REQUEST"]],
      "a project that is true": [{ project_id: true }, [400, "invalid_request", "INVALID_REQUEST"]],
    } as const;
    test.each(Object.entries(wrongWithCredential))("refused: %s", async (_name, [change, expected]) => {
      expectRefusal(await post(tokenUrl, tokenRequest(facts.account, { project_id: 42, ...change })), expected);
    });

    test("400 SCOPE_NOT_GRANTED: a known scope that the credential does not own, and nothing of the rest is granted", async () => {
      const answer = await post(tokenUrl, tokenRequest(facts.project, { scope: "data-export symbolicator" }));
      expectRefusal(answer, [400, "invalid_scope", "SCOPE_NOT_GRANTED"]);
    });

    test("400 PROJECT_NOT_ALLOWED: a project-level credential names another project of its account", async () => {
      const answer = await post(tokenUrl, tokenRequest(facts.project, { project_id: 43 }));
      expectRefusal(answer, [400, "invalid_target", "PROJECT_NOT_ALLOWED"]);
    });

    test("an unknown project and a foreign one are answered alike, byte for byte but for the request id", async () => {
      const [unknown, foreign] = await Promise.all(
        [4242, 71].map((project_id) => post(tokenUrl, tokenRequest(facts.account, { project_id }))),
      );
      expect({ ...unknown?.body, requestId: "" }).toEqual({ ...foreign?.body, requestId: "" });
    });

    test("R-04: an unknown id and a wrong secret are answered alike", async () => {
      const [unknown, wrongSecret] = await Promise.all([
        post(tokenUrl, tokenRequest({ clientId: "c3133d76-0000-4000-8000-000000000000", clientSecret: "x" })),
        post(tokenUrl, tokenRequest({ clientId: facts.account.clientId, clientSecret: "x" })),
      ]);
      expectRefusal(unknown, [401, "invalid_client", "INVALID_CLIENT"]);
      expect({ ...unknown.body, requestId: "" }).toEqual({ ...wrongSecret.body, requestId: "" });
      const names = (answer: typeof unknown) => [...answer.headers.keys()].sort();
      expect(names(unknown)).toEqual(names(wrongSecret));
    });

    test("two client authentication methods are 400, Basic beside the same client_id is not", async () => {
      const { client_id, client_secret, ...rest } = tokenRequest(facts.account, { project_id: 42 });
      expectRefusal(await post(tokenUrl, { ...rest, client_id, client_secret }, basic(facts.account)), [
        400,
        "invalid_request",
        "INVALID_REQUEST",
      ]);
      expect((await post(tokenUrl, { ...rest, client_id }, basic(facts.account))).status).toBe(200);
      expectRefusal(await post(tokenUrl, { ...rest, client_id: "x" }, basic(facts.account)), [
        400,
        "invalid_request",
        "INVALID_REQUEST",
      ]);
    });

    test.each(["client_id", "client_secret", "scope", "access_token"])("400: %s in the query", async (name) => {
      const answer = await post(`${tokenUrl}?${name}=x`, tokenRequest(facts.project));
      expectRefusal(answer, [400, "invalid_request", "INVALID_REQUEST"]);
    });

    test.each([
      "text/plain",
      "application/xml",
      "application/json; charset=latin1",
      "application/jsonx",
      "multipart/form-data",
    ])("415: %s", async (type) => {
      const answer = await post(tokenUrl, tokenRequest(facts.project), { "content-type": type });
      expectRefusal(answer, [415, "invalid_request", "UNSUPPORTED_MEDIA_TYPE"]);
    });

    test("415: any content coding", async () => {
      const answer = await post(tokenUrl, tokenRequest(facts.project), { "content-encoding": "gzip" });
      expectRefusal(answer, [415, "invalid_request", "UNSUPPORTED_MEDIA_TYPE"]);
    });

    test("a body of 8 KiB is read, one byte more is 413", async () => {
      const padded = (length: number): string => {
        const rest = JSON.stringify(tokenRequest(facts.project, { pad: "" }));
        return rest.replace('"pad":""', `"pad":"${"x".repeat(length - rest.length)}"`);
      };
      expect((await post(tokenUrl, padded(8192))).status).toBe(200);
      expectRefusal(await post(tokenUrl, padded(8193)), [413, "invalid_request", "REQUEST_TOO_LARGE"]);
    });

    test("405 with Allow for another method, 404 for another path", async () => {
      const answer = await fetch(tokenUrl);
      expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
      expect((await answer.json()).errorCode).toBe("METHOD_NOT_ALLOWED");
      expectRefusal(await post(`${started.url}/v1/oauth/tokens`, {}), [404, "invalid_request", "NOT_FOUND"]);
    });
  });

  describe("C-01, C-02: what is disabled at any level gets no token", () => {
    const author = { at: 1_800_000_000, actor: "operator", requestId: undefined };
    const unlessAllowed = async (credential: HeldCredential, further = {}): Promise<string> =>
      (await post(tokenUrl, tokenRequest(credential, further))).body.errorCode ?? "token";
    // What was remembered may allow for five seconds; these tests begin after it.
    const forget = (): void => {
      started.monotonic.seconds += 6;
    };

    test("a disabled project: its own credential 401, an account-level one 400, and both again once it is enabled", async () => {
      const { storage } = started.server;
      await storage.changeProject(42, { state: "disabled" }, author);
      forget();
      expect(await unlessAllowed(facts.project)).toBe("INVALID_CLIENT");
      expect(await unlessAllowed(facts.account, { project_id: 42 })).toBe("PROJECT_NOT_ALLOWED");
      expect(await unlessAllowed(facts.account, { project_id: 43 })).toBe("token");
      await storage.changeProject(42, { state: "enabled" }, author);
      expect(await unlessAllowed(facts.project)).toBe("token");
      expect(await unlessAllowed(facts.account, { project_id: 42 })).toBe("token");
    });

    test("a disabled account stops every credential below it, and no other's", async () => {
      const { storage } = started.server;
      await storage.setAccountState(facts.first.id, "disabled", author);
      forget();
      expect(await unlessAllowed(facts.project)).toBe("INVALID_CLIENT");
      expect(await unlessAllowed(facts.account, { project_id: 42 })).toBe("INVALID_CLIENT");
      expect(await unlessAllowed(facts.foreign, { project_id: 71 })).toBe("token");
      const me = await post(`${started.url}/v1/oauth/me`, {
        client_id: facts.account.clientId,
        client_secret: facts.account.clientSecret,
      });
      expect(me.body.errorCode).toBe("INVALID_CLIENT");
      await storage.setAccountState(facts.first.id, "enabled", author);
      expect(await unlessAllowed(facts.project)).toBe("token");
    });

    test("a disabled credential, and one that is deleted", async () => {
      const { storage } = started.server;
      const made = await started.server.management("operator").createCredential({
        name: "Short life",
        accountId: facts.first.id,
        projectId: 42,
        scopes: ["data-export"],
        allowedRanges: [],
        expiresAt: undefined,
      });
      if (!("credential" in made) || made.clientSecret === undefined) throw new Error("not created");
      const held = { clientId: made.credential.clientId, clientSecret: made.clientSecret };
      expect(await unlessAllowed(held)).toBe("token");
      await storage.changeCredential(held.clientId, { state: "disabled" }, author);
      forget();
      expect(await unlessAllowed(held)).toBe("INVALID_CLIENT");
      await storage.changeCredential(held.clientId, { state: "enabled" }, author);
      expect(await unlessAllowed(held)).toBe("token");
      await storage.deleteCredential(held.clientId, author);
      forget();
      expect(await unlessAllowed(held)).toBe("INVALID_CLIENT");
    });
  });

  describe("POST /v1/oauth/me", () => {
    const me = (credential: HeldCredential) =>
      post(`${started.url}/v1/oauth/me`, { client_id: credential.clientId, client_secret: credential.clientSecret });

    test("an account-level credential is told every enabled project of its account, with its cloud's endpoint", async () => {
      const { status, body } = await me(facts.account);
      expect(status).toBe(200);
      const { secrets, ...rest } = body;
      expect(rest).toEqual({
        client_id: facts.account.clientId,
        name: "Nightly export",
        level: "account",
        scopes: "data-export metrics session-replay symbolicator enrichment",
        permissions: {
          projects: [
            { id: 42, name: "UX ANALYTICS", endpoint: "https://api.eu-west-1.example.com" },
            { id: 43, name: "MOBILE APP", endpoint: "https://api.us-east.example.com" },
          ],
        },
      });
      expect(secrets).toEqual([
        {
          id: expect.stringMatching(uuid),
          created_at: "2027-01-15T08:00:00Z",
          expires_at: null,
          last_used_at: expect.toSatisfy((value: unknown) => value === null || typeof value === "string"),
          current: true,
        },
      ]);
    });

    test("a project-level credential is told its one project; Basic and a request without a body will do", async () => {
      const answer = await fetch(`${started.url}/v1/oauth/me`, { method: "POST", headers: basic(facts.project) });
      const body = await answer.json();
      expect([answer.status, body.level, body.scopes]).toEqual([200, "project", "data-export metrics"]);
      expect(body.permissions.projects.map((project: { id: number }) => project.id)).toEqual([42]);
    });

    test("during a rotation both secrets work, and each is told which one it is", async () => {
      const next = { clientId: facts.foreign.clientId, clientSecret: "biped;imported secret" };
      const secret = { id: "5f0c0d0e-0000-4000-8000-000000000001", expiresAt: undefined };
      const rotation = {
        clientId: next.clientId,
        secret: { ...secret, ...started.server.digester.digestForStorage(next.clientSecret) },
        formerExpiresAt: started.clock.seconds + 7 * 86_400,
      };
      const author = { at: started.clock.seconds, actor: "operator", requestId: undefined };
      await started.server.storage.rotateSecret(rotation, author);
      const [former, fresh] = [await me(facts.foreign), await me(next)];
      expect(former.body.secrets.map((entry: { current: boolean }) => entry.current)).toEqual([true, false]);
      expect(fresh.body.secrets.map((entry: { current: boolean }) => entry.current)).toEqual([false, true]);
      expect(former.body.secrets[0].expires_at).toBe("2027-01-22T08:00:00Z");
    });

    test("401 for a wrong secret", async () => {
      expectRefusal(await me({ ...facts.account, clientSecret: "x" }), [401, "invalid_client", "INVALID_CLIENT"]);
    });
  });

  describe("introspection and revocation", () => {
    const ask = (path: string, token: unknown, credential: HeldCredential) =>
      post(`${started.url}/v1/oauth/${path}`, { token }, basic(credential));

    test("a token is active for its own credential, and its claims are told", async () => {
      const { access_token } = await issue(facts.account, { project_id: 42 });
      const { body } = await ask("introspect", access_token, facts.account);
      expect(body).toMatchObject({
        active: true,
        token_type: "bearer",
        client_id: facts.account.clientId,
        scope: "data-export",
        project_id: 42,
        aud: "https://api.eu-west-1.example.com",
        iss: started.url,
      });
    });

    test("another credential's token, a mangled one, and any text are answered {active:false} and nothing else", async () => {
      const { access_token } = await issue(facts.account, { project_id: 42 });
      const mangled = `${access_token.slice(0, -4)}AAAA`;
      for (const token of [mangled, "x", "a.b.c", decodeProtectedHeader(access_token).kid]) {
        expect((await ask("introspect", token, facts.account)).body).toEqual({ active: false });
      }
      expect((await ask("introspect", access_token, facts.project)).body).toEqual({ active: false });
    });

    test("a revoked token is inactive at once; revoking twice is 200; the audit has one event of it", async () => {
      const { access_token } = await issue(facts.project);
      expect((await ask("introspect", access_token, facts.project)).body.active).toBe(true);
      const count = async () =>
        (await started.server.storage.listAuditEvents(0, 10_000)).filter((event) => event.action === "token.revoked")
          .length;
      const before = await count();
      for (let times = 0; times < 2; times += 1) {
        const answer = await ask("revoke", access_token, facts.project);
        expect([answer.status, answer.body]).toEqual([200, undefined]);
      }
      expect((await ask("introspect", access_token, facts.project)).body).toEqual({ active: false });
      expect((await count()) - before).toBe(1);
    });

    test("400: revoking another credential's token; 200: an unknown token; 400: none", async () => {
      const { access_token } = await issue(facts.account, { project_id: 42 });
      expectRefusal(await ask("revoke", access_token, facts.project), [400, "invalid_request", "INVALID_REQUEST"]);
      expect((await ask("introspect", access_token, facts.account)).body.active).toBe(true);
      expect((await ask("revoke", "no token at all", facts.project)).status).toBe(200);
      expectRefusal(await ask("revoke", undefined, facts.project), [400, "invalid_request", "INVALID_REQUEST"]);
      expectRefusal(await ask("introspect", undefined, facts.project), [400, "invalid_request", "INVALID_REQUEST"]);
    });

    test("a token is inactive once its credential's scopes shrink, its project is disabled, or it has expired", async () => {
      const { storage } = started.server;
      const author = { at: started.clock.seconds, actor: "operator", requestId: undefined };
      const first = await issue(facts.project);
      await storage.changeCredential(facts.project.clientId, { scopes: ["data-export"] }, author);
      expect((await ask("introspect", first.access_token, facts.project)).body).toEqual({ active: false });
      await storage.changeCredential(facts.project.clientId, { scopes: ["data-export", "metrics"] }, author);
      started.monotonic.seconds += 6;
      const second = await issue(facts.account, { project_id: 43 });
      await storage.changeProject(43, { state: "disabled" }, author);
      expect((await ask("introspect", second.access_token, facts.account)).body).toEqual({ active: false });
      await storage.changeProject(43, { state: "enabled" }, author);
      const third = await issue(facts.account, { project_id: 42 });
      started.clock.seconds += 3600;
      expect((await ask("introspect", third.access_token, facts.account)).body).toEqual({ active: false });
      started.clock.seconds -= 3600;
    });
  });

  describe("discovery", () => {
    test("the metadata names the issuer of the configuration, whatever Host is sent", async () => {
      const answer = await fetch(`${started.url}/.well-known/oauth-authorization-server`);
      const body = await answer.json();
      expect([body.issuer, body.token_endpoint]).toEqual([started.url, `${started.url}/v1/oauth/token`]);
      expect(body.cloud_endpoints).toEqual(["https://api.eu-west-1.example.com", "https://api.us-east.example.com"]);
    });

    test("the key set holds public members alone, may be kept 300 s at most, and has an ETag", async () => {
      const url = `${started.url}/.well-known/jwks.json`;
      const answer = await fetch(url);
      const { keys } = await answer.json();
      expect(Object.keys(keys[0]).sort()).toEqual(["alg", "e", "kid", "kty", "n", "use"]);
      expect(answer.headers.get("cache-control")).toBe("public, max-age=300");
      const again = await fetch(url, { headers: { "if-none-match": answer.headers.get("etag") ?? "" } });
      expect(again.status).toBe(304);
    });

    test.each(["/healthz", "/readyz"])("%s is 200 on both listeners", async (path) => {
      // After a leap of its clock a node has to hear from its store again, which is a matter of half a second.
      for (const base of [started.url, started.adminUrl]) {
        await vi.waitFor(async () => expect((await fetch(base + path)).status).toBe(200), { timeout: 10_000 });
      }
    });
  });

  test("/metrics counts answers by route and code on the admin listener, and is not on the public one", async () => {
    await post(tokenUrl, tokenRequest(facts.project, { scope: "nothing" }));
    const answer = await fetch(`${started.adminUrl}/metrics`);
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await answer.text();
    const labels = 'listener="public",route="/v1/oauth/token",status="400",error_code="INVALID_SCOPE"';
    expect(text).toMatch(new RegExp(`^biped_http_requests_total\\{${labels}\\} \\d+$`, "m"));
    expect(text).toMatch(
      /^biped_http_request_duration_seconds_count\{listener="public",route="\/v1\/oauth\/token"\} \d+$/m,
    );
    expect((await fetch(`${started.url}/metrics`)).status).toBe(404);
  });

  test("M-08: no secret and no token stands in the log", () => {
    const log = started.logLines.join("");
    expect(started.logLines.length).toBeGreaterThan(50);
    for (const { clientSecret } of [facts.account, facts.project, facts.foreign])
      expect(log).not.toContain(clientSecret);
    expect(log).not.toMatch(/eyJ[\w-]{6,}\.|biped_test_|imported secret|[Bb]asic [A-Za-z0-9+/]{8}/);
  });
});

describe("limits", () => {
  let started: StartedServer;
  let facts: Facts;
  beforeAll(async () => {
    started = await startServer("sqlite", { BIPED_TOKENS_PER_SECOND: "5" });
    facts = await createFacts(started);
  });
  afterAll(() => started.stop());

  test("a credential gets a burst of four seconds' worth of tokens, then 429 until there is one again", async () => {
    const url = `${started.url}/v1/oauth/token`;
    const ask = () => post(url, tokenRequest(facts.project));
    const first = await ask();
    expect(first.headers.get("ratelimit-policy")).toBe('"tokens";q=20;w=4');
    expect(first.headers.get("ratelimit")).toBe('"tokens";r=19;t=1');
    const statuses = (await Promise.all(Array.from({ length: 25 }, ask))).map((answer) => answer.status);
    expect(statuses.filter((status) => status === 200).length).toBe(19);
    const refused = await ask();
    expect([refused.status, refused.body.errorCode, refused.body.error]).toEqual([
      429,
      "RATE_LIMITED",
      "temporarily_unavailable",
    ]);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(refused.headers.get("ratelimit-policy")).toBe('"tokens";q=20;w=4');
    expect(refused.headers.get("ratelimit")).toBe('"tokens";r=0;t=1');
    started.monotonic.seconds += 0.2;
    expect((await ask()).status).toBe(200);
    expect((await ask()).status).toBe(429);
  });

  test("R-50: ten wrong secrets a minute are 401, the eleventh is 429, and the right secret works all along", async () => {
    started.monotonic.seconds += 600;
    const url = `${started.url}/v1/oauth/me`;
    const body = (client_secret: string) => ({ client_id: facts.account.clientId, client_secret });
    for (let times = 0; times < 10; times += 1) expect((await post(url, body("wrong"))).status).toBe(401);
    const refused = await post(url, body("wrong"));
    expect([refused.status, refused.headers.get("ratelimit-policy")]).toEqual([429, '"auth-fail";q=10;w=60']);
    expect((await post(url, body(facts.account.clientSecret))).status).toBe(200);
    started.monotonic.seconds += 6;
    expect((await post(url, body("wrong"))).status).toBe(401);
  });
});
