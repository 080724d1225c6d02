import { createHash } from "node:crypto";
import type { HttpRequest } from "@biped/listener";
import { createSecret } from "@biped/protocol";
import { describe, expect, test } from "vitest";
import type { Administrator, Session } from "../storage/administration.ts";
import {
  createOwnAuthor,
  createSessions,
  endedSessionHeaders,
  findSessionEnd,
  findStepUpEnd,
  formatCookieHeaders,
  formatSessionId,
  type SessionParts,
} from "./session.ts";

const now = 1_800_000_000;
const minute = 60;
const hour = 3600;
const digestOf = (text: string) => createHash("sha256").update(text).digest("hex");
/** What a cookie holds, drawn from a source that gives this byte alone. */
const createValue = (byte: number) => createSecret("session", (count) => new Uint8Array(count).fill(byte));
const cookieOf = (value: string) => `__Host-biped-session=${value}; Path=/; Secure; HttpOnly; SameSite=Strict`;

const administrator = { id: "a-1", state: "enabled" } as Administrator;
const held: Session = {
  digest: digestOf(createValue(200)),
  administratorId: "a-1",
  state: "complete",
  createdAt: now - hour,
  lastSeenAt: now - minute,
  expiresAt: now + hour,
  steppedUpAt: now - hour,
  failures: 0,
  source: "192.0.2.7",
  userAgent: "Firefox",
};

const createRequest = (headers: Readonly<Record<string, string>> = {}): HttpRequest => ({
  id: "r-1",
  method: "POST",
  path: "/api/session",
  query: "",
  params: new Map(),
  authorization: [],
  contentType: undefined,
  ifNoneMatch: undefined,
  header: (name) => headers[name],
  body: Buffer.from(""),
  source: "192.0.2.7",
  peer: () => "192.0.2.7",
});
const own = createRequest({ cookie: `__Host-biped-session=${createValue(200)}`, "user-agent": "Firefox" });
const author = { at: now, actor: "administrator:a-1", requestId: "r-1", source: "192.0.2.7" };

/** A store that knows one session, and answers `isDone` to every change. */
function openWorld(session: Partial<Session> = {}, state: Administrator["state"] = "enabled", isDone = true) {
  const clock = { seconds: now };
  const calls: unknown[][] = [];
  let drawn = 0;
  const note =
    <Answer>(name: string, answer: Answer) =>
    async (...given: unknown[]): Promise<Answer> => {
      calls.push([name, ...given]);
      return answer;
    };
  const stored: Session = { ...held, ...session };
  const storage: SessionParts["storage"] = {
    createSession: note("create", isDone),
    completeSession: note("complete", isDone),
    renewSession: note("renew", isDone),
    touchSession: note("touch", undefined),
    endSession: note("end", isDone),
    listSessions: async () => [stored, { ...stored, state: "pending" }, { ...stored, expiresAt: now }],
    findSession: async (digest) =>
      digest === held.digest ? { session: stored, administrator: { ...administrator, state } } : undefined,
  };
  const randomBytes = (count: number) => {
    drawn += 1;
    return new Uint8Array(count).fill(drawn);
  };
  const sessions = createSessions({ storage, nowSeconds: () => clock.seconds, randomBytes });
  return { clock, calls, stored, sessions };
}

describe("R-33: the session of a request", () => {
  test("is found by the digest of its cookie, with its administrator", async () => {
    const { sessions, stored } = openWorld();
    expect(await sessions.find(own)).toEqual({ session: stored, administrator });
  });

  test.each<[string, HttpRequest]>([
    ["no cookie", createRequest()],
    ["a value that nobody has", createRequest({ cookie: `__Host-biped-session=${createValue(201)}` })],
    ["two cookies", createRequest({ cookie: `__Host-biped-session=${createValue(200)}; __Host-biped-session=x` })],
  ])("is not there: %s", async (_name, request) => {
    expect(await openWorld().sessions.find(request)).toBeUndefined();
  });

  test("is not there where its administrator is disabled", async () => {
    expect(await openWorld({}, "disabled").sessions.find(own)).toBeUndefined();
  });

  test.each([
    ["in the last second before its end", { expiresAt: now + 1 }, true],
    ["at its end", { expiresAt: now }, false],
    ["after 30 minutes less a second without a request", { lastSeenAt: now - 30 * minute + 1 }, true],
    ["after 30 minutes without a request", { lastSeenAt: now - 30 * minute }, false],
  ])("%s: %j", async (_name, session, isThere) => {
    expect((await openWorld(session).sessions.find(own)) !== undefined).toBe(isThere);
  });

  test("those of a list are the complete ones that are live", async () => {
    const { sessions, stored } = openWorld();
    expect(await sessions.listLive("a-1")).toEqual([stored]);
  });

  test.each([
    [59, []],
    [60, [["touch", held.digest, now]]],
  ])("%i seconds after it was last used", async (seconds, calls) => {
    const world = openWorld();
    await world.sessions.touch({ ...held, lastSeenAt: now - seconds });
    expect(world.calls).toEqual(calls);
  });
});

describe("R-33: a gain of trust", () => {
  const person = { administratorId: "a-1", state: "complete", provedAt: now - 3 } as const;
  const started = {
    digest: digestOf(createValue(1)),
    administratorId: "a-1",
    state: "complete",
    createdAt: now,
    lastSeenAt: now,
    expiresAt: now + 12 * hour,
    steppedUpAt: now - 3,
    failures: 0,
    source: "192.0.2.7",
    userAgent: "Firefox",
  };

  test("ends the session that the request came with, and starts one of 12 hours with a new value", async () => {
    const { sessions, calls } = openWorld();
    expect(await sessions.start(person, own)).toEqual({ cookie: cookieOf(createValue(1)), session: started });
    expect(calls).toEqual([
      ["end", "a-1", held.digest],
      ["create", started, author],
    ]);
  });

  test("a pending one is of ten minutes; without a browser's name it has none", async () => {
    const { sessions, calls } = openWorld();
    const { session } = await sessions.start({ ...person, state: "pending", provedAt: undefined }, createRequest());
    const pending = { ...started, state: "pending", expiresAt: now + 10 * minute, steppedUpAt: undefined };
    expect(session).toEqual({ ...pending, userAgent: "" });
    expect(calls).toEqual([["create", session, author]]);
  });

  test("a browser's name is printable ASCII of 200 characters at most", async () => {
    const nameOf = async (text: string) =>
      (await openWorld().sessions.start(person, createRequest({ "user-agent": text }))).session.userAgent;
    expect(await nameOf("Fire\u0000fox é\n(Lïnux)~")).toBe("Firefox (Lnux)~");
    expect(await nameOf("x".repeat(201))).toBe("x".repeat(200));
  });

  test("by a password the store is told which one it was, and may find that it is none any more", async () => {
    const byPassword = { ...person, passwordHash: "$argon2id$" };
    const { sessions, calls } = openWorld();
    expect(await sessions.startByPassword(byPassword, own)).toEqual({
      cookie: cookieOf(createValue(1)),
      session: started,
    });
    expect(calls.at(-1)).toEqual(["create", started, author, byPassword]);
    expect(await openWorld({}, "enabled", false).sessions.startByPassword(byPassword, own)).toBeUndefined();
  });

  test("by a second factor a pending one gets a new value and 12 hours; undefined if it has ended", async () => {
    const { sessions, calls } = openWorld();
    expect(await sessions.complete({ session: held, administrator }, own)).toBe(cookieOf(createValue(1)));
    const next = { digest: digestOf(createValue(1)), expiresAt: now + 12 * hour };
    expect(calls).toEqual([["complete", held.digest, next, author]]);
    const ended = openWorld({}, "enabled", false).sessions;
    expect(await ended.complete({ session: held, administrator }, own)).toBeUndefined();
  });

  test("by step-up one gets a new value and the time; undefined if it has ended", async () => {
    const { sessions, calls } = openWorld();
    const next = { digest: digestOf(createValue(1)), steppedUpAt: now };
    expect(await sessions.stepUp(held)).toEqual({ cookie: cookieOf(createValue(1)), session: { ...held, ...next } });
    expect(calls).toEqual([["renew", held.digest, next]]);
    expect(await openWorld({}, "enabled", false).sessions.stepUp(held)).toBeUndefined();
  });
});

test("step-up lasts five minutes", () => {
  const { sessions } = openWorld();
  const isSteppedUp = (steppedUpAt: number | undefined) => sessions.isSteppedUp({ ...held, steppedUpAt });
  expect([undefined, now - 5 * minute, now - 5 * minute + 1, now].map(isSteppedUp)).toEqual([false, false, true, true]);
  expect(findStepUpEnd({ ...held, steppedUpAt: now })).toBe(now + 5 * minute);
  expect(findStepUpEnd({ ...held, steppedUpAt: undefined })).toBeUndefined();
});

test("a session ends with its 12 hours or after 30 minutes without a request, whichever is first", () => {
  expect(findSessionEnd({ ...held, lastSeenAt: now, expiresAt: now + hour })).toBe(now + 30 * minute);
  expect(findSessionEnd({ ...held, lastSeenAt: now, expiresAt: now + minute })).toBe(now + minute);
});

test("what names a session to its owner is 16 characters of the digest's digest", () => {
  expect(formatSessionId(held.digest)).toBe(digestOf(held.digest).slice(0, 16));
});

test("the author of one's own change", () => {
  expect(createOwnAuthor("a-1", now, own)).toEqual(author);
});

test("a session is handed over and taken away by Set-Cookie", () => {
  expect(formatCookieHeaders("c")).toEqual({ "set-cookie": "c" });
  expect(endedSessionHeaders).toEqual({
    "set-cookie": "__Host-biped-session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict",
  });
});
