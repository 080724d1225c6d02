import { signingAlgorithms } from "@biped/protocol";
import { expect, test } from "vitest";
import { findKey, type KeySet, parseKeySet, rememberHeader } from "./key-set.ts";
import type { PublicKey } from "./public-key.ts";
import type { VerifierKey } from "./verifier.ts";

const x = Buffer.alloc(32, 1).toString("base64url");
const jwk = (kid: unknown) => ({ kid, alg: "Ed25519", kty: "OKP", crv: "Ed25519", x });

/** A platform that refuses the key "bad", and notes what it imports and what is ignored. */
function openWorld() {
  const imported: string[] = [];
  const ignored: string[] = [];
  const importKey = ({ kid, algorithm }: PublicKey): VerifierKey | undefined => {
    imported.push(kid);
    return kid === "bad" ? undefined : { kid, algorithm, verify: () => true };
  };
  const verifier = { importKey, decodeText: () => undefined, digest: (text: string) => text };
  const rules = { algorithms: signingAlgorithms, verifier, onIgnoredKey: (reason: string) => ignored.push(reason) };
  const parse = (keys: unknown, previous?: KeySet) => parseKeySet(JSON.stringify({ keys }), previous, rules);
  const load = async (keys: readonly object[], previous?: KeySet): Promise<KeySet> => {
    const parsed = await parse(keys, previous);
    if ("unacceptable" in parsed) throw new Error(parsed.unacceptable);
    return parsed;
  };
  return { imported, ignored, parse, load };
}

const manyKeys = (count: number) => Array.from({ length: count }, (_, index) => jwk(`k${index}`));

test.each([
  ["not a key set", undefined],
  ["not a key set", {}],
  ["no usable key", []],
  ["no usable key", [jwk("bad")]],
  ["more than 20 keys", manyKeys(21)],
])("is not accepted: %s", async (unacceptable, keys) => {
  expect(await openWorld().parse(keys)).toStrictEqual({ unacceptable });
});

test("20 keys are accepted, by kid", async () => {
  const { keys } = await openWorld().load(manyKeys(20));
  expect([...keys.keys()]).toEqual(manyKeys(20).map(({ kid }) => kid));
});

test("what cannot be used is told and ignored, one by one; of two keys with one kid neither is used", async () => {
  const { load, ignored } = openWorld();
  const set = await load([jwk("a"), jwk("twice"), jwk("bad"), jwk("twice"), null, 7, jwk(undefined), jwk("")] as never);
  expect([...set.keys.keys()]).toEqual(["a"]);
  expect(ignored).toEqual([
    "a repeated kid",
    "a repeated kid",
    "not an object",
    "not an object",
    "a missing or malformed kid",
    "a missing or malformed kid",
    "the platform refuses the key",
  ]);
});

test("a kid counts as repeated where the other key cannot be used, and not where it is none", async () => {
  const { load, ignored } = openWorld();
  const set = await load([jwk("a"), jwk("b"), { kid: "b" }, ["b"]]);
  expect([...set.keys.keys()]).toEqual(["a"]);
  expect(ignored).toContain("a repeated kid");
});

test("a key is imported once, and the same keys are the same set, in any order", async () => {
  const { load, imported } = openWorld();
  const first = await load([jwk("a"), jwk("b")]);
  expect(await load([jwk("b"), jwk("a")], first)).toBe(first);
  expect(imported).toEqual(["a", "b"]);
});

test("more keys, fewer and other ones are another set, whose token headers are yet to be seen", async () => {
  const { load } = openWorld();
  const first = await load([jwk("a"), jwk("b")]);
  rememberHeader(first, "header", { kid: "a", algorithm: "Ed25519", verify: () => true });
  for (const keys of [[jwk("a")], [jwk("a"), jwk("b"), jwk("c")], [jwk("a"), jwk("c")]]) {
    const next = await load(keys, first);
    expect(next).not.toBe(first);
    expect([...next.keys.keys()]).toEqual(keys.map(({ kid }) => kid));
    expect(next.knownHeaders).toEqual(new Map());
    expect(next.keys.get("a")).toBe(first.keys.get("a"));
  }
});

test("a kid whose key has changed is imported again", async () => {
  const { load, imported } = openWorld();
  const first = await load([jwk("a")]);
  const next = await load([{ ...jwk("a"), x: Buffer.alloc(32, 2).toString("base64url") }], first);
  expect(next.keys.get("a")).not.toBe(first.keys.get("a"));
  expect(imported).toEqual(["a", "a"]);
});

test("a key is found by its kid, and by nothing that is none", async () => {
  const set = await openWorld().load([jwk("a")]);
  expect(findKey(set, "a")).toMatchObject({ kid: "a", algorithm: "Ed25519" });
  for (const kid of ["b", "", undefined, ["a"], "__proto__"]) expect(findKey(set, kid)).toBeUndefined();
});

test("64 headers are remembered, and no more", async () => {
  const set = await openWorld().load([jwk("a")]);
  const key: VerifierKey = { kid: "a", algorithm: "Ed25519", verify: () => true };
  for (let at = 0; at < 70; at += 1) rememberHeader(set, `h${at}`, key);
  expect(set.knownHeaders.size).toBe(64);
  expect([set.knownHeaders.get("h63"), set.knownHeaders.get("h64")]).toEqual([key, undefined]);
});
