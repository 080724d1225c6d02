import { setImmediate } from "node:timers/promises";
import { type AccessTokenClaims, isRefusal, type Refusal, signingAlgorithms } from "@biped/protocol";
import { decodeProtectedHeader, jwtVerify } from "jose";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createKeyEncryptionKey } from "./envelope.ts";
import type { ActiveKey } from "./key-ring.ts";
import { createSigner } from "./signer.ts";
import { createSigningKey, type OpenedKey, openSigningKey } from "./signing-key.ts";

/** While it is an array, signatures wait in it until a test lets them go. */
const held = vi.hoisted(() => ({ signatures: undefined as (() => void)[] | undefined }));

vi.mock("node:crypto", async (importOriginal) => {
  const original = await importOriginal<typeof import("node:crypto")>();
  const sign: typeof original.sign = (...args: unknown[]) => {
    const callback = args.at(-1);
    if (held.signatures === undefined || typeof callback !== "function") {
      return Reflect.apply(original.sign, undefined, args);
    }
    held.signatures.push(() => callback(null, Buffer.alloc(64)));
  };
  return { ...original, sign };
});

const kek = createKeyEncryptionKey(Buffer.alloc(32, 7));
const nowSeconds = 1_800_000_000;
const claims: AccessTokenClaims = {
  iss: "https://auth.example.com",
  sub: "c3133d76-a768-4f5a-8f0e-000000000001",
  client_id: "c3133d76-a768-4f5a-8f0e-000000000001",
  aud: "https://api.eu-west-1.example.com",
  exp: nowSeconds + 3600,
  iat: nowSeconds,
  jti: "0123456789abcdefghijkl",
  scope: "data-export metrics",
  project_id: 42,
  account_id: 1,
  secret_id: "5f0c0d0e-0000-4000-8000-000000000001",
  epochs: { account: 1, project: 2, credential: 3 },
};

const createOpenedKey = async (algorithm: (typeof signingAlgorithms)[number]): Promise<OpenedKey> =>
  openSigningKey(await createSigningKey({ algorithm, rsaBits: 2048 }, "active", { kek, nowSeconds }), kek);

describe.each(signingAlgorithms)("%s", (algorithm) => {
  test("a token has exactly the header and claims it was given, and jose verifies it, thirty times over", async () => {
    const opened = await createOpenedKey(algorithm);
    const signer = createSigner({ activeKey: () => opened, monotonicSeconds: () => 0 });
    for (let count = 0; count < 30; count += 1) {
      const token = await signer({ ...claims, jti: `token-${count}` });
      if (isRefusal(token)) throw new Error("refused");
      const { payload } = await jwtVerify(token, opened.publicKey, { currentDate: new Date(nowSeconds * 1000) });
      expect(payload).toEqual({ ...claims, jti: `token-${count}` });
      expect(decodeProtectedHeader(token)).toEqual({ typ: "at+jwt", alg: algorithm, kid: opened.key.kid });
      expect(Object.keys(decodeProtectedHeader(token))).toEqual(["typ", "alg", "kid"]);
    }
  });
});

describe("the queue", () => {
  let opened: OpenedKey;
  beforeAll(async () => {
    opened = await createOpenedKey("Ed25519");
  });
  afterEach(() => {
    held.signatures = undefined;
  });

  /** Starts so many signatures, none of which ends by itself. */
  const createLoad = (clock: { seconds: number }) => {
    const inFlight: (() => void)[] = [];
    held.signatures = inFlight;
    const signer = createSigner({ activeKey: () => opened, monotonicSeconds: () => clock.seconds });
    const outcomes: (string | Refusal)[] = [];
    return {
      inFlight,
      outcomes,
      start: async (count: number): Promise<void> => {
        for (let one = 0; one < count; one += 1) void signer(claims).then((outcome) => outcomes.push(outcome));
        await setImmediate();
      },
      /** Lets the oldest end after so many seconds. */
      endOne: async (afterSeconds: number): Promise<void> => {
        clock.seconds += afterSeconds;
        inFlight.shift()?.();
        await setImmediate();
      },
      countRefused: () => outcomes.filter(isRefusal).length,
    };
  };

  test("at most 16 signatures are in flight; whoever ends makes room for one", async () => {
    const load = createLoad({ seconds: 1000 });
    await load.start(40);
    expect(load.inFlight).toHaveLength(16);
    await load.endOne(0);
    expect(load.inFlight).toHaveLength(16);
    while (load.inFlight.length > 0) await load.endOne(0);
    expect([load.outcomes.length, load.countRefused()]).toEqual([40, 0]);
  });

  test("R-25: while the active key settles nothing is signed, whoever was in the queue waits as well", async () => {
    const [former, next] = [opened, await createOpenedKey("Ed25519")];
    let active: ActiveKey = former;
    let settling: Promise<void> | undefined;
    const inFlight: (() => void)[] = [];
    held.signatures = inFlight;
    const signer = createSigner({ activeKey: () => active, settling: () => settling, monotonicSeconds: () => 1000 });
    const kids: (string | undefined)[] = [];
    const ask = async (): Promise<void> => {
      const token = await signer(claims);
      kids.push(isRefusal(token) ? undefined : decodeProtectedHeader(token).kid);
    };
    const asked = Array.from({ length: 17 }, ask);
    await setImmediate();
    const settled = Promise.withResolvers<void>();
    settling = settled.promise;
    active = next;
    asked.push(ask());
    for (const end of inFlight.splice(0)) end();
    await setImmediate();
    expect([kids, inFlight.length]).toEqual([new Array(16).fill(former.key.kid), 0]);
    settling = undefined;
    settled.resolve();
    await setImmediate();
    for (const end of inFlight.splice(0)) end();
    await Promise.all(asked);
    expect(kids.slice(16)).toEqual([next.key.kid, next.key.kid]);
  });

  /** Teaches the queue that a signature leaves it every ten milliseconds. */
  const learnPace = async (load: ReturnType<typeof createLoad>): Promise<void> => {
    await load.start(17);
    for (let count = 0; count < 1000; count += 1) {
      await load.start(1);
      await load.endOne(0.01);
    }
  };

  test("R-52: sheds with 503 and Retry-After whoever would wait for more than a second", async () => {
    const load = createLoad({ seconds: 1000 });
    await learnPace(load);
    expect([load.inFlight.length, load.countRefused()]).toEqual([16, 0]);
    // One waits already. The wait is judged before joining: with 100 before oneself it is just below a second.
    await load.start(99);
    expect(load.countRefused()).toBe(0);
    await load.start(1);
    expect(load.countRefused()).toBe(0);
    await load.start(5);
    expect(load.countRefused()).toBe(5);
    const refusal = load.outcomes.find(isRefusal);
    expect(refusal).toMatchObject({ status: 503, code: "TEMPORARILY_UNAVAILABLE", headers: { "retry-after": "1" } });
    await load.endOne(0.01);
    await load.start(1);
    expect(load.countRefused()).toBe(5);
  });

  test("hours without a request do not count as a slow queue: the first burst is not shed", async () => {
    const clock = { seconds: 1000 };
    const load = createLoad(clock);
    await load.start(1);
    await load.endOne(0.001);
    clock.seconds += 7200;
    await load.start(20);
    for (let count = 0; count < 4; count += 1) await load.endOne(0.001);
    await load.start(100);
    expect(load.countRefused()).toBe(0);
  });

  test("neither does the time before the first request of a process that has long run", async () => {
    const load = createLoad({ seconds: 1_000_000 });
    await load.start(20);
    await load.endOne(0.001);
    await load.start(100);
    expect(load.countRefused()).toBe(0);
  });
});

describe("a failure", () => {
  test("of the key or of the signature rejects, and gives its place back", async () => {
    const good = await createOpenedKey("Ed25519");
    let active: () => ActiveKey = () => {
      throw new Error("no active key");
    };
    const signer = createSigner({ activeKey: () => active(), monotonicSeconds: () => 0 });
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => signer(claims)));
    expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
    // A public key cannot sign.
    active = () => ({ key: good.key, privateKey: good.publicKey });
    const worse = await Promise.allSettled(Array.from({ length: 50 }, () => signer(claims)));
    expect(worse.every(({ status }) => status === "rejected")).toBe(true);
    active = () => good;
    const tokens = await Promise.all(Array.from({ length: 50 }, () => signer(claims)));
    expect(tokens.every((token) => typeof token === "string")).toBe(true);
  });

  test("a key that takes over signs the next token under its own id", async () => {
    const [first, second] = [await createOpenedKey("Ed25519"), await createOpenedKey("ES256")];
    let active: ActiveKey = first;
    const signer = createSigner({ activeKey: () => active, monotonicSeconds: () => 0 });
    const kidOf = async () => {
      const token = await signer(claims);
      return isRefusal(token) ? undefined : decodeProtectedHeader(token).kid;
    };
    expect(await kidOf()).toBe(first.key.kid);
    active = second;
    expect(await kidOf()).toBe(second.key.kid);
  });
});
