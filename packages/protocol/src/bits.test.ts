import fc from "fast-check";
import { expect, test } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { createBitReader, createBitWriter } from "./bits.ts";

test("most significant bit first; the last octet is filled up with zeros", () => {
  const bits = createBitWriter();
  bits.writeBits(0b101, 3);
  bits.writeOnes(3);
  bits.writeLength(300);
  expect([...bits.finish()].map((octet) => octet.charCodeAt(0).toString(2).padStart(8, "0")).join(" ")).toBe(
    // 101, 1110, 1 0101100, 0 0000010
    "10111101 01011000 00000100",
  );
});

test.each([
  [0, "00000000"],
  [127, "01111111"],
  [128, "10000000 00000001"],
  [16_384, "10000000 10000000 00000001"],
])("the length %i is %s: LEB128", (value, octets) => {
  const bits = createBitWriter();
  bits.writeLength(value);
  expect([...bits.finish()].map((octet) => octet.charCodeAt(0).toString(2).padStart(8, "0")).join(" ")).toBe(octets);
});

test("beyond the end there are only zeros, and it is over", () => {
  const bits = createBitReader("\u00ff");
  expect(bits.readBits(8)).toBe(255);
  expect([bits.isOver(), bits.isSpent()]).toEqual([false, true]);
  expect([bits.readOnes(), bits.readLength(), bits.readBits(48)]).toEqual([0, 0, 0]);
  expect([bits.isOver(), bits.isSpent()]).toEqual([true, false]);
});

test.each([
  ["a whole octet is left", "\u0000\u0000", 8],
  ["the filling is not zeros", "\u0001", 4],
])("it is not spent: %s", (_name, octets, width) => {
  const bits = createBitReader(octets);
  bits.readBits(width);
  expect(bits.isSpent()).toBe(false);
});

type Step = { readonly kind: "bits" | "ones" | "length"; readonly value: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("bits" as const), value: fc.integer({ min: 0, max: 2 ** 48 - 1 }) }),
  fc.record({ kind: fc.constant("ones" as const), value: fc.integer({ min: 0, max: 40 }) }),
  fc.record({ kind: fc.constant("length" as const), value: fc.maxSafeInteger().map(Math.abs) }),
);

testProperty(
  "whatever is written is read back, and nothing is left",
  1_000,
  fc.property(fc.array(step), (steps) => {
    const writer = createBitWriter();
    for (const { kind, value } of steps) {
      if (kind === "bits") writer.writeBits(value, 48);
      else if (kind === "ones") writer.writeOnes(value);
      else writer.writeLength(value);
    }
    const reader = createBitReader(writer.finish());
    const read = steps.map(({ kind }) =>
      kind === "bits" ? reader.readBits(48) : kind === "ones" ? reader.readOnes() : reader.readLength(),
    );
    expect(read).toEqual(steps.map(({ value }) => value));
    expect(reader.isSpent()).toBe(true);
  }),
);
