/** Sessions, step-up, callers and access tokens (R-33, R-34, R-38, C-16). */

import { randomBytes } from "node:crypto";
import { isRefusal } from "@biped/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { digestText } from "../apps/authorization-server/src/administrators/token-digest.ts";
import { computeTotp } from "../apps/authorization-server/src/administrators/totp.ts";
import { createUuid } from "../apps/authorization-server/src/management/uuid.ts";
import { createSecret } from "../packages/protocol/src/secret-format.ts";
import {
  type Browser,
  type Call,
  type Console,
  consoleHeaders,
  createBrowser,
  createRequest,
  password,
  readAnswer,
  startConsole,
} from "./sign-in-console.ts";

let console: Console;
let browser: Browser;
let id: string;
const email = "vera@example.com";
const minute = 60;

beforeEach(async () => {
  console = await startConsole();
  id = await console.addAdministrator(email);
  browser = createBrowser(console);
  await browser.signIn(email);
});
afterEach(() => console.stop());

const statusOf = async (of: Browser): Promise<number> => (await of.get("/api/session")).status;

/** What the frame is told of a request: who makes it, or the refusal. */
const identify = async (call: Partial<Call>, isChange = false) =>
  console.identifyCaller(createRequest({ method: "GET", path: "/api/accounts", ...call }), isChange);
const refusalOf = async (call: Partial<Call>, isChange = false) => {
  const caller = await identify(call, isChange);
  return isRefusal(caller) ? readAnswer(caller) : undefined;
};

async function addAccessToken(further: { expiresAt?: number; accountId?: number } = {}) {
  const token = createSecret("admin", randomBytes);
  const made = { id: createUuid(randomBytes), administratorId: id, name: "CI", scopes: ["read"], accountId: undefined };
  const expiresAt = console.clock.seconds + 86_400;
  await console.storage.createAccessToken(
    { ...made, digest: digestText(token), expiresAt, ...further },
    console.author(),
  );
  return { token, id: made.id };
}

describe("R-33: how long a session lasts", () => {
  test("30 minutes without a request end it", async () => {
    console.clock.seconds += 30 * minute - 1;
    expect(await statusOf(browser)).toBe(200);
    console.clock.seconds += 30 * minute - 1;
    expect(await statusOf(browser)).toBe(200);
    console.clock.seconds += 30 * minute;
    expect(await statusOf(browser)).toBe(401);
  });

  test("12 hours end it, however busy it was", async () => {
    for (let tens = 1; tens < 72; tens += 1) {
      console.clock.seconds += 10 * minute;
      expect(await statusOf(browser)).toBe(200);
    }
    console.clock.seconds += 10 * minute;
    expect(await statusOf(browser)).toBe(401);
  });

  test("use is noted once a minute", async () => {
    const seen = async () => (await console.storage.listSessions(id))[0]?.lastSeenAt;
    const start = console.clock.seconds;
    console.clock.seconds += 59;
    await browser.get("/api/session");
    expect(await seen()).toBe(start);
    console.clock.seconds += 1;
    await browser.get("/api/session");
    expect(await seen()).toBe(start + 60);
  });

  test("signing out ends it at the server, and the browser forgets it", async () => {
    const { cookie } = browser.jar;
    const answer = await browser.delete("/api/session");
    expect([answer.status, answer.headers["set-cookie"]]).toEqual([
      204,
      "__Host-biped-session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict",
    ]);
    browser.jar.cookie = cookie;
    expect(await statusOf(browser)).toBe(401);
  });

  test("a disabled administrator has none, and a smaller role ends it", async () => {
    const other = await console.addAdministrator("otto@example.com");
    const otto = createBrowser(console, "192.0.2.8");
    await otto.signIn("otto@example.com");
    await console.storage.changeAdministrator(other, { isPlatformOwner: false }, console.author());
    expect(await statusOf(otto)).toBe(401);
    await otto.signIn("otto@example.com");
    await console.storage.changeAdministrator(other, { state: "disabled" }, console.author());
    expect(await statusOf(otto)).toBe(401);
  });
});

describe("one's own sessions", () => {
  test("are listed without anything that opens them, and ended one by one", async () => {
    console.clock.seconds += 5;
    const phone = createBrowser(console, "2001:db8::7");
    await phone.signIn(email);
    const listed = (await browser.get("/api/sessions")).body.items;
    expect(listed).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{16}$/),
        isCurrent: true,
        createdAt: "2027-01-15T08:00:00Z",
        lastSeenAt: "2027-01-15T08:00:00Z",
        source: "192.0.2.7",
        userAgent: "",
      },
      expect.objectContaining({ isCurrent: false, createdAt: "2027-01-15T08:00:05Z", source: "2001:db8::7" }),
    ]);
    for (const { digest } of await console.storage.listSessions(id)) {
      for (const { id: shown } of listed) expect(digest).not.toContain(shown);
    }
    expect((await browser.delete(`/api/sessions/${listed[1].id}`)).status).toBe(204);
    expect([await statusOf(phone), await statusOf(browser)]).toEqual([401, 200]);
    expect((await browser.delete(`/api/sessions/${listed[1].id}`)).status).toBe(404);
  });

  test("404: another administrator's", async () => {
    await console.addAdministrator("mallory@example.com");
    const mallory = createBrowser(console, "192.0.2.8");
    await mallory.signIn("mallory@example.com");
    const [own] = (await browser.get("/api/sessions")).body.items;
    expect((await mallory.delete(`/api/sessions/${own.id}`)).status).toBe(404);
    expect(await statusOf(browser)).toBe(200);
  });

  test("a new password ends all but the one that set it, and the former password is wrong", async () => {
    const phone = createBrowser(console, "192.0.2.8");
    await phone.signIn(email);
    const next = "another walk, another harbour";
    expect((await browser.put("/api/password", { password: "too short" })).status).toBe(400);
    expect((await browser.put("/api/password", { password: next })).status).toBe(204);
    expect([await statusOf(browser), await statusOf(phone)]).toEqual([200, 401]);
    expect([(await phone.signIn(email)).status, (await phone.signIn(email, next)).status]).toEqual([401, 200]);
  });
});

describe("R-33: step-up", () => {
  const needing = () => browser.put("/api/password", { password: `${password} again` });

  test("lasts five minutes from the sign-in, and is renewed by the password of one who has nothing stronger", async () => {
    console.clock.seconds += 5 * minute - 1;
    expect((await needing()).status).toBe(204);
    console.clock.seconds += 1;
    const refused = await needing();
    expect([refused.status, refused.body.errorCode, refused.body.stepUp]).toEqual([403, "FORBIDDEN", "required"]);
    const former = browser.jar.cookie;
    const proved = await browser.post("/api/session/step-up", { password: `${password} again` });
    expect([proved.status, proved.body.steppedUpUntil]).toEqual([200, "2027-01-15T08:10:00Z"]);
    expect(browser.jar.cookie).not.toBe(former);
    expect((await needing()).status).toBe(204);
    browser.jar.cookie = former;
    expect(await statusOf(browser)).toBe(401);
  });

  test("403: a wrong password, which keeps the session, and after five of them 429", async () => {
    const statuses: number[] = [];
    for (let count = 0; count < 6; count += 1) {
      statuses.push((await browser.post("/api/session/step-up", { password: "wrong" })).status);
    }
    expect(statuses).toEqual([403, 403, 403, 403, 403, 429]);
    expect(await statusOf(browser)).toBe(200);
  });

  test("403: the password of one who has a second factor; a code of it is good", async () => {
    const { body } = await browser.post("/api/totp");
    const bits = [...body.secret].map((letter: string) =>
      "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"),
    );
    const secret = Buffer.from((bits.join("").match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
    const code = () => computeTotp(secret, Math.floor(console.clock.seconds / 30));
    await browser.put("/api/totp", { code: code() });
    console.clock.seconds += 10 * minute;
    expect((await browser.post("/api/session/step-up", { password })).status).toBe(403);
    expect((await browser.post("/api/session/step-up", { totp: code(), password })).status).toBe(400);
    const used = code();
    expect((await browser.post("/api/session/step-up", { totp: used })).status).toBe(200);
    expect((await browser.post("/api/session/step-up", { totp: used })).status).toBe(403);
    const short = await browser.put("/api/password", { password: "fj94-lxq-wv27-" });
    expect([short.status, short.body.errorMessage]).toEqual([400, "password must have at least 15 characters."]);
    expect((await browser.put("/api/password", { password: "fj94-lxq-wv27-k" })).status).toBe(204);
  });
});

test("401: a sign-in with a password that was changed while it was being compared", async () => {
  const next = await console.passwords.hash("seven lanterns on a green pier");
  if (typeof next !== "string") throw new Error(next.description);
  const verify = vi.spyOn(console.passwords, "verify").mockImplementationOnce(async () => {
    await console.storage.setPassword(id, next, console.author());
    return "right";
  });
  const late = createBrowser(console);
  expect((await late.signIn(email)).status).toBe(401);
  verify.mockRestore();
  expect([late.jar.cookie, await console.storage.listSessions(id)]).toEqual(["", []]);
});

describe("R-34: a change by session", () => {
  const cookieOf = () => ({ ...consoleHeaders, cookie: browser.jar.cookie });

  test.each<[string, Record<string, string | undefined>]>([
    ["another site's form", { "sec-fetch-site": "cross-site", "content-type": "application/x-www-form-urlencoded" }],
    ["another site's script", { "sec-fetch-site": "cross-site" }],
    ["a sibling host's script", { "sec-fetch-site": "same-site" }],
    ["a script without the header", { "x-biped-console": undefined }],
    ["a type that a form can send", { "content-type": "text/plain" }],
    ["an old browser on another site", { "sec-fetch-site": undefined, origin: "https://evil.example" }],
    ["a request that tells neither", { "sec-fetch-site": undefined }],
  ])("403 FORBIDDEN: %s", async (_name, headers) => {
    const call = { headers: { ...cookieOf(), ...headers }, body: {} };
    expect((await refusalOf(call, true))?.status).toBe(403);
    expect(await refusalOf(call, false)).toBeUndefined();
  });

  test("the console's own is taken", async () => {
    expect(await refusalOf({ headers: cookieOf(), body: {} }, true)).toBeUndefined();
  });

  test("who is not signed in learns no more than that", async () => {
    const headers = { "sec-fetch-site": "cross-site" };
    expect((await refusalOf({ headers, body: {} }, true))?.status).toBe(401);
  });
});

describe("R-32: who lacks a second factor", () => {
  test("is told so where it is required, by session and by token", async () => {
    const { token } = await addAccessToken();
    expect(await identify({ headers: { cookie: browser.jar.cookie } })).toMatchObject({ lacksSecondFactor: true });
    expect(await identify({ authorization: [`Bearer ${token}`] })).toMatchObject({ lacksSecondFactor: true });
  });

  test("does not in the sandbox", async () => {
    const sandbox = await startConsole({ secondFactor: "optional" });
    try {
      await sandbox.addAdministrator(email);
      const tester = createBrowser(sandbox);
      await tester.signIn(email);
      expect((await tester.get("/api/session")).body.mustEnrolSecondFactor).toBe(false);
    } finally {
      await sandbox.stop();
    }
  });
});

describe("access tokens", () => {
  const unauthenticated = {
    status: 401,
    body: { errorCode: "UNAUTHENTICATED", errorMessage: "Sign in, or send a valid access token." },
    headers: { "www-authenticate": "Bearer" },
  };

  test("are made with step-up, shown once, and stored as a digest", async () => {
    const body = { name: " CI ", scopes: ["credentials", "credentials"], expiresInDays: 30 };
    const made = await browser.post("/api/access-tokens", body);
    expect(made.status).toBe(201);
    expect(made.body.token).toMatch(/^biped_admin_[0-9A-Za-z]{49}$/);
    expect(made.body.accessToken).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: "CI",
      scopes: ["read", "credentials"],
      accountId: null,
      createdAt: "2027-01-15T08:00:00Z",
      expiresAt: "2027-02-14T08:00:00Z",
      lastUsedAt: null,
    });
    const listed = await browser.get("/api/access-tokens");
    expect(listed.body.items).toEqual([made.body.accessToken]);
    expect(JSON.stringify([listed.body, await console.storage.listAccessTokens(id)])).not.toContain("biped_admin");
    const caller = await identify({ authorization: [`Bearer ${made.body.token}`] });
    expect(caller).toMatchObject({ administrator: { id }, via: { kind: "access-token", token: { name: "CI" } } });
  });

  test("R-68: the same Idempotency-Key answers the same token without its value", async () => {
    const headers = { ...consoleHeaders, cookie: browser.jar.cookie, "idempotency-key": "one" };
    const body = { name: "CI", scopes: ["read"], expiresInDays: 1 };
    const make = () => console.call({ method: "POST", path: "/api/access-tokens", headers, body });
    const [first, second] = [await make(), await make()];
    expect([first.status, second.status, second.body.token]).toEqual([201, 201, null]);
    expect(second.body.accessToken).toEqual(first.body.accessToken);
  });

  test("404: narrowed to an account that is not there, or out of reach", async () => {
    const body = { name: "CI", scopes: ["read"], expiresInDays: 1 };
    const account = await console.storage.createAccount({ name: "Northwind" }, console.author());
    expect((await browser.post("/api/access-tokens", { ...body, accountId: account.id })).status).toBe(201);
    expect((await browser.post("/api/access-tokens", { ...body, accountId: account.id + 1 })).status).toBe(404);
    await console.addAdministrator("mallory@example.com", { isPlatformOwner: false });
    const mallory = createBrowser(console, "192.0.2.8");
    await mallory.signIn("mallory@example.com");
    expect((await mallory.post("/api/access-tokens", { ...body, accountId: account.id })).status).toBe(404);
  });

  test("401 with one answer: unknown, over, of a disabled owner, deleted, malformed, another scheme", async () => {
    const over = await addAccessToken({ expiresAt: console.clock.seconds });
    const deleted = await addAccessToken();
    expect((await browser.delete(`/api/access-tokens/${deleted.id}`)).status).toBe(204);
    expect((await browser.delete(`/api/access-tokens/${deleted.id}`)).status).toBe(404);
    const headers = [
      `Bearer ${createSecret("admin", randomBytes)}`,
      `Bearer ${over.token}`,
      `Bearer ${deleted.token}`,
      "Bearer",
      "Bearer a b",
      "",
      `Basic ${Buffer.from(`${email}:${password}`).toString("base64")}`,
    ];
    for (const header of headers) expect(await refusalOf({ authorization: [header] })).toEqual(unauthenticated);
    expect(await refusalOf({ authorization: [`Bearer ${over.token}`, "Bearer x"] })).toEqual(unauthenticated);
    const { token } = await addAccessToken();
    await console.addAdministrator("otto@example.com");
    await console.storage.changeAdministrator(id, { state: "disabled" }, console.author());
    expect(await refusalOf({ authorization: [`Bearer ${token}`] })).toEqual(unauthenticated);
  });

  test("C-16: a token of one kind is nothing where another is meant, even if its digest is stored there", async () => {
    const kinds = ["admin", "session", "setup", "invite", "live", "test"] as const;
    for (const kind of kinds) {
      const swapped = createSecret(kind, randomBytes);
      const made = { administratorId: id, name: kind, scopes: ["read"], accountId: undefined };
      const expiresAt = console.clock.seconds + 60;
      const token = { id: createUuid(randomBytes), digest: digestText(swapped), expiresAt };
      await console.storage.createAccessToken({ ...made, ...token }, console.author());
      const session = { state: "complete", steppedUpAt: undefined, failures: 0, source: "", userAgent: "" } as const;
      const times = { createdAt: console.clock.seconds, lastSeenAt: console.clock.seconds, expiresAt };
      const stored = { ...session, ...times, digest: digestText(swapped), administratorId: id };
      await console.storage.createSession(stored, console.author());
      const asToken = await refusalOf({ authorization: [`Bearer ${swapped}`] });
      const asCookie = await refusalOf({ headers: { cookie: `__Host-biped-session=${swapped}` } });
      expect([kind, asToken?.status, asCookie?.status]).toEqual([
        kind,
        kind === "admin" ? undefined : 401,
        kind === "session" ? undefined : 401,
      ]);
    }
  });

  test("400: a token and a session in one request", async () => {
    const { token } = await addAccessToken();
    const call = { authorization: [`Bearer ${token}`], headers: { cookie: browser.jar.cookie } };
    expect((await refusalOf(call))?.status).toBe(400);
  });

  test("make changes without the console's headers; which ones is for the frame to say", async () => {
    const { token } = await addAccessToken();
    expect(await refusalOf({ authorization: [`bearer ${token}`], body: {} }, true)).toBeUndefined();
  });

  test("their use is noted once a minute", async () => {
    const { token } = await addAccessToken();
    const used = async () => (await console.storage.listAccessTokens(id))[0]?.lastUsedAt;
    const start = console.clock.seconds;
    await identify({ authorization: [`Bearer ${token}`] });
    expect(await used()).toBe(start);
    console.clock.seconds += 59;
    await identify({ authorization: [`Bearer ${token}`] });
    expect(await used()).toBe(start);
    console.clock.seconds += 1;
    await identify({ authorization: [`Bearer ${token}`] });
    expect(await used()).toBe(start + 60);
  });

  test("GET /api/session tells what the token is of, and when it ends", async () => {
    const { token } = await addAccessToken();
    const answer = await console.call({ method: "GET", path: "/api/session", authorization: [`Bearer ${token}`] });
    expect([answer.status, answer.body.steppedUpUntil, answer.body.expiresAt]).toEqual([
      200,
      null,
      "2027-01-16T08:00:00Z",
    ]);
  });
});

describe("R-38: who one is comes from the session, never from the body", () => {
  test("members that name somebody else change nothing", async () => {
    const other = await console.addAdministrator("otto@example.com");
    const before = (await console.storage.findAdministrator(other))?.passwordHash;
    const body = {
      password: "another walk, another harbour",
      userId: other,
      administratorId: other,
      email: "otto@example.com",
    };
    await browser.put("/api/password", body);
    expect((await console.storage.findAdministrator(other))?.passwordHash).toBe(before);
  });
});
