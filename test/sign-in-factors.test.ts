/** Second factors: authenticator apps, recovery codes and passkeys, on both engines. */

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { computeTotp } from "../apps/authorization-server/src/administrators/totp.ts";
import {
  type Answered,
  type Browser,
  type Console,
  consoleUrl,
  createBrowser,
  startConsole,
} from "./sign-in-console.ts";
import { type Authenticator, createAuthenticator, type Quirks } from "./software-authenticator.ts";

const failed = { errorCode: "UNAUTHENTICATED", errorMessage: "Sign-in failed." };
const facts = ({ status, body }: Answered) => [status, body];
const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function decodeBase32(text: string): Buffer {
  const bits = [...text].map((letter) => base32.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

let sources = 0;
const nextSource = (): string => `203.0.113.${++sources % 250}`;

describe.each(["sqlite", "postgres"] as const)("second factors on %s", (engine) => {
  let console: Console;
  let emails = 0;

  /** Signed in just now, so that everything with step-up is open. */
  const addSignedIn = async () => {
    const email = `vera${++emails}@example.com`;
    const id = await console.addAdministrator(email);
    const browser = createBrowser(console, nextSource());
    await browser.signIn(email);
    return { id, email, browser };
  };
  const enrolTotp = async (browser: Browser) => {
    const begun = await browser.post("/api/totp");
    const secret = decodeBase32(begun.body.secret);
    const code = (offset = 0) => computeTotp(secret, Math.floor(console.clock.seconds / 30) + offset);
    const confirmed = await browser.put("/api/totp", { code: code() });
    expect(confirmed.status).toBe(200);
    console.clock.seconds += 30;
    return { code, recoveryCodes: confirmed.body.recoveryCodes as string[] };
  };
  const enrolPasskey = async (browser: Browser) => {
    const authenticator = createAuthenticator(consoleUrl);
    const options = await browser.post("/api/passkeys/challenge");
    const answer = await browser.post("/api/passkeys", { name: "Laptop", passkey: authenticator.create(options.body) });
    expect(answer.status).toBe(201);
    return { authenticator, answer };
  };
  const beginSignIn = async (email: string) => {
    const browser = createBrowser(console, nextSource());
    const answer = await browser.signIn(email);
    return { browser, answer };
  };

  beforeAll(async () => {
    console = await startConsole({ engine });
  });
  afterAll(() => console.stop());

  describe("an authenticator app", () => {
    test("is enrolled with a code of its own, and comes with ten recovery codes", async () => {
      const { browser, id, email } = await addSignedIn();
      const begun = await browser.post("/api/totp");
      expect(begun.body.secret).toMatch(/^[A-Z2-7]{32}$/);
      expect(begun.body.uri).toBe(
        `otpauth://totp/Biped:${encodeURIComponent(email)}?secret=${begun.body.secret}&issuer=Biped&algorithm=SHA1&digits=6&period=30`,
      );
      const stored = await console.storage.findTotp(id);
      expect(stored?.sealed).toMatch(/^v1\./);
      expect(stored?.sealed).not.toContain(begun.body.secret);
      expect((await browser.put("/api/totp", { code: "000000" })).status).toBe(400);
      const secret = decodeBase32(begun.body.secret);
      const code = computeTotp(secret, Math.floor(console.clock.seconds / 30));
      const confirmed = await browser.put("/api/totp", { code });
      expect([confirmed.status, confirmed.body.recoveryCodes.length]).toEqual([200, 10]);
      const session = await browser.get("/api/session");
      expect(session.body.factors).toEqual({ hasPassword: true, hasTotp: true, passkeys: [], recoveryCodesLeft: 10 });
      expect(session.body.mustEnrolSecondFactor).toBe(false);
      expect((await browser.post("/api/totp")).status).toBe(409);
      expect((await browser.put("/api/totp", { code })).status).toBe(409);
    });

    test("a sealed secret opens for its administrator alone", async () => {
      const [vera, mallory] = [await addSignedIn(), await addSignedIn()];
      await enrolTotp(vera.browser);
      const sealed = (await console.storage.findTotp(vera.id))?.sealed ?? "";
      await console.storage.beginTotp(mallory.id, sealed);
      await expect(mallory.browser.put("/api/totp", { code: "123456" })).rejects.toThrow("damaged");
    });

    test("signs in after the password, with a new cookie and not before", async () => {
      const { browser: first, email } = await addSignedIn();
      const { code } = await enrolTotp(first);
      const { browser, answer } = await beginSignIn(email);
      expect(facts(answer)).toEqual([
        200,
        { state: "second-factor-required", secondFactors: ["totp", "recovery-code"] },
      ]);
      const pending = browser.jar.cookie;
      expect((await browser.get("/api/session")).status).toBe(401);
      expect((await browser.get("/api/sessions")).status).toBe(401);
      const finished = await browser.post("/api/session/second-factor", { totp: code() });
      expect([finished.status, finished.body.state]).toEqual([200, "signed-in"]);
      expect(browser.jar.cookie).not.toBe(pending);
      expect((await browser.get("/api/session")).status).toBe(200);
      browser.jar.cookie = pending;
      expect((await browser.get("/api/session")).status).toBe(401);
      expect((await browser.post("/api/session/second-factor", { totp: code(1) })).status).toBe(401);
    });

    test("C-27: a code is used once, also with a blank in it, by another session, and after a later one", async () => {
      const { browser: first, email } = await addSignedIn();
      const { code } = await enrolTotp(first);
      const used = code();
      const { browser } = await beginSignIn(email);
      expect((await browser.post("/api/session/second-factor", { totp: used })).status).toBe(200);
      for (const spelt of [used, ` ${used}`, `${used.slice(0, 3)} ${used.slice(3)}`, `${used}\u200b`]) {
        const again = await beginSignIn(email);
        expect(facts(await again.browser.post("/api/session/second-factor", { totp: spelt }))).toEqual([401, failed]);
      }
      const later = await beginSignIn(email);
      expect((await later.browser.post("/api/session/second-factor", { totp: code(1) })).status).toBe(200);
      const earlier = await beginSignIn(email);
      expect((await earlier.browser.post("/api/session/second-factor", { totp: used })).status).toBe(401);
    });

    test("the code that enrolled it does not sign in as well", async () => {
      const { browser: first, email } = await addSignedIn();
      const { code } = await enrolTotp(first);
      const { browser } = await beginSignIn(email);
      expect((await browser.post("/api/session/second-factor", { totp: code(-1) })).status).toBe(401);
    });

    test("M-12: one code in 12 sign-ins at once signs in once", async () => {
      const { browser: first, email } = await addSignedIn();
      const { code } = await enrolTotp(first);
      for (let round = 0; round < 5; round += 1) {
        console.clock.seconds += 60;
        const browsers: Browser[] = [];
        for (let count = 0; count < 12; count += 1) browsers.push((await beginSignIn(email)).browser);
        const answers = await Promise.all(
          browsers.map((browser) => browser.post("/api/session/second-factor", { totp: code() })),
        );
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      }
    });

    test("five tries, then the sign-in ends, whatever the sixth would have been", async () => {
      const { browser: first, email } = await addSignedIn();
      const { code } = await enrolTotp(first);
      const { browser } = await beginSignIn(email);
      const pending = browser.jar.cookie;
      for (let count = 0; count < 5; count += 1) {
        expect(browser.jar.cookie).toBe(pending);
        expect((await browser.post("/api/session/second-factor", { totp: "000000" })).status).toBe(401);
      }
      expect(browser.jar.cookie).toBe("");
      browser.jar.cookie = pending;
      expect((await browser.post("/api/session/second-factor", { totp: code() })).status).toBe(401);
    });

    test("tries at the same time are five as well, and a new sign-in from there has to wait", async () => {
      const { browser: first, email } = await addSignedIn();
      const { code } = await enrolTotp(first);
      const { browser } = await beginSignIn(email);
      const pending = browser.jar.cookie;
      const looks = vi.spyOn(console.storage, "findTotp");
      const answers = await Promise.all(
        Array.from({ length: 30 }, () => browser.post("/api/session/second-factor", { totp: "000000" })),
      );
      expect(looks).toHaveBeenCalledTimes(5);
      looks.mockRestore();
      for (const { status } of answers) expect([401, 429]).toContain(status);
      browser.jar.cookie = pending;
      console.clock.seconds += 1;
      expect((await browser.post("/api/session/second-factor", { totp: code() })).status).toBe(401);
      await browser.signIn(email);
      expect((await browser.post("/api/session/second-factor", { totp: "000000" })).status).toBe(401);
      expect((await browser.post("/api/session/second-factor", { totp: code() })).status).toBe(429);
      console.clock.seconds += 2;
      expect((await browser.post("/api/session/second-factor", { totp: code() })).status).toBe(200);
    });

    test("400: no proof, or two of them", async () => {
      const { browser: first, email } = await addSignedIn();
      const { code } = await enrolTotp(first);
      const { browser } = await beginSignIn(email);
      expect((await browser.post("/api/session/second-factor", {})).status).toBe(400);
      expect((await browser.post("/api/session/second-factor", { totp: code(), recoveryCode: "a" })).status).toBe(400);
    });

    test("401 after ten minutes, and without a sign-in that waits", async () => {
      const { browser: first, email } = await addSignedIn();
      const { code } = await enrolTotp(first);
      const { browser } = await beginSignIn(email);
      console.clock.seconds += 600;
      expect((await browser.post("/api/session/second-factor", { totp: code() })).status).toBe(401);
      const nobody = createBrowser(console, nextSource());
      expect((await nobody.post("/api/session/second-factor", { totp: code() })).status).toBe(401);
    });

    test("enrolling and removing it ends the other sessions, and keeps the one that did it", async () => {
      const { browser, email } = await addSignedIn();
      const other = (await beginSignIn(email)).browser;
      await enrolTotp(browser);
      expect([(await browser.get("/api/session")).status, (await other.get("/api/session")).status]).toEqual([
        200, 401,
      ]);
      expect((await browser.delete("/api/totp")).status).toBe(204);
      expect((await browser.delete("/api/totp")).status).toBe(404);
      expect((await browser.get("/api/session")).body.mustEnrolSecondFactor).toBe(true);
    });
  });

  describe("recovery codes", () => {
    test("each signs in once, however it is typed", async () => {
      const { browser: first, email } = await addSignedIn();
      const { recoveryCodes } = await enrolTotp(first);
      const [one = "", two = ""] = recoveryCodes;
      const statuses: number[] = [];
      for (const typed of [one.toUpperCase().replaceAll("-", " "), one, ` ${one} `, two]) {
        const { browser } = await beginSignIn(email);
        statuses.push((await browser.post("/api/session/second-factor", { recoveryCode: typed })).status);
      }
      expect(statuses).toEqual([200, 401, 401, 200]);
      expect((await first.get("/api/session")).body.factors.recoveryCodesLeft).toBe(8);
    });

    test("are stored as digests; new ones end the former; they need a factor to stand in for", async () => {
      const { browser: first, email } = await addSignedIn();
      expect((await first.post("/api/recovery-codes")).status).toBe(409);
      const { recoveryCodes: former } = await enrolTotp(first);
      const made = await first.post("/api/recovery-codes");
      expect([made.status, made.body.recoveryCodes.length]).toEqual([200, 10]);
      const { browser } = await beginSignIn(email);
      const use = (recoveryCode: string | undefined) => browser.post("/api/session/second-factor", { recoveryCode });
      expect([(await use(former[0])).status, (await use(made.body.recoveryCodes[0])).status]).toEqual([401, 200]);
    });

    test("those of another administrator are worth nothing", async () => {
      const [vera, mallory] = [await addSignedIn(), await addSignedIn()];
      await enrolTotp(vera.browser);
      const { recoveryCodes } = await enrolTotp(mallory.browser);
      const { browser } = await beginSignIn(vera.email);
      const answer = await browser.post("/api/session/second-factor", { recoveryCode: recoveryCodes[0] });
      expect(answer.status).toBe(401);
    });

    test("without a second factor there is nothing that they finish", async () => {
      const { browser, email } = await addSignedIn();
      await enrolTotp(browser);
      await browser.delete("/api/totp");
      expect((await beginSignIn(email)).answer.body).toEqual({ state: "signed-in", secondFactors: [] });
    });
  });

  describe("passkeys", () => {
    test("are enrolled with a verified user and a key that the authenticator keeps", async () => {
      const { browser, id, email } = await addSignedIn();
      const options = await browser.post("/api/passkeys/challenge");
      expect(options.body).toMatchObject({
        rp: { id: "localhost", name: "Biped" },
        user: { id: Buffer.from(id).toString("base64url"), name: email, displayName: "Vera Lind" },
        attestation: "none",
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        excludeCredentials: [],
      });
      const authenticator = createAuthenticator(consoleUrl);
      const body = { name: " Laptop ", passkey: authenticator.create(options.body) };
      const answer = await browser.post("/api/passkeys", body);
      expect(answer.body.passkey).toEqual({
        id: authenticator.id,
        name: "Laptop",
        createdAt: expect.stringMatching(/^2027-/),
        lastUsedAt: null,
      });
      expect(answer.body.recoveryCodes).toHaveLength(10);
      expect(facts(await browser.post("/api/passkeys", body))[0]).toBe(400);
      const more = await browser.post("/api/passkeys/challenge");
      expect(more.body.excludeCredentials).toMatchObject([{ id: authenticator.id }]);
      const second = createAuthenticator(consoleUrl).create(more.body);
      expect((await browser.post("/api/passkeys", { name: "Phone", passkey: second })).body.recoveryCodes).toBeNull();
    });

    test.each<[string, Quirks]>([
      ["a page of another origin", { origin: "http://localhost:4011" }],
      ["a page within another", { crossOrigin: true }],
      ["an authenticator that did not verify its user", { userVerified: false }],
    ])("400: %s does not enrol one", async (_name, quirks) => {
      const { browser } = await addSignedIn();
      const options = await browser.post("/api/passkeys/challenge");
      const passkey = createAuthenticator(consoleUrl).create(options.body, quirks);
      expect((await browser.post("/api/passkeys", { name: "Laptop", passkey })).status).toBe(400);
      expect((await browser.get("/api/session")).body.factors.passkeys).toEqual([]);
    });

    test("400: the challenge of another administrator, an old one, one to sign in, and none", async () => {
      const [vera, mallory] = [await addSignedIn(), await addSignedIn()];
      const authenticator = createAuthenticator(consoleUrl);
      const enrol = (options: Answered, challenge: unknown = options.body.challenge) =>
        vera.browser.post("/api/passkeys", {
          name: "Laptop",
          passkey: authenticator.create({ ...options.body, challenge }),
        });
      const own = await vera.browser.post("/api/passkeys/challenge");
      const foreign = await mallory.browser.post("/api/passkeys/challenge");
      const signIn = await vera.browser.post("/api/session/passkey-challenge");
      expect((await enrol(own, foreign.body.challenge)).status).toBe(400);
      expect((await enrol(own, signIn.body.challenge)).status).toBe(400);
      for (const challenge of ["", "A".repeat(43), 7, null]) expect((await enrol(own, challenge)).status).toBe(400);
      const old = await vera.browser.post("/api/passkeys/challenge");
      console.clock.seconds += 299;
      expect((await enrol(old)).status).toBe(201);
      await vera.browser.delete(`/api/passkeys/${authenticator.id}`);
      const older = await vera.browser.post("/api/passkeys/challenge");
      if (older.status === 200) {
        console.clock.seconds += 300;
        expect((await enrol(older)).status).not.toBe(201);
      }
    });

    test("sign in alone, without address and password, and are noted as used", async () => {
      const { browser: first, email } = await addSignedIn();
      const { authenticator } = await enrolPasskey(first);
      const browser = createBrowser(console, nextSource());
      const options = await browser.post("/api/session/passkey-challenge");
      expect(options.body).toMatchObject({ rpId: "localhost", userVerification: "required", allowCredentials: [] });
      const answer = await browser.post("/api/session/passkey", { passkey: authenticator.get(options.body) });
      expect([answer.status, answer.body.state]).toEqual([200, "signed-in"]);
      const session = await browser.get("/api/session");
      expect(session.body.administrator.email).toBe(email);
      expect(session.body.factors.passkeys[0].lastUsedAt).toMatch(/^2027-/);
    });

    const challengeAndGet = async (browser: Browser, authenticator: Authenticator, quirks: Quirks = {}) =>
      authenticator.get((await browser.post("/api/session/passkey-challenge")).body, quirks);

    test.each<[string, Quirks]>([
      ["another origin", { origin: "https://localhost:4010" }],
      ["a page within another", { crossOrigin: true }],
      ["no verified user", { userVerified: false }],
      ["another user's handle", { userHandle: Buffer.from("mallory").toString("base64url") }],
      ["a signature of something else", { forged: true }],
      ["a counter that went back", { counter: 1 }],
    ])("401: %s", async (_name, quirks) => {
      const { browser: first } = await addSignedIn();
      const { authenticator } = await enrolPasskey(first);
      const browser = createBrowser(console, nextSource());
      const passkey = await challengeAndGet(browser, authenticator, quirks);
      expect(facts(await browser.post("/api/session/passkey", { passkey }))).toEqual([401, failed]);
    });

    test("401: an answer is good once, and its challenge is used up by a wrong one", async () => {
      const { browser: first } = await addSignedIn();
      const { authenticator } = await enrolPasskey(first);
      const browser = createBrowser(console, nextSource());
      const passkey = await challengeAndGet(browser, authenticator);
      const stranger = createBrowser(console, nextSource());
      expect((await browser.post("/api/session/passkey", { passkey })).status).toBe(200);
      expect((await stranger.post("/api/session/passkey", { passkey })).status).toBe(401);
      const options = (await stranger.post("/api/session/passkey-challenge")).body;
      const forged = authenticator.get(options, { forged: true });
      expect((await stranger.post("/api/session/passkey", { passkey: forged })).status).toBe(401);
      const right = authenticator.get(options);
      expect((await stranger.post("/api/session/passkey", { passkey: right })).status).toBe(401);
    });

    test("401 alike: an unknown passkey, one of a disabled administrator, and no answer at all", async () => {
      const { browser: first, id } = await addSignedIn();
      const { authenticator } = await enrolPasskey(first);
      await console.storage.changeAdministrator(id, { state: "disabled" }, console.author());
      const browser = createBrowser(console, nextSource());
      const answers = [
        await challengeAndGet(browser, createAuthenticator(consoleUrl)),
        await challengeAndGet(browser, authenticator),
        {},
        {
          id: "x",
          rawId: "x",
          type: "public-key",
          response: { clientDataJSON: "e30", authenticatorData: "", signature: "" },
        },
      ];
      for (const passkey of answers) {
        expect(facts(await browser.post("/api/session/passkey", { passkey }))).toEqual([401, failed]);
      }
    });

    test("finish a sign-in as a second factor, for their own administrator alone", async () => {
      const [vera, mallory] = [await addSignedIn(), await addSignedIn()];
      const own = (await enrolPasskey(vera.browser)).authenticator;
      const foreign = (await enrolPasskey(mallory.browser)).authenticator;
      const { browser, answer } = await beginSignIn(vera.email);
      expect(answer.body.secondFactors).toEqual(["passkey", "recovery-code"]);
      const options = (await browser.post("/api/session/passkey-challenge")).body;
      expect(options.allowCredentials).toMatchObject([{ id: own.id }]);
      const wrong = await browser.post("/api/session/second-factor", { passkey: foreign.get(options) });
      expect(wrong.status).toBe(401);
      const right = await challengeAndGet(browser, own);
      expect((await browser.post("/api/session/second-factor", { passkey: right })).status).toBe(200);
      expect((await browser.get("/api/session")).body.administrator.email).toBe(vera.email);
    });

    test("a challenge of nobody does not finish somebody's sign-in", async () => {
      const vera = await addSignedIn();
      const { authenticator } = await enrolPasskey(vera.browser);
      const nobody = createBrowser(console, nextSource());
      const passkey = await challengeAndGet(nobody, authenticator);
      const { browser } = await beginSignIn(vera.email);
      expect((await browser.post("/api/session/second-factor", { passkey })).status).toBe(401);
    });

    test("removing one ends the other sessions; another administrator's is not there to remove", async () => {
      const [vera, mallory] = [await addSignedIn(), await addSignedIn()];
      const { authenticator } = await enrolPasskey(vera.browser);
      expect((await mallory.browser.delete(`/api/passkeys/${authenticator.id}`)).status).toBe(404);
      const other = createBrowser(console, nextSource());
      const passkey = await challengeAndGet(other, authenticator);
      await other.post("/api/session/passkey", { passkey });
      expect((await other.get("/api/session")).status).toBe(200);
      expect((await vera.browser.delete(`/api/passkeys/${authenticator.id}`)).status).toBe(204);
      expect([(await other.get("/api/session")).status, (await vera.browser.get("/api/session")).status]).toEqual([
        401, 200,
      ]);
    });

    test("429: a stranger may ask for 30 challenges at once", async () => {
      const stranger = createBrowser(console, "198.51.100.200");
      const statuses: number[] = [];
      for (let count = 0; count < 31; count += 1) {
        statuses.push((await stranger.post("/api/session/passkey-challenge")).status);
      }
      expect(statuses).toEqual([...Array(30).fill(200), 429]);
    });
  });
});
