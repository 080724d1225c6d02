import { describe, expect, test } from "vitest";
import { createTokenKeeper } from "./token-keeper.ts";
import type { Token } from "./token-store.ts";

const start = 1_800_000_000_000;
const lifetime = 3_600_000;

type Pending = {
  readonly answer: (token?: Partial<Token>) => Promise<void>;
  readonly fail: (error: Error) => Promise<void>;
};

/** Lets everything run that needs no time. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function createWorld({ recalled, random = 0.5 }: { recalled?: () => Token | undefined; random?: number } = {}) {
  const clock = { now: start };
  const requests: Pending[] = [];
  const stored: string[] = [];
  const createToken = (accessToken: string, change: Partial<Token> = {}): Token => ({
    accessToken,
    endpoint: "https://api.example.com",
    projectId: 42,
    scope: "data-export",
    issuedAt: clock.now,
    expiresAt: clock.now + lifetime,
    ...change,
  });
  const request = () =>
    new Promise<Token>((resolve, reject) => {
      const name = `token-${requests.length + 1}`;
      requests.push({
        answer: async (change) => {
          resolve(createToken(name, change));
          await settle();
        },
        fail: async (error) => {
          reject(error);
          await settle();
        },
      });
    });
  const keeper = createTokenKeeper({
    request,
    recall: async () => recalled?.(),
    store: (token) => stored.push(token.accessToken),
    now: () => clock.now,
    random: () => random,
  });
  const find = async (signal?: AbortSignal) => (await keeper.find(signal)).accessToken;
  return { clock, requests, stored, keeper, find, createToken };
}

describe("one request in flight, whoever asks", () => {
  test("all who wait get the same token, and it is stored once", async () => {
    const { requests, stored, find } = createWorld();
    const waiting = Promise.all([find(), find(), find()]);
    await settle();
    expect(requests.length).toBe(1);
    await requests[0]!.answer();
    expect(await waiting).toEqual(["token-1", "token-1", "token-1"]);
    expect(await find()).toBe("token-1");
    expect([requests.length, stored]).toEqual([1, ["token-1"]]);
  });

  test("a failure is told to all who wait, and the next one asks again", async () => {
    const { requests, find } = createWorld();
    const waiting = Promise.allSettled([find(), find()]);
    await settle();
    await requests[0]!.fail(new Error("refused"));
    expect((await waiting).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    const again = find();
    await settle();
    expect(requests.length).toBe(2);
    await requests[1]!.answer();
    expect(await again).toBe("token-2");
  });

  test("one who stops waiting leaves the request to the others", async () => {
    const { requests, find } = createWorld();
    const stop = new AbortController();
    const [leaving, staying] = [find(stop.signal), find()];
    await settle();
    stop.abort(new Error("no longer wanted"));
    await expect(leaving).rejects.toThrow("no longer wanted");
    await requests[0]!.answer();
    expect(await staying).toBe("token-1");
    expect(requests.length).toBe(1);
  });
});

describe("R-48: renewal at a share of the lifetime", () => {
  test.each([
    [0, 0.68],
    [0.5, 0.8],
    [0.999, 0.91976],
  ])("chance %d: a token is replaced after %d of its life, and handed out meanwhile", async (random, share) => {
    const { clock, requests, find } = createWorld({ random });
    const first = find();
    await settle();
    await requests[0]!.answer();
    await first;
    clock.now = start + share * lifetime - 1;
    expect([await find(), requests.length]).toEqual(["token-1", 1]);
    clock.now = start + share * lifetime + 1;
    expect(await Promise.all([find(), find()])).toEqual(["token-1", "token-1"]);
    await settle();
    expect(requests.length).toBe(2);
    await requests[1]!.answer();
    expect(await find()).toBe("token-2");
  });

  test("a token of five seconds is kept for four", async () => {
    const { clock, requests, find } = createWorld();
    const first = find();
    await settle();
    await requests[0]!.answer({ expiresAt: start + 5000 });
    await first;
    clock.now = start + 3999;
    expect([await find(), requests.length]).toEqual(["token-1", 1]);
    clock.now = start + 5000;
    const waiting = find();
    await settle();
    await requests[1]!.answer();
    expect(await waiting).toBe("token-2");
  });

  test("a renewal that fails in the background is tried again after a tenth of the life that is left", async () => {
    const { clock, requests, find } = createWorld();
    const first = find();
    await settle();
    await requests[0]!.answer();
    await first;
    clock.now = start + 0.9 * lifetime;
    expect(await find()).toBe("token-1");
    await settle();
    await requests[1]!.fail(new Error("away"));
    clock.now += 0.01 * lifetime - 1;
    expect([await find(), requests.length]).toEqual(["token-1", 2]);
    clock.now += 2;
    expect(await find()).toBe("token-1");
    await settle();
    expect(requests.length).toBe(3);
  });
});

describe("a token that was refused", () => {
  test("is forgotten once; a token that came in the meantime stays", async () => {
    const { requests, keeper, find, createToken } = createWorld();
    const first = find();
    await settle();
    await requests[0]!.answer();
    await first;
    keeper.drop(createToken("token-1"));
    const second = find();
    await settle();
    await requests[1]!.answer();
    expect(await second).toBe("token-2");
    keeper.drop(createToken("token-1"));
    expect([await find(), requests.length]).toEqual(["token-2", 2]);
  });

  test("voids the answer that was asked for before: it is asked for again, one request after the other", async () => {
    const { clock, requests, keeper, find, createToken } = createWorld();
    const first = find();
    await settle();
    await requests[0]!.answer();
    await first;
    clock.now = start + 0.95 * lifetime;
    await find();
    await settle();
    expect(requests.length).toBe(2);
    keeper.drop(createToken("token-1"));
    const waiting = find();
    await settle();
    expect(requests.length).toBe(2);
    await requests[1]!.answer();
    expect(requests.length).toBe(3);
    await requests[2]!.answer();
    expect(await waiting).toBe("token-3");
    expect(await find()).toBe("token-3");
  });
});

describe("tokens of a shared store", () => {
  test("are used instead of a request, but not one that was refused here", async () => {
    const shared: { token: Token | undefined } = { token: undefined };
    const { requests, keeper, find, createToken } = createWorld({ recalled: () => shared.token });
    shared.token = createToken("shared-1");
    expect([await find(), requests.length]).toEqual(["shared-1", 0]);
    keeper.drop(shared.token);
    const renewed = find();
    await settle();
    await requests[0]!.answer();
    expect(await renewed).toBe("token-1");
  });

  test("a renewal takes what another process has stored, else asks", async () => {
    const shared: { token: Token | undefined } = { token: undefined };
    const { clock, requests, find, createToken } = createWorld({ recalled: () => shared.token });
    shared.token = createToken("shared-1");
    await find();
    clock.now = start + 0.9 * lifetime;
    shared.token = createToken("shared-2");
    expect(await find()).toBe("shared-1");
    await settle();
    expect([await find(), requests.length]).toEqual(["shared-2", 0]);
    clock.now += 0.9 * lifetime;
    await find();
    await settle();
    expect(requests.length).toBe(1);
  });
});
