import { createLog } from "@biped/listener";
import { beforeEach, describe, expect, test } from "vitest";
import type { SigningKey } from "../storage/storage.ts";
import { createKeyEncryptionKey } from "./envelope.ts";
import { nextSeconds, passiveSeconds } from "./key-life-cycle.ts";
import { type KeyRingParts, openKeyRing, takeKeyStep } from "./key-ring.ts";
import { createSigningKey, resealSigningKey } from "./signing-key.ts";

type KeyStorage = KeyRingParts["storage"];

const kek = createKeyEncryptionKey(Buffer.alloc(32, 7));
const start = 1_800_000_000;
const day = 86_400;
const author = { at: start, actor: "operator", requestId: undefined };

/** The rules of the port in memory, and who asked for what. */
function createKeyStorage() {
  let keys: readonly SigningKey[] = [];
  const writes: string[] = [];
  const storage: KeyStorage = {
    listSigningKeys: async () => keys,
    addSigningKey: async (key, { actor }) => {
      if (keys.some(({ kid, state }) => kid === key.kid || state === key.state)) return false;
      keys = [...keys, key];
      writes.push(`${actor} adds ${key.state}`);
      return true;
    },
    promoteSigningKey: async ({ kid, sealedPrivateKey, former }, { at, actor }) => {
      const active = keys.find(({ state }) => state === "active");
      if (!keys.some((key) => key.kid === kid && key.state === "next") || active?.kid !== former?.kid) return false;
      keys = keys.map((key): SigningKey => {
        if (key.kid === kid) return { ...key, state: "active", stateSince: at, sealedPrivateKey };
        if (former === undefined || key.kid !== former.kid) return key;
        return { ...key, state: "passive", stateSince: at, sealedPrivateKey: former.sealedPrivateKey };
      });
      writes.push(`${actor} promotes`);
      return true;
    },
    removeSigningKey: async (kid, { actor }) => {
      if (!keys.some((key) => key.kid === kid && key.state === "passive")) return false;
      keys = keys.filter((key) => key.kid !== kid);
      writes.push(`${actor} removes`);
      return true;
    },
  };
  const edit = (kid: string, change: Partial<SigningKey>): void => {
    keys = keys.map((key) => (key.kid === kid ? { ...key, ...change } : key));
  };
  const put = (next: readonly SigningKey[]): void => {
    keys = next;
  };
  return { storage, writes, edit, put, states: () => keys.map(({ state }) => state), keys: () => keys };
}

describe("the key ring", () => {
  let store: ReturnType<typeof createKeyStorage>;
  let clock: { seconds: number };
  let logLines: string[];
  const createParts = (changes: Partial<KeyRingParts> = {}): KeyRingParts => ({
    storage: store.storage,
    kek,
    policy: { algorithm: "Ed25519", rsaBits: 2048, lifetimeSeconds: 90 * day },
    nowSeconds: () => clock.seconds,
    log: createLog("info", (line) => logLines.push(JSON.parse(line).msg)),
    ...changes,
  });
  beforeEach(() => {
    store = createKeyStorage();
    clock = { seconds: start };
    logLines = [];
  });

  test("makes the first key at the first start, publishes it, and finds it again at the second", async () => {
    const first = await openKeyRing(createParts());
    expect(store.writes).toEqual(["system adds active"]);
    const { kid } = first.active().key;
    expect(first.keySet()).toEqual({ keys: [JSON.parse(store.keys()[0]?.publicJwk ?? "")] });
    expect(first.findPublicKey(kid)?.key.kid).toBe(kid);
    expect(first.findPublicKey("unknown")).toBeUndefined();
    const second = await openKeyRing(createParts());
    expect(second.active().key.kid).toBe(kid);
    expect(store.writes).toEqual(["system adds active"]);
  });

  test("rotates by schedule: published, active after ten minutes, passive for its tokens, gone", async () => {
    const ring = await openKeyRing(createParts());
    const first = ring.active().key.kid;
    const statesAt = async (seconds: number) => {
      clock.seconds = seconds;
      await ring.refresh();
      return [store.states(), ring.keySet().keys.length, ring.active().key.kid === first];
    };
    expect(await statesAt(start + 90 * day - nextSeconds - 1)).toEqual([["active"], 1, true]);
    expect(await statesAt(start + 90 * day - nextSeconds)).toEqual([["active", "next"], 2, true]);
    expect(await statesAt(start + 90 * day - 1)).toEqual([["active", "next"], 2, true]);
    expect(await statesAt(start + 90 * day)).toEqual([["passive", "active"], 2, false]);
    expect(ring.findPublicKey(first)?.key.state).toBe("passive");
    expect(await statesAt(start + 90 * day + passiveSeconds - 1)).toEqual([["passive", "active"], 2, false]);
    expect(await statesAt(start + 90 * day + passiveSeconds)).toEqual([["active"], 1, false]);
    expect(ring.findPublicKey(first)).toBeUndefined();
    expect(logLines).toEqual(["signing key added", "signing key added", "signing key promoted", "signing key removed"]);
  });

  test("rotates by request: what another process added is published at the next refresh and signs in its time", async () => {
    const ring = await openKeyRing(createParts());
    const first = ring.active().key.kid;
    clock.seconds += 1000;
    expect(await takeKeyStep({ kind: "add", state: "next" }, createParts(), { ...author, at: clock.seconds })).toBe(
      true,
    );
    expect(ring.keySet().keys).toHaveLength(1);
    await ring.refresh();
    expect([ring.keySet().keys.length, ring.active().key.kid]).toEqual([2, first]);
    clock.seconds += nextSeconds;
    await ring.refresh();
    expect(ring.active().key.kid).not.toBe(first);
    expect(store.writes).toEqual(["system adds active", "operator adds next", "system promotes"]);
  });

  test("rotates to another algorithm: its key is published first, and the old one signs until then", async () => {
    await openKeyRing(createParts());
    const policy = { algorithm: "ES256", rsaBits: 2048, lifetimeSeconds: 90 * day } as const;
    const ring = await openKeyRing(createParts({ policy }));
    expect([store.states(), ring.active().key.algorithm]).toEqual([["active", "next"], "Ed25519"]);
    clock.seconds += nextSeconds;
    await ring.refresh();
    expect(ring.active().key.algorithm).toBe("ES256");
  });

  test("what has not changed is not opened again: the active key stays the same value", async () => {
    const ring = await openKeyRing(createParts());
    const before = ring.active();
    await ring.refresh();
    expect(ring.active()).toBe(before);
  });

  describe("R-25: a key that signs before this node has published it", () => {
    const openSettling = async () => {
      const pauses: { readonly milliseconds: number; readonly end: () => void }[] = [];
      const pause = (milliseconds: number) =>
        new Promise<void>((resolve) => void pauses.push({ milliseconds, end: resolve }));
      return { pauses, ring: await openKeyRing(createParts({ pause })) };
    };
    const replace = async () => {
      const parts = { ...createParts(), kek, nowSeconds: clock.seconds };
      store.put([await createSigningKey(parts.policy, "active", parts)]);
    };

    test("settles for two seconds; each further one begins them anew", async () => {
      const { ring, pauses } = await openSettling();
      expect(ring.settling()).toBeUndefined();
      await replace();
      await ring.refresh();
      const first = ring.settling();
      expect(pauses.map(({ milliseconds }) => milliseconds)).toEqual([2_000]);
      await replace();
      await ring.refresh();
      pauses[0]?.end();
      await first;
      expect(ring.settling()).toBeInstanceOf(Promise);
      const second = ring.settling();
      pauses[1]?.end();
      await second;
      expect(ring.settling()).toBeUndefined();
    });

    test("one that was published before signs at once, and so does the one of the start", async () => {
      const { ring, pauses } = await openSettling();
      for (const seconds of [90 * day - nextSeconds, 90 * day, 90 * day + passiveSeconds]) {
        clock.seconds = start + seconds;
        await ring.refresh();
      }
      expect([store.states(), ring.settling(), pauses]).toEqual([["active"], undefined, []]);
    });
  });

  describe("another node wins the race", () => {
    test("for the first key: both sign with the winner's", async () => {
      const [one, other] = await Promise.all([openKeyRing(createParts()), openKeyRing(createParts())]);
      expect(store.writes).toEqual(["system adds active"]);
      expect(one.active().key.kid).toBe(other.active().key.kid);
      expect(logLines).toEqual(["signing key added"]);
    });

    test("for every step of a rotation: each is taken once, and logged by whoever took it", async () => {
      const rings = await Promise.all([
        openKeyRing(createParts()),
        openKeyRing(createParts()),
        openKeyRing(createParts()),
      ]);
      for (const seconds of [90 * day - nextSeconds, 90 * day, 90 * day + passiveSeconds]) {
        clock.seconds = start + seconds;
        await Promise.all(rings.map((ring) => ring.refresh()));
      }
      expect(store.writes).toEqual(["system adds active", "system adds next", "system promotes", "system removes"]);
      expect(logLines).toHaveLength(4);
      expect(new Set(rings.map((ring) => ring.active().key.kid)).size).toBe(1);
    });
  });

  describe("a key that does not open refuses the start and is named; nothing takes its place", () => {
    const expectRefused = async (message: RegExp, changes: Partial<KeyRingParts> = {}): Promise<void> => {
      const before = store.keys();
      await expect(openKeyRing(createParts(changes))).rejects.toThrow(message);
      expect(store.keys()).toBe(before);
    };

    test("K-02: a wrong key-encryption key, also when a rotation is due: no key is sealed with it", async () => {
      await openKeyRing(createParts());
      const [key] = store.keys();
      const wrong = createKeyEncryptionKey(Buffer.alloc(32, 8));
      const named = new RegExp(`Signing key ${key?.kid} cannot be opened: sealed with another`);
      await expectRefused(named, { kek: wrong });
      clock.seconds += 90 * day;
      await expectRefused(named, { kek: wrong });
      expect(store.writes).toEqual(["system adds active"]);
    });

    test("K-03: an edited state, though it would need no step", async () => {
      const ring = await openKeyRing(createParts());
      store.edit(ring.active().key.kid, { createdAt: start - 1 });
      await expectRefused(new RegExp(`Signing key ${ring.active().key.kid} cannot be opened: the envelope is damaged`));
    });

    test("a passive key revived by editing its state", async () => {
      const ring = await openKeyRing(createParts());
      const { key } = ring.active();
      clock.seconds += 90 * day - nextSeconds;
      await ring.refresh();
      clock.seconds += nextSeconds;
      await ring.refresh();
      const active = ring.active().key;
      store.edit(active.kid, { state: "passive", sealedPrivateKey: resealSigningKey(active, "passive", kek) });
      store.edit(key.kid, { state: "active" });
      await expectRefused(new RegExp(`Signing key ${key.kid} cannot be opened`));
    });

    test("a forger's public key written under a good key's id", async () => {
      const ring = await openKeyRing(createParts());
      const { kid } = ring.active().key;
      const forger = await createSigningKey({ algorithm: "Ed25519", rsaBits: 2048 }, "active", {
        kek,
        nowSeconds: start,
      });
      store.edit(kid, { publicJwk: JSON.stringify({ ...JSON.parse(forger.publicJwk), kid }) });
      await expectRefused(new RegExp(`Signing key ${kid} is published with another public key`));
    });
  });

  test("a refresh that fails leaves what is held in use", async () => {
    const ring = await openKeyRing(createParts());
    const before = ring.active();
    store.edit(before.key.kid, { state: "passive" });
    clock.seconds += 1;
    await expect(ring.refresh()).rejects.toThrow(`Signing key ${before.key.kid} cannot be opened`);
    expect(ring.active()).toBe(before);
    expect(store.writes).toEqual(["system adds active"]);
  });
});
