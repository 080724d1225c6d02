/** Nothing that a client says, throws or reports holds the secret, a token, or the signature of a link. */

import { inspect } from "node:util";
import { type ClientHooks, type ClientOptions, createClient } from "@biped/client";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { catchError, collect, createCountingFetch, createFakeSleep, services } from "./client-services.ts";
import { type Fault, faults, type Place, type PublicService, startPublicService } from "./public-service.ts";

/** All that a log, a debugger or a person could make of an error. */
function showEverything(error: unknown): string {
  const shown: string[] = [];
  for (let each = error; each !== undefined && each !== null; each = each instanceof Error ? each.cause : undefined) {
    shown.push(String(each), JSON.stringify(each) ?? "", inspect(each, { depth: 10, showHidden: true }));
    if (!(each instanceof Error)) continue;
    const own = Object.getOwnPropertyNames(each).map((name) => String(Reflect.get(each, name)));
    shown.push(each.message, each.stack ?? "", ...own);
  }
  return shown.join("\n");
}

/** The spellings in which a text travels. */
function spell(text: string): readonly string[] {
  const percent = encodeURIComponent(text);
  return [
    text,
    percent,
    percent.replaceAll("%20", "+"),
    JSON.stringify(text).slice(1, -1),
    Buffer.from(text).toString("base64"),
    text.slice(0, 24),
  ];
}

function expectNone(shown: string, secrets: readonly string[]): void {
  for (const secret of secrets) {
    for (const spelling of spell(secret)) expect(shown.includes(spelling)).toBe(false);
  }
}

function recordHooks() {
  const events: unknown[] = [];
  const note = (event: unknown): void => void events.push(event);
  const on: ClientHooks = { tokenRenewed: note, retried: note, clockSkewSeen: note, secretExpiring: note };
  return { on, events };
}

describe("with the stand-in of the public service", () => {
  let service: PublicService;
  beforeAll(async () => {
    service = await startPublicService();
  });
  afterAll(() => service.stop());
  beforeEach(() => service.control.reset());

  const create = (options: Partial<ClientOptions> = {}) => {
    const { authUrl, credentials } = service;
    const { clientId, clientSecret } = credentials.account;
    const seen = createCountingFetch();
    const { on, events } = recordHooks();
    const own = { authUrl, clientId, clientSecret, scope: "data-export", projectId: 42, timeoutMilliseconds: 100 };
    const client = createClient({ ...own, ...createFakeSleep(), fetch: seen.fetch, maxAttempts: 2, on, ...options });
    return { client, seen, events };
  };
  const secrets = (seen: { readonly tokens: readonly string[] }) => {
    const { account } = service.credentials;
    return [account.clientSecret, ...seen.tokens];
  };

  const spoiled: readonly (readonly [string, Place, Fault])[] = [
    ["an error that repeats the token request", "token", { kind: "echo", status: 400 }],
    ["a server error that repeats the token request", "token", { kind: "echo", status: 500 }],
    ["an error that repeats the information request", "information", { kind: "echo", status: 403 }],
    ["a token request that hangs", "token", { kind: "hang" }],
    ["a token request that is cut off", "token", { kind: "reset" }],
    ["half a token", "token", { kind: "cut", afterBytes: 60 }],
    ["a web page in place of a token", "token", faults.webPage()],
    ["a redirected token request", "token", faults.redirectTo("http://localhost:9/v1/oauth/token")],
    ["an API that repeats the token: 400", "api", { kind: "echo", status: 400 }],
    ["an API that repeats the token: 401", "api", { kind: "echo", status: 401 }],
    ["an API that repeats the token: 503", "api", { kind: "echo", status: 503 }],
    ["an API that hangs", "api", { kind: "hang" }],
    ["an API that is cut off", "api", { kind: "reset" }],
    ["half an answer", "api", { kind: "cut", afterBytes: 9 }],
    ["an API that answers a web page", "api", faults.webPage()],
  ];

  test.each(spoiled)("%s", async (_, place, fault) => {
    service.control.failNext(place, fault, 8);
    const { client, seen, events } = create();
    const results = await Promise.allSettled([
      client.token(),
      client.information(),
      collect(client.exports.list()),
      client.exports.create({
        name: "x",
        format: "CSV",
        scope: "views",
        frequency: { value: "daily" },
        fields: [{ fieldName: "city" }],
        deviceLabel: "all",
      }),
    ]);
    const errors = results.filter((result) => result.status === "rejected").map(({ reason }) => reason);
    expect(errors.length).toBeGreaterThan(0);
    expectNone(errors.map(showEverything).join("\n"), secrets(seen));
    expectNone(inspect(events, { depth: 10 }), secrets(seen));
  });

  test("where a service repeats them, its text shows that something was left out", async () => {
    const { client } = create();
    service.control.failNext("token", { kind: "echo", status: 400 });
    const refused = await catchError(client.token());
    expect([refused.code, refused.serverText]).toEqual(["ECHO", expect.stringContaining('"client_secret":"[secret]"')]);
    service.control.failNext("api", { kind: "echo", status: 400 });
    const { serverText } = await catchError(client.exports.get(1119));
    expect(serverText).toMatch(/^Cannot handle \[(?:token|secret)\] with$/);
  });

  test("an endpoint that is not allowed, a wrong secret, options that are wrong", async () => {
    service.control.settings.endpoint = service.strangerUrl;
    const clientSecret = "this secret is wrong, and shown nowhere";
    const { client, seen } = create({ allowedHosts: ["127.0.0.1"] });
    const errors = await Promise.all([
      client.token().catch(showEverything),
      create({ clientSecret }).client.token().catch(showEverything),
    ]);
    for (const options of [{ authUrl: `http://name:${encodeURIComponent(clientSecret)}@127.0.0.1` }, { scope: "" }]) {
      try {
        create({ clientSecret, ...options });
      } catch (error) {
        errors.push(showEverything(error));
      }
    }
    expect(errors.every((shown) => typeof shown === "string")).toBe(true);
    expect(errors.length).toBe(4);
    expectNone(errors.join("\n"), [clientSecret, ...secrets(seen)]);
  });

  test("downloads: neither the token nor the link's signature", async () => {
    const { client, seen, events } = create();
    const { files = [] } = await client.exports.run(1119, 130348);
    const [file] = files;
    if (file === undefined) throw new Error("The run has no file.");
    const signature = new URL(file.url).searchParams.get("signature") ?? "";
    const forbidden = [signature, ...secrets(seen)];
    const download = async () => collect(await client.exports.download(file));
    const spoil: readonly (() => void)[] = [
      () => service.control.failNext("file", { kind: "reset" }, 10),
      () => service.control.failNext("file", { kind: "hang" }, 10),
      () => service.control.failNext("file", { kind: "cut", afterBytes: 0 }, 100),
      () => service.control.failNext("file", { kind: "answer", status: 400, body: `{"message":"Bad ${file.url}"}` }),
      () => service.control.expireLinks(),
    ];
    for (const each of spoil) {
      service.control.reset();
      each();
      const error = await download().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(Error);
      expectNone(showEverything(error), forbidden);
    }
    expectNone(inspect(events, { depth: 10 }), forbidden);
  });

  test("a client itself shows neither its secret nor its token", async () => {
    const { client, seen } = create();
    await client.fetch("/v1/exports");
    expectNone(`${inspect(client, { depth: 10, showHidden: true })}${JSON.stringify(client)}`, secrets(seen));
  });
});

describe.each(services)("with $name", ({ start }) => {
  test("refusals of the token, of the information and of calls", async () => {
    const { authUrl, account, stop } = await start();
    const seen = createCountingFetch();
    const { on, events } = recordHooks();
    const wrongSecret = "this secret is wrong, and shown nowhere";
    const options = { authUrl, ...account, scope: "data-export", projectId: 42, fetch: seen.fetch, on };
    const client = createClient(options);
    const stranger = createClient({ ...options, clientSecret: wrongSecret });
    const results = await Promise.allSettled([
      stranger.token(),
      stranger.information(),
      stranger.fetch("/v1/exports"),
      client.forProject(999_999).token(),
      client.withScope("unheard-of").token(),
      client.exports.get(987_654),
    ]);
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(["rejected"]));
    const shown = results.map((result) => showEverything(result.status === "rejected" ? result.reason : "")).join("\n");
    expectNone(shown, [wrongSecret, account.clientSecret, ...seen.tokens]);
    expectNone(inspect(events, { depth: 10 }), [wrongSecret, account.clientSecret, ...seen.tokens]);
    await stop();
  });
});
