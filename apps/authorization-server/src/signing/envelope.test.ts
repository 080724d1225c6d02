import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import { createKeyEncryptionKey, EnvelopeBroken, open, rewrap, seal } from "./envelope.ts";

const kek = createKeyEncryptionKey(Buffer.alloc(32, 7));
const otherKek = createKeyEncryptionKey(Buffer.alloc(32, 8));
const context = { kid: "a-kid", algorithm: "RS256", use: "sig", createdAt: 1_800_000_000, state: "next" };

const tryOpen = (envelope: string, opened: Record<string, string | number>, key = kek): unknown => {
  try {
    return open(envelope, opened, key);
  } catch (error) {
    return error;
  }
};

testProperty(
  "what was sealed opens with the same key and context, in whatever order its members stand",
  300,
  fc.property(
    fc.uint8Array({ maxLength: 2_000 }),
    fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer()), { noNullPrototype: true }),
    (content, members) => {
      const envelope = seal(content, members, kek);
      const reversed = Object.fromEntries(Object.entries(members).reverse());
      expect(open(envelope, reversed, kek)).toEqual(Buffer.from(content));
    },
  ),
);

test("two envelopes of the same content have nothing in common but version and key id", () => {
  const [first, second] = [seal(Buffer.from("same"), context, kek), seal(Buffer.from("same"), context, kek)];
  const [parts, others] = [first.split("."), second.split(".")];
  expect(parts.slice(0, 2)).toEqual(["v1", kek.id]);
  expect(others.slice(0, 2)).toEqual(["v1", kek.id]);
  for (const at of [2, 3]) expect(parts[at]).not.toBe(others[at]);
});

test("an envelope holds nothing of its content, and a key id nothing of its key", () => {
  const content = "a content that is easy to find again";
  const envelope = seal(Buffer.from(content), context, kek);
  for (const part of envelope.split("."))
    expect(Buffer.from(part, "base64url").toString("latin1")).not.toContain(content);
  expect(kek.id).toMatch(/^[0-9a-f]{16}$/);
  expect(kek.id).not.toBe(otherKek.id);
});

describe("K-02: a wrong key-encryption key", () => {
  test("is refused, and both keys are named", () => {
    const error = tryOpen(seal(Buffer.from("x"), context, kek), context, otherKek);
    expect(error).toBeInstanceOf(EnvelopeBroken);
    expect(error).toMatchObject({
      message: `sealed with another key-encryption key (${kek.id}, not ${otherKek.id})`,
    });
  });

  test("is refused even under the right one's name", () => {
    const error = tryOpen(seal(Buffer.from("x"), context, kek), context, { ...otherKek, id: kek.id });
    expect(error).toMatchObject({ name: "EnvelopeBroken", message: "the envelope is damaged" });
  });

  test.each([0, 16, 31, 33, 64])("of %i bytes is none", (length) => {
    expect(() => createKeyEncryptionKey(randomBytes(length))).toThrow(new Error("A key-encryption key has 32 bytes."));
  });
});

describe("K-04: a key that is being replaced", () => {
  const both = { ...otherKek, former: kek };
  const former = seal(Buffer.from("x"), context, kek);
  const present = seal(Buffer.from("x"), context, otherKek);

  test("opens beside its successor what it has sealed, and what is sealed from then on is its successor's", () => {
    expect([open(former, context, both), open(present, context, both)].map(String)).toEqual(["x", "x"]);
    expect(seal(Buffer.from("y"), context, both).split(".")[1]).toBe(otherKek.id);
    expect(tryOpen(former, context, otherKek)).toBeInstanceOf(EnvelopeBroken);
  });

  test("wraps anew the data key alone; a second time there is nothing to do", () => {
    const next = rewrap(former, context, both) ?? "";
    expect(open(next, context, otherKek).toString()).toBe("x");
    expect(next.split(".")[3]).toBe(former.split(".")[3]);
    expect([rewrap(next, context, both), rewrap(present, context, both)]).toEqual([undefined, undefined]);
  });

  test("what does not open is not wrapped anew, whatever is wrong with it, and also under the new key", () => {
    const [other] = [createKeyEncryptionKey(Buffer.alloc(32, 9))];
    const foreign = seal(Buffer.from("x"), context, other);
    expect(() => rewrap(foreign, context, both)).toThrow(
      `sealed with another key-encryption key (${other.id}, not ${otherKek.id} or ${kek.id})`,
    );
    for (const envelope of [former, present]) {
      expect(() => rewrap(envelope, { ...context, state: "active" }, both)).toThrow("the envelope is damaged");
      const [head = "", id = "", wrapped = "", body = ""] = envelope.split(".");
      const changed = `${head}.${id}.${wrapped}.${body.startsWith("A") ? "B" : "A"}${body.slice(1)}`;
      expect(() => rewrap(changed, context, both)).toThrow("the envelope is damaged");
    }
  });
});

const content = randomBytes(64);
const sealed = seal(content, context, kek);

testProperty(
  "K-03: a flipped bit anywhere in the envelope: refused",
  500,
  fc.property(fc.nat(sealed.length - 1), fc.nat(6), (at, bit) => {
    const flipped = String.fromCharCode(sealed.charCodeAt(at) ^ (1 << bit));
    const error = tryOpen(sealed.slice(0, at) + flipped + sealed.slice(at + 1), context);
    expect(error).toBeInstanceOf(EnvelopeBroken);
  }),
);

testProperty(
  "K-03: a flipped bit in the bytes of the wrapped key or the content: refused",
  500,
  fc.property(fc.constantFrom(2, 3), fc.nat(), fc.nat(7), (part, at, bit) => {
    const parts = sealed.split(".");
    const bytes = Buffer.from(parts[part] ?? "", "base64url");
    const place = at % bytes.length;
    bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << bit), place);
    parts[part] = bytes.toString("base64url");
    expect(tryOpen(parts.join("."), context)).toBeInstanceOf(EnvelopeBroken);
  }),
);

testProperty(
  "K-03: a flipped bit in the context: refused",
  500,
  fc.property(
    fc.constantFrom("kid", "algorithm", "use", "createdAt", "state"),
    fc.nat(),
    fc.nat(6),
    (name, at, bit) => {
      const value = Object.entries(context).find(([member]) => member === name)?.[1] ?? "";
      const changed =
        typeof value === "number"
          ? value ^ (1 << (at % 30))
          : [...value].map((one, index) => (index === at % value.length ? flip(one, bit) : one)).join("");
      expect(tryOpen(sealed, { ...context, [name]: changed })).toBeInstanceOf(EnvelopeBroken);
    },
  ),
);

function flip(character: string, bit: number): string {
  return String.fromCharCode(character.charCodeAt(0) ^ (1 << bit));
}

test.each([
  ["a member less", { kid: "a-kid", algorithm: "RS256", use: "sig", createdAt: 1_800_000_000 }],
  ["a member more", { ...context, more: "" }],
  ["a number as text", { ...context, createdAt: "1800000000" }],
  ["two values joined", { ...context, kid: "a-kid,RS256" }],
])("a context with %s: refused", (_name, other) => {
  expect(tryOpen(sealed, other)).toBeInstanceOf(EnvelopeBroken);
});

test.each([
  ["nothing", ""],
  ["dots", "..."],
  ["a part less", sealed.split(".").slice(0, 3).join(".")],
  ["a part more", `${sealed}.`],
  ["an empty content", `${sealed.split(".").slice(0, 3).join(".")}.`],
  ["a content shorter than its tag", `${sealed.split(".").slice(0, 3).join(".")}.AAAA`],
  ["padding", `${sealed}=`],
  ["a blank", `${sealed} `],
  ["its two parts exchanged", [0, 1, 3, 2].map((at) => sealed.split(".")[at]).join(".")],
  [
    "the content of another envelope",
    [...sealed.split(".").slice(0, 3), seal(content, context, kek).split(".")[3]].join("."),
  ],
])("%s is no envelope of ours", (_name, text) => {
  expect(tryOpen(text, context)).toBeInstanceOf(EnvelopeBroken);
});
