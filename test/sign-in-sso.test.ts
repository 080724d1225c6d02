/** Signing in by an OpenID provider: a real provider program, and one that lies. */

import { randomBytes } from "node:crypto";
import { isRefusal } from "@biped/protocol";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createSso, type SsoSettings } from "../apps/authorization-server/src/administrators/sso.ts";
import type { SsoRole } from "../apps/authorization-server/src/config.ts";
import { client, startLyingProvider, startProvider } from "./openid-provider.ts";
import {
  type Console,
  consoleUrl,
  createBrowser,
  createRequest,
  password,
  readAnswer,
  startConsole,
} from "./sign-in-console.ts";

const callbackUrl = `${consoleUrl}/sso/callback`;
let console: Console;
let accountId: number;

/** Browsers, provider and console share the machine's clock here. */
beforeEach(async () => {
  console = await startConsole();
  console.clock.seconds = Math.floor(Date.now() / 1000);
  accountId = (await console.storage.createAccount({ name: "Northwind" }, console.author())).id;
});
afterEach(() => console.stop());

function createRoutes(issuer: string, further: Partial<SsoSettings> = {}) {
  const roles = new Map<string, SsoRole>([
    ["console-owners", "platform"],
    ["staff", { accountId, role: "administrator" }],
    ["guests", { accountId, role: "viewer" }],
    ["elsewhere", { accountId: accountId + 1000, role: "owner" }],
  ]);
  const settings = { issuer, ...client, name: "Example ID", roleClaim: "groups", roles, ...further };
  const nowSeconds = () => console.clock.seconds;
  return createSso({
    storage: console.storage,
    settings,
    consoleUrl,
    nowSeconds,
    monotonicSeconds: nowSeconds,
    randomBytes,
  }).routes;
}

type Routes = ReturnType<typeof createRoutes>;

/** One path of the console, with the cookies that the browser holds for it. */
async function visit(routes: Routes, path: string, cookies: Readonly<Record<string, string>> = {}) {
  const cookie = Object.entries(cookies)
    .map(([name, value]) => `${name}=${value}`)
    .join("; ");
  const request = createRequest({ method: "GET", path, headers: cookie === "" ? {} : { cookie } });
  const endpoint = routes[path.split("?", 1)[0] ?? ""]?.GET;
  if (endpoint === undefined) throw new Error(`There is no ${path}.`);
  const outcome = await endpoint(request);
  const answer = readAnswer(outcome);
  const [pair = ""] = (answer.headers["set-cookie"] ?? "").split(";", 1);
  const at = pair.indexOf("=");
  const log = isRefusal(outcome) ? {} : (outcome.log ?? {});
  return { ...answer, log, location: answer.headers.location ?? "", set: { [pair.slice(0, at)]: pair.slice(at + 1) } };
}

/** What the browser does at the provider: it follows redirects with the provider's cookies until it is sent back. */
async function followProvider(start: string): Promise<URL> {
  const jar = new Map<string, string>();
  let url = start;
  for (let hops = 0; hops < 10 && !url.startsWith(callbackUrl); hops += 1) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { headers: { cookie }, redirect: "manual" });
    for (const set of answer.headers.getSetCookie()) {
      const [pair = ""] = set.split(";", 1);
      jar.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
    }
    const location = answer.headers.get("location");
    if (location === null) throw new Error(`The provider answered ${answer.status}: ${await answer.text()}`);
    url = new URL(location, url).href;
  }
  return new URL(url);
}

describe("a real provider", () => {
  let provider: Awaited<ReturnType<typeof startProvider>>;
  beforeAll(async () => {
    provider = await startProvider(callbackUrl);
  });
  afterAll(() => provider.stop());

  const signIn = async (routes: Routes, startPath = "/sso/start") => {
    const begun = await visit(routes, startPath);
    const back = await followProvider(begun.location);
    return { begun, back, answer: await visit(routes, `${back.pathname}${back.search}`, begun.set) };
  };
  const browserOf = (set: Readonly<Record<string, string>>) => {
    const browser = createBrowser(console);
    browser.jar.cookie = Object.entries(set)
      .map(([name, value]) => `${name}=${value}`)
      .join("; ");
    return browser;
  };

  test("the start asks with code, PKCE, state and nonce, and binds the attempt to the browser", async () => {
    const { status, location, headers } = await visit(createRoutes(provider.issuer), "/sso/start");
    const { origin, searchParams } = new URL(location);
    expect([status, origin]).toEqual([303, provider.issuer]);
    expect(Object.fromEntries(searchParams)).toEqual({
      client_id: client.clientId,
      response_type: "code",
      redirect_uri: callbackUrl,
      scope: "openid email profile",
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
      max_age: "43200",
    });
    expect(headers["set-cookie"]).toBe(
      `__Host-biped-sso=${searchParams.get("state")}; Max-Age=600; Path=/; Secure; HttpOnly; SameSite=Lax`,
    );
  });

  test("a person with mapped roles is signed in, with exactly those roles and no need of a second factor", async () => {
    provider.people.current = {
      sub: "v-1",
      email: "Vera@Example.com",
      name: "Vera Lind",
      groups: ["staff", "elsewhere", "x"],
    };
    const { answer } = await signIn(createRoutes(provider.issuer));
    expect([answer.status, answer.location]).toEqual([303, "/"]);
    expect(answer.headers["set-cookie"]).toMatch(
      /^__Host-biped-session=biped_session_[0-9A-Za-z]{49}; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    );
    const session = (await browserOf(answer.set).get("/api/session")).body;
    expect(session.administrator).toMatchObject({
      email: "vera@example.com",
      name: "Vera Lind",
      platformRole: null,
      memberships: [{ accountId, accountName: "Northwind", role: "administrator" }],
    });
    expect([session.factors.hasPassword, session.mustEnrolSecondFactor]).toEqual([false, false]);
    expect(Date.parse(session.steppedUpUntil)).toBeGreaterThan(console.clock.seconds * 1000);
  });

  test("the same person is the same administrator, by subject and not by address, with the roles of today", async () => {
    const routes = createRoutes(provider.issuer);
    provider.people.current = { sub: "v-2", email: "vera@example.com", groups: ["console-owners"] };
    const first = browserOf((await signIn(routes)).answer.set);
    const before = (await first.get("/api/session")).body.administrator;
    expect(before.platformRole).toBe("owner");
    provider.people.current = { sub: "v-2", email: "lind@example.com", groups: ["guests"] };
    const second = browserOf((await signIn(routes)).answer.set);
    const after = (await second.get("/api/session")).body.administrator;
    expect(after).toMatchObject({ id: before.id, email: "lind@example.com", platformRole: null });
    expect(after.memberships).toMatchObject([{ role: "viewer" }]);
    expect((await first.get("/api/session")).status).toBe(401);
  });

  test("nobody without a mapped value gets in, whatever the claim holds", async () => {
    const routes = createRoutes(provider.issuer);
    for (const groups of [undefined, [], ["x"], "x", ["platform"], [["staff"]], { staff: true }, 7, true, ["STAFF"]]) {
      provider.people.current = { sub: "v-3", email: "vera@example.com", groups };
      const { answer } = await signIn(routes);
      expect([groups, answer.status, answer.location, answer.headers["set-cookie"]]).toEqual([
        groups,
        303,
        "/sign-in?problem=sso-no-role",
        undefined,
      ]);
    }
    expect(await console.storage.findAdministratorByEmail("vera@example.com")).toBeUndefined();
  });

  test("who comes back without a mapped value loses what they have: roles, sessions and access tokens", async () => {
    const routes = createRoutes(provider.issuer);
    provider.people.current = { sub: "v-9", email: "vera@example.com", groups: ["staff", "console-owners"] };
    const browser = browserOf((await signIn(routes)).answer.set);
    const made = await browser.post("/api/access-tokens", { name: "CI", scopes: ["read"], expiresInDays: 30 });
    const asProgram = () =>
      console.call({ method: "GET", path: "/api/session", authorization: [`Bearer ${made.body.token}`] });
    expect([(await browser.get("/api/session")).status, (await asProgram()).status]).toEqual([200, 200]);
    const { sequence } = await console.storage.findAuditHead();
    provider.people.current = { sub: "v-9", email: "vera@example.com", groups: ["x"] };
    const { answer } = await signIn(routes);
    expect([answer.location, answer.headers["set-cookie"]]).toEqual(["/sign-in?problem=sso-no-role", undefined]);
    expect([(await browser.get("/api/session")).status, (await asProgram()).status]).toEqual([401, 401]);
    const left = await console.storage.findAdministratorByEmail("vera@example.com");
    expect([left?.isPlatformOwner, left?.memberships]).toEqual([false, []]);
    expect(await console.storage.listAuditEvents(sequence, 10)).toMatchObject([
      {
        actor: "system",
        action: "administrator.changed",
        subject: `administrator:${left?.id}`,
        before: { isPlatformOwner: true, memberships: [{ accountId, role: "administrator" }] },
        after: { isPlatformOwner: false, memberships: [] },
      },
    ]);
    provider.people.current = { sub: "v-9", email: "vera@example.com", groups: ["guests"] };
    expect((await signIn(routes)).answer.location).toBe("/");
    expect((await asProgram()).status).toBe(401);
  });

  test("an address is no identity: that of a local administrator takes over nothing", async () => {
    const id = await console.addAdministrator("vera@example.com");
    provider.people.current = { sub: "mallory", email: "vera@example.com", groups: ["console-owners"] };
    const { answer } = await signIn(createRoutes(provider.issuer));
    expect(answer.location).toBe("/sign-in?problem=sso-email-taken");
    expect(await console.storage.listSessions(id)).toEqual([]);
    expect((await createBrowser(console).signIn("vera@example.com", password)).status).toBe(200);
  });

  test("a disabled administrator stays out", async () => {
    const routes = createRoutes(provider.issuer);
    provider.people.current = { sub: "v-4", email: "vera@example.com", groups: ["staff"] };
    await signIn(routes);
    const { id = "" } = (await console.storage.findAdministratorByEmail("vera@example.com")) ?? {};
    await console.storage.changeAdministrator(id, { state: "disabled" }, console.author());
    const { answer } = await signIn(routes);
    expect([answer.location, answer.headers["set-cookie"]]).toEqual(["/sign-in?problem=sso-disabled", undefined]);
  });

  test("one who signs in by the provider has no password or factor beside it, and steps up there", async () => {
    const routes = createRoutes(provider.issuer);
    provider.people.current = { sub: "v-5", email: "vera@example.com", groups: ["staff"] };
    const browser = browserOf((await signIn(routes)).answer.set);
    expect((await browser.put("/api/password", { password })).status).toBe(409);
    expect((await browser.post("/api/totp")).status).toBe(409);
    expect((await browser.post("/api/passkeys/challenge")).status).toBe(409);
    expect((await browser.post("/api/session/step-up", { password })).status).toBe(409);
    const { begun, answer } = await signIn(routes, "/sso/start?fresh=1");
    const asked = new URL(begun.location).searchParams;
    expect([asked.get("prompt"), asked.get("max_age")]).toEqual(["login", "0"]);
    expect(Date.parse((await browserOf(answer.set).get("/api/session")).body.steppedUpUntil)).toBeGreaterThan(0);
  });

  test("an attempt is used once, within ten minutes, and by the browser that began it", async () => {
    const routes = createRoutes(provider.issuer);
    provider.people.current = { sub: "v-6", email: "vera@example.com", groups: ["staff"] };
    const { begun, back, answer } = await signIn(routes);
    expect(answer.location).toBe("/");
    const target = `${back.pathname}${back.search}`;
    expect((await visit(routes, target, begun.set)).location).toBe("/sign-in?problem=sso-expired");

    const other = await visit(routes, "/sso/start");
    const otherBack = await followProvider(other.location);
    const otherTarget = `${otherBack.pathname}${otherBack.search}`;
    for (const cookies of [
      {},
      begun.set,
      { "__Host-biped-sso": "" },
      { "biped-sso": otherBack.searchParams.get("state") ?? "" },
    ]) {
      expect((await visit(routes, otherTarget, cookies)).location).toBe("/sign-in?problem=sso-expired");
    }
    const twice = `${otherTarget}&state=${otherBack.searchParams.get("state")}`;
    expect((await visit(routes, twice, other.set)).location).toBe("/sign-in?problem=sso-expired");
    console.clock.seconds += 600;
    expect((await visit(routes, otherTarget, other.set)).location).toBe("/sign-in?problem=sso-expired");
  });

  test("what the provider refuses is a failure without details for the reader, and no secret in the log", async () => {
    const routes = createRoutes(provider.issuer, { clientSecret: "another-secret" });
    provider.people.current = { sub: "v-7", email: "vera@example.com", groups: ["staff"] };
    const { answer, back } = await signIn(routes);
    expect([answer.status, answer.location]).toEqual([303, "/sign-in?problem=sso-failed"]);
    expect(answer.log).toMatchObject({ errorCode: "sso-failed", reason: "OAUTH_WWW_AUTHENTICATE_CHALLENGE" });
    expect(JSON.stringify(answer)).not.toContain(back.searchParams.get("code"));
    const begun = await visit(routes, "/sso/start");
    const state = new URL(begun.location).searchParams.get("state");
    const denied = await visit(
      routes,
      `/sso/callback?error=access_denied&state=${state}&iss=${provider.issuer}`,
      begun.set,
    );
    expect(denied.location).toBe("/sign-in?problem=sso-failed");
  });
});

test("a provider that takes the secret in the body gets it there", async () => {
  const provider = await startProvider(callbackUrl, "client_secret_post");
  try {
    const routes = createRoutes(provider.issuer);
    provider.people.current = { sub: "v-8", email: "vera@example.com", groups: ["staff"] };
    const begun = await visit(routes, "/sso/start");
    const back = await followProvider(begun.location);
    expect((await visit(routes, `${back.pathname}${back.search}`, begun.set)).location).toBe("/");
  } finally {
    await provider.stop();
  }
});

describe("a provider that lies", () => {
  let provider: Awaited<ReturnType<typeof startLyingProvider>>;
  beforeAll(async () => {
    provider = await startLyingProvider();
  });
  afterAll(() => provider.stop());

  const signIn = async (routes: Routes) => {
    const begun = await visit(routes, "/sso/start");
    if (!begun.location.startsWith(provider.issuer)) return begun;
    const asked = new URL(begun.location).searchParams;
    const query = new URLSearchParams({ code: asked.get("nonce") ?? "", state: asked.get("state") ?? "" });
    return visit(routes, `/sso/callback?${query}`, begun.set);
  };

  test("signs in while it tells the truth", async () => {
    provider.lies.current = {};
    expect((await signIn(createRoutes(provider.issuer))).location).toBe("/");
  });

  const now = Math.floor(Date.now() / 1000);
  test.each<[string, (typeof provider)["lies"]["current"]]>([
    ["another issuer in the ID token", { claims: { iss: "http://127.0.0.1:1" } }],
    ["another audience", { claims: { aud: "another-client" } }],
    ["another nonce", { claims: { nonce: "another" } as Record<string, unknown> }],
    ["no subject", { claims: { sub: undefined } as unknown as Record<string, unknown> }],
    ["an ID token that is over", { claims: { iat: now - 900, exp: now - 600 } }],
    ["a key that it does not publish", { foreignKey: true }],
    ["no signature", { unsigned: true }],
    ["an error", { tokenStatus: 500 }],
    ["a redirect of the token request", { tokenStatus: 307, tokenLocation: "/elsewhere" }],
  ])("sso-failed: %s", async (_name, lies) => {
    provider.lies.current = lies;
    provider.requested.length = 0;
    const answer = await signIn(createRoutes(provider.issuer));
    expect([answer.location, answer.headers["set-cookie"]]).toEqual(["/sign-in?problem=sso-failed", undefined]);
    expect(provider.requested).not.toContain("/elsewhere");
  });

  test.each<[string, Record<string, unknown>]>([
    ["another issuer in its metadata", { issuer: "http://127.0.0.1:1" }],
    ["no metadata to speak of", { issuer: undefined }],
  ])("sso-unavailable: %s", async (_name, metadata) => {
    provider.lies.current = { metadata };
    expect((await signIn(createRoutes(provider.issuer))).location).toBe("/sign-in?problem=sso-unavailable");
  });

  test("sso-failed: metadata that name plain http elsewhere are not followed", async () => {
    provider.lies.current = { metadata: { token_endpoint: "http://192.0.2.1/token" } };
    const started = performance.now();
    expect((await signIn(createRoutes(provider.issuer))).location).toBe("/sign-in?problem=sso-failed");
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test("sso-unavailable while the provider is away, and no longer", async () => {
    const away = await startLyingProvider();
    await away.stop();
    expect((await visit(createRoutes(away.issuer), "/sso/start")).location).toBe("/sign-in?problem=sso-unavailable");
  });
});

test.each(["http://id.example.com", "http://10.0.0.7", "ftp://127.0.0.1"])(
  "the issuer %s is refused at the start",
  (issuer) => {
    expect(() => createRoutes(issuer)).toThrow("must be an https URL");
  },
);

test("429: a stranger may begin 30 attempts at once", async () => {
  const routes = createRoutes("http://127.0.0.1:9");
  const statuses: number[] = [];
  for (let count = 0; count < 31; count += 1) statuses.push((await visit(routes, "/sso/start")).status);
  expect(statuses).toEqual([...Array(30).fill(303), 429]);
});
