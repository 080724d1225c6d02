import { afterEach, beforeEach, expect, test } from "vitest";
import type { Guard } from "../src/guard.ts";
import { createGuard } from "../src/index.ts";
import { badTokenNames, badTokens, createTestIssuer, type TestIssuer } from "../src/testing.ts";
import { requestRaw, type StartedServer } from "./raw-request.ts";

/**
 * An API of two routes: `/v1/exports` for the scope data-export, answering `{ projectId, clientId }` of the token, and
 * `/v1/projects/:id`, the same for a token of that project.
 */
export type Api = (guard: Guard, onHandled: () => void) => Promise<StartedServer>;

/** What every framework's skin promises alike, over a real connection. */
export function testSkin(start: Api): void {
  let issuer: TestIssuer;
  let server: StartedServer;
  let handled = 0;

  const open = async (guard: Guard): Promise<void> => {
    handled = 0;
    server = await start(guard, () => {
      handled += 1;
    });
  };

  beforeEach(async () => {
    issuer = await createTestIssuer({ algorithm: "ES256" });
    await open(createGuard(issuer.guardOptions));
  });
  afterEach(() => server.close());

  const ask = (path: string, ...authorization: readonly string[]) =>
    requestRaw(
      server.port,
      path,
      authorization.map((value) => `Authorization: ${value}`),
    );

  test("a good token reaches the handler, which finds its claims", async () => {
    const answer = await ask("/v1/exports?order=ASC", `Bearer ${await issuer.mint()}`);
    expect(answer).toMatchObject({
      status: 200,
      body: { projectId: 42, clientId: "5b3c2f6e-8d1a-4c0e-9f57-2a6b1d0e4c83" },
    });
    expect(handled).toBe(1);
  });

  test("401 JWT_MISSING: the whole body, a challenge without error, and nothing to store", async () => {
    const { status, headers, body } = await ask("/v1/exports");
    expect({ status, body }).toEqual({
      status: 401,
      body: {
        error: "invalid_request",
        error_description: "An access token is required.",
        success: false,
        errorMessage: "An access token is required.",
        errorCode: "JWT_MISSING",
        requestId: expect.stringMatching(/^[A-Za-z0-9-]{5,36}$/),
      },
    });
    expect(headers).toMatchObject({ "cache-control": "no-store", "www-authenticate": 'Bearer realm="biped"' });
    expect(headers["content-type"]).toMatch(/^application\/json\b/);
    expect(handled).toBe(0);
  });

  test("every bad token gets its own code, and never reaches the handler", async () => {
    const answered: Record<string, unknown> = {};
    for (const name of badTokenNames) {
      const { headers, body } = await ask("/v1/exports", `Bearer ${await issuer.mintBad(name)}`);
      answered[name] = body.errorCode;
      expect(headers["cache-control"]).toBe("no-store");
    }
    expect(answered).toEqual(badTokens);
    expect(handled).toBe(0);
  });

  test("403: the challenge names the scope", async () => {
    const { status, headers } = await ask("/v1/exports", `Bearer ${await issuer.mintBad("missingScope")}`);
    expect(status).toBe(403);
    expect(headers["www-authenticate"]).toMatch(
      /^Bearer realm="biped", error="insufficient_scope".*, scope="data-export"$/,
    );
  });

  test("421: the body names the endpoint, and there is no challenge", async () => {
    const { status, headers, body } = await ask("/v1/exports", `Bearer ${await issuer.mintBad("otherCloud")}`);
    expect([status, body.endpoint, headers["www-authenticate"]]).toEqual([
      421,
      "https://api.us-east.example.com",
      undefined,
    ]);
  });

  test("401 JWT_REVOKED: a token whose credential was taken back, with the challenge of RFC 6750", async () => {
    const good = `Bearer ${await issuer.mint()}`;
    expect((await ask("/v1/exports", good)).status).toBe(200);
    issuer.revoke({ clientId: "5b3c2f6e-8d1a-4c0e-9f57-2a6b1d0e4c83" });
    issuer.advance(10);
    const { status, headers, body } = await ask("/v1/exports", good);
    const challenge = 'Bearer realm="biped", error="invalid_token", error_description="Auth token is revoked."';
    expect([status, body.errorCode, headers["www-authenticate"]]).toEqual([401, "JWT_REVOKED", challenge]);
    expect(handled).toBe(1);
  });

  test("400: two Authorization headers, in either order of good and bad, and even if both are good", async () => {
    const good = `Bearer ${await issuer.mint()}`;
    const pairs = [
      [good, good],
      [good, "Bearer x"],
      ["Bearer x", good],
      ["Basic eDp5", good],
      [good, "Basic eDp5"],
    ];
    for (const pair of pairs) {
      const { status, body } = await ask("/v1/exports", ...pair);
      expect([status, body.errorCode]).toEqual([400, "INVALID_REQUEST"]);
    }
    expect(handled).toBe(0);
  });

  test("400: a token in the query, also beside a good header and in any spelling", async () => {
    const token = await issuer.mint();
    for (const query of [`access_token=${token}`, `a=1&access%5Ftoken=${token}`]) {
      const { status, body } = await ask(`/v1/exports?${query}`, `Bearer ${token}`);
      expect([status, body.errorCode]).toEqual([400, "INVALID_REQUEST"]);
    }
  });

  test("404 NOT_FOUND: an object of another project, or of none", async () => {
    const good = `Bearer ${await issuer.mint()}`;
    const statuses = [];
    for (const id of ["42", "43", "x", "4e1"]) statuses.push((await ask(`/v1/projects/${id}`, good)).status);
    expect(statuses).toEqual([200, 404, 404, 404]);
    expect(handled).toBe(1);
  });

  test("503 KEYS_UNAVAILABLE: with Retry-After", async () => {
    await server.close();
    const fetch = () => Promise.resolve(new Response("", { status: 500 }));
    await open(createGuard({ ...issuer.guardOptions, fetch }));
    const { status, headers, body } = await ask("/v1/exports", `Bearer ${await issuer.mint()}`);
    expect([status, body.errorCode, headers["retry-after"]]).toEqual([503, "KEYS_UNAVAILABLE", "1"]);
  });
}
