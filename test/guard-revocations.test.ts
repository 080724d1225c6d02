/** A guard over HTTP beside a real server: what is taken back there is refused here, and a client goes on by itself. */

import { createClient } from "@biped/client";
import { createGuard, type GuardOptions } from "@biped/guard";
import { requireAccessToken } from "@biped/guard/fetch";
import { isRefusal } from "@biped/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  basic,
  createFacts,
  type Facts,
  post,
  type StartedServer,
  startServer,
  tokenRequest,
} from "./started-server.ts";

const endpoint = "https://api.eu-west-1.example.com";
const longestSeconds = 10;

describe.each(["sqlite", "postgres"] as const)("%s", (engine) => {
  let started: StartedServer;
  let facts: Facts;
  beforeAll(async () => {
    started = await startServer(engine);
    facts = await createFacts(started);
  });
  afterAll(() => started.stop());

  const open = (options: Partial<GuardOptions> = {}) =>
    createGuard({
      issuer: started.url,
      endpoint,
      mode: "sandbox",
      nowSeconds: () => started.clock.seconds,
      ...options,
    });
  const issue = async (): Promise<string> =>
    (await post(`${started.url}/v1/oauth/token`, tokenRequest(facts.project))).body.access_token;

  type TakeBack = (token: string) => Promise<unknown>;
  const make = () => started.server.management("operator");
  const ways: readonly (readonly [string, TakeBack, string])[] = [
    ["token", (token) => post(`${started.url}/v1/oauth/revoke`, { token }, basic(facts.project)), "JWT_REVOKED"],
    [
      "credential",
      () => make().revokeTokensOf({ kind: "credential", clientId: facts.project.clientId }),
      "JWT_REVOKED",
    ],
    ["account", () => make().revokeTokensOf({ kind: "account", id: facts.first.id }), "JWT_REVOKED"],
    ["time", () => make().revokeTokensBefore({}), "JWT_REVOKED"],
    ["move to another cloud", () => make().moveProject({ projectId: 42, cloud: "azure-us-east" }), "WRONG_CLOUD"],
    ["move back", () => make().moveProject({ projectId: 42, cloud: "aws-eu-west-1" }), "accepted"],
  ];

  test("within 10 s a guard in use refuses what was taken back, and what is issued afterwards passes", async () => {
    const guard = open();
    const codeOf = async (token: string): Promise<string> => {
      const outcome = await guard.verify(token);
      return isRefusal(outcome) ? outcome.code : "accepted";
    };
    const waits: Record<string, number> = {};
    // All of them on SQLite; the other store brings the same events by another way, which is as well tried with one.
    for (const [name, takeBack, code] of engine === "sqlite" ? ways : ways.slice(2, 3)) {
      if (code === "accepted") {
        await takeBack("");
        continue;
      }
      // A token's time has whole seconds, and one that is issued in the second of a revocation of all is void as well.
      started.clock.seconds += 2;
      const token = await issue();
      expect([name, await codeOf(token)]).toEqual([name, "accepted"]);
      await takeBack(token);
      const began = performance.now();
      while ((await codeOf(token)) === "accepted" && performance.now() - began < longestSeconds * 1000) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      waits[name] = Math.round(performance.now() - began);
      expect([name, await codeOf(token)]).toEqual([name, code]);
    }
    console.log(`${engine}: milliseconds until a guard refuses, by what was taken back: ${JSON.stringify(waits)}`);
    started.clock.seconds += 2;
    expect(await codeOf(await issue())).toBe("accepted");
    expect(guard.revocations()).toMatchObject({ followed: true, size: expect.any(Number) });
    guard.close();
  });

  test("401 JWT_REVOKED leads a client to one new token and one repeat, and the caller sees nothing", async () => {
    started.clock.seconds += 2;
    const guard = open();
    const handle = requireAccessToken(guard, { scopes: ["data-export"] }, () => Response.json({ success: true }));
    const calls: string[] = [];
    const client = createClient({
      authUrl: started.url,
      ...facts.project,
      scope: "data-export",
      projectId: 42,
      allowedHosts: ["api.eu-west-1.example.com"],
      async fetch(input, init) {
        const url = String(input);
        const answer = url.startsWith(endpoint) ? await handle(new Request(url, init)) : await fetch(url, init);
        calls.push(`${new URL(url).pathname} ${answer.status}`);
        return answer;
      },
    });
    expect((await client.fetch("/v1/exports")).status).toBe(200);
    await make().revokeTokensOf({ kind: "project", id: 42 });
    const { sequence } = guard.revocations();
    for (let tries = 0; tries < 500 && guard.revocations().sequence === sequence; tries += 1) {
      // Other traffic keeps the feed followed meanwhile.
      await guard.verify(await issue());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    calls.length = 0;
    expect((await client.fetch("/v1/exports")).status).toBe(200);
    expect(calls).toEqual(["/v1/exports 401", "/v1/oauth/token 200", "/v1/exports 200"]);
    guard.close();
  });

  test("the feed's key is in the metadata, and the document that a guard reads is the one that curl would see", async () => {
    const metadata = await (await fetch(`${started.url}/.well-known/oauth-authorization-server`)).json();
    expect(metadata.revocations_uri).toBe(`${started.url}/v1/oauth/revocations`);
    const answer = await fetch(metadata.revocations_uri);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/revocations+jws"]);
    const header = JSON.parse(Buffer.from((await answer.text()).split(".")[0] ?? "", "base64url").toString());
    expect(header).toEqual({ typ: "revocations+jws", alg: "Ed25519", kid: metadata.revocations_jwks.keys[0].kid });
  });
});
