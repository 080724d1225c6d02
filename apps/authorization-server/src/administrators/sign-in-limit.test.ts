import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import { describe, expect, test } from "vitest";
import { createDelays } from "./failure-delays.ts";
import { type Attempt, createSignInLimit, type Guess, guardGuess } from "./sign-in-limit.ts";

function createClocked() {
  const clock = { seconds: 1000 };
  return { clock, limit: createSignInLimit(() => clock.seconds) };
}

const guess = (further: Partial<Guess> = {}): Guess => ({
  kind: "password",
  name: "vera@example.com",
  source: "192.0.2.7",
  ...further,
});

const waitOf = (begun: Attempt | Refusal): number => (isRefusal(begun) ? Number(begun.headers["retry-after"]) : 0);

describe("R-39: failed sign-ins", () => {
  test("five at once, then a delay that doubles from one second to 15 minutes and no further", async () => {
    const { clock, limit } = createClocked();
    for (let count = 0; count < 5; count += 1) expect(waitOf(await limit.begin(guess()))).toBe(0);
    const waits: number[] = [];
    for (let count = 0; count < 13; count += 1) {
      const refused = await limit.begin(guess());
      waits.push(waitOf(refused));
      clock.seconds += waitOf(refused) - 0.001;
      expect(waitOf(await limit.begin(guess()))).toBe(1);
      clock.seconds += 0.001;
      expect(waitOf(await limit.begin(guess()))).toBe(0);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
  });

  test("429 RATE_LIMITED with Retry-After", async () => {
    const { limit } = createClocked();
    for (let count = 0; count < 5; count += 1) await limit.begin(guess());
    expect(await limit.begin(guess())).toMatchObject({
      status: 429,
      code: "RATE_LIMITED",
      headers: { "retry-after": "1" },
    });
  });

  test("a success clears what the name has failed from there", async () => {
    const { limit } = createClocked();
    for (let count = 0; count < 4; count += 1) await limit.begin(guess());
    const attempt = await limit.begin(guess());
    if (!isRefusal(attempt)) attempt.succeed();
    for (let count = 0; count < 5; count += 1) expect(waitOf(await limit.begin(guess()))).toBe(0);
    expect(waitOf(await limit.begin(guess()))).toBe(1);
  });

  test("what compared nothing costs nothing", async () => {
    const { limit } = createClocked();
    for (let count = 0; count < 200; count += 1) {
      const attempt = await limit.begin(guess());
      expect(waitOf(attempt)).toBe(0);
      if (!isRefusal(attempt)) attempt.cancel();
    }
  });

  test("a source has 20 failures over however many names", async () => {
    const { limit } = createClocked();
    const waits: number[] = [];
    for (let at = 0; at < 21; at += 1) waits.push(waitOf(await limit.begin(guess({ name: `${at}@example.com` }))));
    expect(waits).toEqual([...Array(20).fill(0), 1]);
  });

  test("an own account does not wash a source: its successes take back no failure", async () => {
    const { limit } = createClocked();
    let refused = 0;
    for (let at = 0; at < 40; at += 1) {
      if (isRefusal(await limit.begin(guess({ name: `${at}@example.com` })))) refused += 1;
      const own = await limit.begin(guess({ name: "mallory@example.com" }));
      if (!isRefusal(own)) own.succeed();
    }
    expect(refused).toBe(20);
  });

  test("a /64 of IPv6 is one source", async () => {
    const { limit } = createClocked();
    const waits: number[] = [];
    for (let at = 0; at < 6; at += 1) waits.push(waitOf(await limit.begin(guess({ source: `2001:db8:1:2::${at}` }))));
    expect(waits).toEqual([0, 0, 0, 0, 0, 1]);
  });

  test("kinds and names do not share, and no name can be written into another's count", async () => {
    const { limit } = createClocked();
    for (let count = 0; count < 5; count += 1) await limit.begin(guess());
    for (const other of [guess({ kind: "second-factor" }), guess({ name: "b" }), guess({ source: "192.0.2.8" })]) {
      expect(waitOf(await limit.begin(other))).toBe(0);
    }
  });

  test("guesses at the same time are counted before any of them has failed", async () => {
    const { limit } = createClocked();
    const begun = await Promise.all(Array.from({ length: 50 }, () => limit.begin(guess())));
    expect(begun.filter((one) => !isRefusal(one))).toHaveLength(5);
  });
});

describe("a stranger locks nobody out", () => {
  const bot = (at: number) => guess({ source: `198.51.${at >> 8}.${at & 255}` });

  test("guesses from everywhere delay a name everywhere, but not where the person has signed in", async () => {
    const { limit } = createClocked();
    const own = await limit.begin(guess());
    if (!isRefusal(own)) own.succeed();
    for (let at = 0; at < 500; at += 1) await limit.begin(bot(at));
    expect(waitOf(await limit.begin(bot(600)))).toBe(1);
    expect(waitOf(await limit.begin(guess()))).toBe(0);
  });

  test("nor where there is no name to guess at: a token's holder waits for nobody else's guesses", async () => {
    const { limit } = createClocked();
    for (const kind of ["setup", "invitation"] as const) {
      for (let at = 0; at < 500; at += 1) await limit.begin({ ...bot(at), kind, name: undefined });
      for (let count = 0; count < 5; count += 1) {
        expect(waitOf(await limit.begin(guess({ kind, name: undefined })))).toBe(0);
      }
      expect(waitOf(await limit.begin(guess({ kind, name: undefined })))).toBe(1);
    }
  });

  test("nor where a live session tells that they have", async () => {
    const { limit } = createClocked();
    for (let at = 0; at < 20; at += 1) await limit.begin(bot(at));
    expect(waitOf(await limit.begin(guess(), async () => false))).toBe(1);
    expect(waitOf(await limit.begin(guess(), async () => true))).toBe(0);
  });

  test("nor anybody with another address", async () => {
    const { limit } = createClocked();
    for (let at = 0; at < 500; at += 1) await limit.begin(bot(at));
    expect(waitOf(await limit.begin(guess({ name: "otto@example.com" })))).toBe(0);
  });

  test("over a day, a name gets some hundred guesses from everywhere together", async () => {
    const { clock, limit } = createClocked();
    let guesses = 0;
    for (let second = 0; second < 86_400; second += 1) {
      clock.seconds += 1;
      if (!isRefusal(await limit.begin(bot(second)))) guesses += 1;
    }
    expect(guesses).toBeGreaterThan(90);
    expect(guesses).toBeLessThan(140);
  });
});

describe("the guard of a guess", () => {
  test("undefined is a failure; a value is a success; a refusal or an error is neither", async () => {
    const told: string[] = [];
    const attempt: Attempt = { succeed: () => told.push("succeed"), cancel: () => told.push("cancel") };
    const run = (outcome: () => Promise<"yes" | Refusal | undefined>) => guardGuess(Promise.resolve(attempt), outcome);
    expect(await run(async () => undefined)).toBeUndefined();
    expect(await run(async () => "yes")).toBe("yes");
    await run(async () => refuse("TEMPORARILY_UNAVAILABLE", "busy"));
    await expect(run(() => Promise.reject(new Error("away")))).rejects.toThrow("away");
    expect(told).toEqual(["succeed", "cancel", "cancel"]);
  });
});

test("what anybody may ask the store to keep: 30 at once, 30 a minute for a source", () => {
  const { clock, limit } = createClocked();
  const spend = (count: number) =>
    Array.from({ length: count }, () => limit.spend("192.0.2.7")).filter((refusal) => refusal === undefined).length;
  expect(spend(40)).toBe(30);
  clock.seconds += 60;
  expect(spend(40)).toBe(30);
});

test("memory is bounded: beyond 100,000 keys the one unused for longest begins anew", () => {
  const delays = createDelays(1, () => 1000);
  for (let at = 0; at < 100_001; at += 1) delays.charge(`key-${at}`);
  expect([delays.findWait("key-0"), delays.findWait("key-1"), delays.findWait("key-100000")]).toEqual([0, 1, 1]);
});

test("left alone, a key is forgiven one failure each quarter of an hour", () => {
  const clock = { seconds: 0 };
  const delays = createDelays(2, () => clock.seconds);
  for (let count = 0; count < 4; count += 1) delays.charge("a");
  expect(delays.findWait("a")).toBe(4);
  clock.seconds += 900 * 3;
  delays.charge("a");
  expect(delays.findWait("a")).toBe(1);
});
