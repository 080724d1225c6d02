/** Signing in with address and password, and the first run, on both engines. */

import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { hashPassword } from "../apps/authorization-server/src/administrators/password.ts";
import { createSecret } from "../packages/protocol/src/secret-format.ts";
import { type Answered, type Console, createBrowser, password, startConsole } from "./sign-in-console.ts";

const failed = { errorCode: "UNAUTHENTICATED", errorMessage: "Sign-in failed." };
const facts = ({ status, body }: Answered) => [status, body];

let sources = 0;
/** A source that has not failed yet. */
const nextSource = (): string => `203.0.113.${++sources}`;

describe.each(["sqlite", "postgres"] as const)("signing in on %s", (engine) => {
  let console: Console;
  let emails = 0;
  const addAdministrator = async (): Promise<{ id: string; email: string }> => {
    const email = `vera${++emails}@example.com`;
    return { id: await console.addAdministrator(email), email };
  };
  const createOwnBrowser = () => createBrowser(console, nextSource());

  beforeAll(async () => {
    console = await startConsole({ engine });
  });
  afterAll(() => console.stop());

  test("200 signed-in: address in any spelling, and password; the cookie is for this host and no script", async () => {
    const { email, id } = await addAdministrator();
    const browser = createOwnBrowser();
    const answer = await browser.signIn(`  ${email.toUpperCase()} `);
    expect(facts(answer)).toEqual([200, { state: "signed-in", secondFactors: [] }]);
    expect(answer.headers["set-cookie"]).toMatch(
      /^__Host-biped-session=biped_session_[0-9A-Za-z]{49}; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    );
    const session = await browser.get("/api/session");
    expect(session.body).toEqual({
      administrator: { id, email, name: "Vera Lind", platformRole: "owner", memberships: [] },
      factors: { hasPassword: true, hasTotp: false, passkeys: [], recoveryCodesLeft: 0 },
      mustEnrolSecondFactor: true,
      steppedUpUntil: "2027-01-15T08:05:00Z",
      expiresAt: "2027-01-15T08:30:00Z",
      isSandbox: false,
      issuer: "http://127.0.0.1:4000",
    });
  });

  test("the store holds no cookie: its digest alone", async () => {
    const { email, id } = await addAdministrator();
    const browser = createOwnBrowser();
    await browser.signIn(email);
    const stored = await console.storage.listSessions(id);
    expect(stored.map(({ digest }) => digest)).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect(JSON.stringify(stored)).not.toContain("biped_session");
  });

  test("401 with one answer: unknown address, wrong password, disabled, invited, and no address", async () => {
    const { email } = await addAdministrator();
    const disabled = await addAdministrator();
    await console.storage.changeAdministrator(disabled.id, { state: "disabled" }, console.author());
    await console.invite("otto@example.com");
    const tries: [string, string][] = [
      ["nobody@example.com", password],
      [email, `${password}!`],
      [disabled.email, password],
      ["otto@example.com", password],
      ["", password],
    ];
    for (const [address, typed] of tries) {
      const answer = await createOwnBrowser().signIn(address, typed);
      expect(facts(answer)).toEqual([401, failed]);
      expect(answer.headers).toEqual({ "www-authenticate": "Bearer" });
    }
  });

  test("the same work for all of them: one look-up, one hash", async () => {
    const { email } = await addAdministrator();
    const disabled = await addAdministrator();
    await console.storage.changeAdministrator(disabled.id, { state: "disabled" }, console.author());
    await console.invite("rosa@example.com");
    for (const address of [email, "nobody@example.com", disabled.email, "rosa@example.com"]) {
      const [looks, hashes] = [
        vi.spyOn(console.storage, "findAdministratorByEmail"),
        vi.spyOn(console.passwords, "verify"),
      ];
      await createOwnBrowser().signIn(address, "wrong");
      expect([looks.mock.calls.length, hashes.mock.calls.length]).toEqual([1, 1]);
      looks.mockRestore();
      hashes.mockRestore();
    }
  });

  test("R-39: 429 takes the place of the 401, for whoever is asked for, and ends by itself", async () => {
    const { email } = await addAdministrator();
    const answersOf = async (address: string) => {
      const browser = createOwnBrowser();
      const statuses: number[] = [];
      for (let count = 0; count < 7; count += 1) statuses.push((await browser.signIn(address, "wrong")).status);
      return { browser, statuses };
    };
    const known = await answersOf(email);
    expect(known.statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
    expect((await answersOf("nobody@example.com")).statuses).toEqual(known.statuses);
    const refused = await known.browser.signIn(email);
    expect([refused.status, refused.body.errorCode, refused.headers["retry-after"]]).toEqual([
      429,
      "RATE_LIMITED",
      "1",
    ]);
    console.clock.seconds += 1;
    expect((await known.browser.signIn(email)).status).toBe(200);
  });

  test("C-27: spellings of an address share one count", async () => {
    const { email } = await addAdministrator();
    const browser = createOwnBrowser();
    const spellings = [
      email,
      email.toUpperCase(),
      ` ${email}`,
      `${email}\t`,
      email.replace("vera", "ｖera"),
      `\u00a0${email}`,
    ];
    const statuses: number[] = [];
    for (const spelling of spellings) statuses.push((await browser.signIn(spelling, "wrong")).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  });

  test("a stranger's failures do not lock the person out of another source", async () => {
    const { email } = await addAdministrator();
    const stranger = createOwnBrowser();
    for (let count = 0; count < 10; count += 1) await stranger.signIn(email, "wrong");
    expect((await createOwnBrowser().signIn(email)).status).toBe(200);
  });

  test("fixation: a cookie from before is never the one after, and the session from before has ended", async () => {
    const { email } = await addAdministrator();
    const browser = createOwnBrowser();
    browser.jar.cookie = `__Host-biped-session=${createSecret("session", randomBytes)}`;
    const planted = browser.jar.cookie;
    await browser.signIn(email);
    const first = browser.jar.cookie;
    await browser.signIn(email);
    const second = browser.jar.cookie;
    expect(new Set([planted, first, second]).size).toBe(3);
    for (const old of [planted, first]) {
      browser.jar.cookie = old;
      expect((await browser.get("/api/session")).status).toBe(401);
    }
  });

  test("403: signing in from another site's page", async () => {
    const { email } = await addAdministrator();
    const headers = { "sec-fetch-site": "cross-site", "x-biped-console": "1" };
    const body = { email, password };
    const paths = [
      "/api/session",
      "/api/session/second-factor",
      "/api/session/passkey",
      "/api/session/passkey-challenge",
    ];
    for (const path of paths) {
      const sent = path.endsWith("challenge") ? {} : path.endsWith("factor") ? { totp: "123456" } : body;
      const answer = await console.call({
        method: "POST",
        path,
        headers,
        body: path.endsWith("passkey") ? { passkey: {} } : sent,
        source: nextSource(),
      });
      expect([path, answer.status]).toEqual([path, 403]);
    }
  });

  test("R-31: a hash without pepper is made anew at the next sign-in, which goes on", async () => {
    const { email, id } = await addAdministrator();
    const weak = await hashPassword(password, randomBytes);
    await console.storage.setPassword(id, weak, console.author());
    const browser = createOwnBrowser();
    await browser.signIn(email);
    const { passwordHash } = (await console.storage.findAdministrator(id)) ?? {};
    expect(passwordHash).toContain(",keyid=");
    expect((await browser.get("/api/session")).status).toBe(200);
    expect((await createOwnBrowser().signIn(email)).status).toBe(200);
  });

  test("each sign-in is one audit event, without address, password or cookie in it", async () => {
    const { email, id } = await addAdministrator();
    const before = (await console.storage.findAuditHead()).sequence;
    await createOwnBrowser().signIn(email);
    const events = await console.storage.listAuditEvents(before, 10);
    expect(events.map(({ action, actor, subject }) => [action, actor, subject])).toEqual([
      ["administrator.signed-in", `administrator:${id}`, `administrator:${id}`],
    ]);
    expect(JSON.stringify(events)).not.toMatch(/biped_session|harbour/);
  });

  describe("invitations", () => {
    test("201: name and password are set, the person is signed in, and the invitation is used up", async () => {
      const token = await console.invite("ines@example.com");
      const browser = createOwnBrowser();
      const body = { token, name: "Ines", password };
      const answer = await browser.post("/api/invitations/acceptance", body);
      expect(facts(answer)).toEqual([201, { state: "signed-in", secondFactors: [] }]);
      expect((await browser.get("/api/session")).body.administrator).toMatchObject({
        email: "ines@example.com",
        name: "Ines",
      });
      expect(facts(await createOwnBrowser().post("/api/invitations/acceptance", body))).toEqual([401, failed]);
      expect((await createOwnBrowser().signIn("ines@example.com")).status).toBe(200);
    });

    test("400: a password that does not stand alone; the invitation stays good", async () => {
      const token = await console.invite("jan@example.com");
      const browser = createOwnBrowser();
      for (const typed of ["short", "passwordpassword", "Jan-Jan-Jan-Jan-"]) {
        const answer = await browser.post("/api/invitations/acceptance", { token, name: "Jan", password: typed });
        expect([answer.status, answer.body.errorCode]).toEqual([400, "INVALID_REQUEST"]);
      }
      expect((await browser.post("/api/invitations/acceptance", { token, name: "Jan", password })).status).toBe(201);
    });

    test("401: after seven days", async () => {
      const token = await console.invite("kim@example.com");
      console.clock.seconds += 7 * 86_400;
      const body = { token, name: "Kim", password };
      expect(facts(await createOwnBrowser().post("/api/invitations/acceptance", body))).toEqual([401, failed]);
    });

    test("20 at once: one wins", async () => {
      const token = await console.invite("lea@example.com");
      const answers = await Promise.all(
        Array.from({ length: 20 }, () =>
          createOwnBrowser().post("/api/invitations/acceptance", { token, name: "Lea", password }),
        ),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    });
  });
});

describe.each(["sqlite", "postgres"] as const)("the first run on %s", (engine) => {
  let console: Console;
  let token: string;
  const setUp = (further: Record<string, unknown> = {}) =>
    createBrowser(console, nextSource()).post("/api/setup", {
      token,
      email: "Vera@Example.com",
      name: "Vera",
      password,
      ...further,
    });

  beforeAll(async () => {
    console = await startConsole({ engine });
    token = (await console.openSetup())?.token ?? "";
  });
  afterAll(() => console.stop());

  test("the console learns that setup is open, and that there is no provider", async () => {
    const answer = await createBrowser(console).get("/api/sign-in-options");
    expect(facts(answer)).toEqual([200, { isSetupOpen: true, sso: null, isSandbox: false }]);
  });

  test("401: a wrong token, one of another kind, and a client secret", async () => {
    for (const kind of ["setup", "invite", "session", "admin", "live"] as const) {
      expect(facts(await setUp({ token: createSecret(kind, randomBytes) }))).toEqual([401, failed]);
    }
    expect(facts(await setUp({ token: "" }))).toEqual([401, failed]);
  });

  test("400: rules for the password and the name come before the token is used up", async () => {
    expect((await setUp({ password: "short" })).body.errorMessage).toBe("password must have at least 15 characters.");
    expect((await setUp({ name: " " })).status).toBe(400);
  });

  test("401 after an hour; the next start makes a new token, which ends the one before", async () => {
    console.clock.seconds += 3600;
    expect((await setUp()).status).toBe(401);
    const former = (await console.openSetup())?.token;
    token = (await console.openSetup())?.token ?? "";
    expect((await setUp({ token: former })).status).toBe(401);
  });

  test("M-12: of ten at once one creates the first administrator; then 404 for ever after", async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, (_, at) => setUp({ email: `v${at}@example.com` })));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    for (const status of statuses) expect([201, 401, 404]).toContain(status);
    const won = answers.find(({ status }) => status === 201);
    expect(won?.body).toEqual({ state: "signed-in", secondFactors: [] });
    expect((await setUp()).status).toBe(404);
    expect((await setUp({ token: "whatever" })).status).toBe(404);
    expect(await console.openSetup()).toBeUndefined();
    expect((await createBrowser(console).get("/api/sign-in-options")).body.isSetupOpen).toBe(false);
  });
});
