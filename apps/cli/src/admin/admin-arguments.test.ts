import { describe, expect, test } from "vitest";
import { formatExpiry, parseExpiry, parsePeriod, parseRanges, parseUuid } from "./admin-arguments.ts";
import { parseInstant } from "./parse-instant.ts";

describe("ends", () => {
  const now = Date.parse("2026-11-25T12:00:00Z");

  test.each([
    ["never", null],
    ["1d", "2026-11-26T12:00:00.000Z"],
    ["365d", "2027-11-25T12:00:00.000Z"],
    ["90m", "2026-11-25T13:30:00.000Z"],
    ["2027-06-30", "2027-06-30T00:00:00.000Z"],
    ["2027-06-30T12:00:00+02:00", "2027-06-30T10:00:00.000Z"],
  ])("%s", (text, end) => {
    expect(formatExpiry(parseExpiry(text), now)).toBe(end);
  });

  test.each(["", "soon", "0d", "40000d", "2027-13-01", "2027-02-29", "2027-06-30T12:00:00", "1 d", "-1d", "30"])(
    "refused: %j",
    (text) => {
      expect(() => parseExpiry(text)).toThrow(/^It must be/);
    },
  );

  test("a day that a month does not have is no date", () => {
    expect([parseInstant("2028-02-29"), parseInstant("2027-02-29")]).toEqual(["2028-02-29T00:00:00.000Z", undefined]);
  });
});

test("periods, in seconds", () => {
  expect([parsePeriod("90m"), parsePeriod("12h"), parsePeriod("7d"), parsePeriod("365d")]).toEqual([
    5_400, 43_200, 604_800, 31_536_000,
  ]);
  for (const text of ["", "7", "0d", "366d", "7w"]) expect(() => parsePeriod(text)).toThrow(/a year at most/);
});

test("ranges and ids", () => {
  expect(parseRanges("10.0.0.0/8, 192.0.2.7/32")).toEqual(["10.0.0.0/8", "192.0.2.7/32"]);
  expect(parseRanges("anywhere")).toEqual([]);
  expect(parseUuid("7CE9F436-F2D1-48C4-AAC9-A837564AE7EA")).toBe("7ce9f436-f2d1-48c4-aac9-a837564ae7ea");
});
