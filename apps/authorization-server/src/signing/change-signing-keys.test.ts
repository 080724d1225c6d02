import { createLog } from "@biped/listener";
import { expect, test } from "vitest";
import type { SigningKey } from "../storage/storage.ts";
import { type CompromiseParts, compromiseSigningKey, rotateSigningKey } from "./change-signing-keys.ts";
import { createKeyEncryptionKey } from "./envelope.ts";
import { createSigningKey } from "./signing-key.ts";

const nowSeconds = 1_800_000_000;
const kek = createKeyEncryptionKey(new Uint8Array(32).fill(7));
const policy = { algorithm: "Ed25519", rsaBits: 2048, lifetimeSeconds: 7_776_000 } as const;
const author = { at: nowSeconds, actor: "operator", requestId: undefined };
const others = { kek, policy, nowSeconds: () => nowSeconds, log: createLog("silent", () => {}) };

const createKey = (state: "active" | "next") => createSigningKey(policy, state, { kek, nowSeconds });

type Compromise = Parameters<CompromiseParts["storage"]["compromiseSigningKey"]>[0];

/** @param lists What is listed, time after time. @param answers What the store answers to each try. */
function createParts(lists: readonly (readonly SigningKey[])[], answers: readonly boolean[]) {
  const tries: Compromise[] = [];
  const storage = {
    listSigningKeys: async () => lists[Math.min(tries.length, lists.length - 1)] ?? [],
    compromiseSigningKey: async (compromise: Compromise) => {
      tries.push(compromise);
      return answers[tries.length - 1] ?? false;
    },
  };
  return { parts: { ...others, storage }, tries };
}

test("the active key is replaced by a new one; another is taken away without a replacement", async () => {
  const [active, next] = [await createKey("active"), await createKey("next")];
  const one = createParts([[active, next]], [true]);
  expect(await compromiseSigningKey(one.parts, active.kid, author)).toBe(true);
  expect(one.tries[0]?.replacement?.state).toBe("active");
  expect(one.tries[0]?.replacement?.kid).not.toBe(active.kid);
  const two = createParts([[active, next]], [true]);
  expect(await compromiseSigningKey(two.parts, next.kid, author)).toBe(true);
  expect(two.tries).toEqual([{ kid: next.kid, replacement: undefined, formerActiveKid: active.kid }]);
});

test("another node that changed the active key meanwhile is noticed, and it is tried again with the new one", async () => {
  const [first, second, next] = [await createKey("active"), await createKey("active"), await createKey("next")];
  const { parts, tries } = createParts(
    [
      [first, next],
      [second, next],
    ],
    [false, true],
  );
  expect(await compromiseSigningKey(parts, next.kid, author)).toBe(true);
  expect(tries.map(({ formerActiveKid }) => formerActiveKid)).toEqual([first.kid, second.kid]);
});

test("a key that is gone is none, but the store is asked, as it may know the request", async () => {
  const active = await createKey("active");
  const unknown = createParts([[active]], [false]);
  expect(await compromiseSigningKey(unknown.parts, "gone", author)).toBe(false);
  const replayed = createParts([[active]], [true]);
  expect(await compromiseSigningKey(replayed.parts, "gone", author)).toBe(true);
});

test("a rotation with another key-encryption key than the store's adds nothing", async () => {
  const active = await createKey("active");
  const added: SigningKey[] = [];
  const storage = {
    listSigningKeys: async () => [active],
    addSigningKey: async (key: SigningKey) => added.push(key) > 0,
    promoteSigningKey: async () => false,
    removeSigningKey: async () => false,
  };
  const wrong = createKeyEncryptionKey(new Uint8Array(32).fill(8));
  await expect(rotateSigningKey({ ...others, storage, kek: wrong }, author)).rejects.toThrow(/cannot be opened/);
  expect(added).toEqual([]);
  expect(await rotateSigningKey({ ...others, storage }, author)).toBe(true);
  expect(added.map(({ state }) => state)).toEqual(["next"]);
});
