import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import { parseByteRange } from "./byte-range.ts";

const size = 1000;

describe("one range", () => {
  const cases: readonly (readonly [string, number, number])[] = [
    ["bytes=0-0", 0, 0],
    ["bytes=0-999", 0, 999],
    ["bytes=500-", 500, 999],
    ["bytes=999-", 999, 999],
    ["bytes=0-1000", 0, 999],
    ["bytes=500-99999999999999999999999", 500, 999],
    ["bytes=-1", 999, 999],
    ["bytes=-1000", 0, 999],
    ["bytes=-1001", 0, 999],
    ["bytes=-99999999999999999999999", 0, 999],
    ["BYTES=007-8", 7, 8],
  ];
  test.each(cases)("%s", (header, first, last) => {
    expect(parseByteRange(header, size)).toStrictEqual({ first, last });
  });
});

describe("unsatisfiable", () => {
  const thousand = `bytes=${Array.from({ length: 1000 }, (_, index) => `${index}-${index}`).join(",")}`;
  const cases = ["bytes=1000-", "bytes=1000-1001", "bytes=99999999999999999999-", "bytes=-0"];
  test.each([...cases, "bytes=0-1,5-6", "bytes=0-1, 5-6", "bytes=0-1,", "bytes=-1,-2", thousand])("%s", (header) => {
    expect(parseByteRange(header, size)).toBe("unsatisfiable");
  });

  test("anything of an empty file", () => {
    expect(parseByteRange("bytes=0-", 0)).toBe("unsatisfiable");
    expect(parseByteRange("bytes=-1", 0)).toBe("unsatisfiable");
  });
});

test.each([
  undefined,
  "",
  "bytes",
  "bytes=",
  "bytes=-",
  "bytes=5-4",
  "bytes=a-b",
  "bytes=0x1-2",
  "bytes=1.5-2",
  "bytes=--1",
  "bytes=0-1-2",
  "bytes= 0-1",
  "bytes=0 -1",
  "bytes=+1-2",
  "rows=0-1",
  "bytes:0-1",
  " bytes=0-1",
])("passed over, as RFC 9110 §14.2 has it for what makes no sense: %j", (header) => {
  expect(parseByteRange(header, size)).toBeUndefined();
});

testProperty(
  "whatever the header, a range lies within the file",
  20_000,
  fc.property(
    fc.oneof(fc.string(), fc.stringMatching(/^bytes=\d{0,4}-\d{0,4}$/)),
    fc.integer({ min: 0, max: 2000 }),
    (header, length) => {
      const range = parseByteRange(header, length);
      if (typeof range !== "object") return;
      expect(range.first >= 0 && range.first <= range.last && range.last < length).toBe(true);
    },
  ),
);
