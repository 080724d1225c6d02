import { isIP } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { testProperty } from "../../../../../test/property.ts";
import { isIpv4, isIpv6, parseRanges } from "./ip-ranges.ts";

test("ranges are parted by lines, blanks or commas; a single address becomes a range of itself; none is kept twice", () => {
  const text = "192.0.2.0/24, 198.51.100.7\n2001:db8::/32 2001:db8::1\n\n192.0.2.0/24";
  expect(parseRanges(text)).toEqual({
    kind: "ranges",
    ranges: ["192.0.2.0/24", "198.51.100.7/32", "2001:db8::/32", "2001:db8::1/128"],
  });
  expect(parseRanges(" \n")).toEqual({ kind: "ranges", ranges: [] });
});

test.each(["192.0.2", "192.0.2.0/33", "2001:db8::/129", "256.0.0.1", "example.com", "192.0.2.0/", "/24", "::1%eth0"])(
  "“%s” is named as the mistake",
  (word) => {
    expect(parseRanges(`192.0.2.0/24\n${word}`)).toEqual({
      kind: "mistake",
      text: `“${word}” is no address range. Write it as 192.0.2.0/24 or 2001:db8::/32.`,
    });
  },
);

test("51 ranges are one too many", () => {
  const text = Array.from({ length: 51 }, (_, index) => `192.0.2.${index}`).join("\n");
  expect(parseRanges(text)).toEqual({ kind: "mistake", text: "At most 50 ranges; these are 51." });
});

const almostAddress = fc.stringMatching(/^[0-9a-fA-F:.]{1,24}$/);

testProperty(
  "an address is one exactly where the service takes it for one",
  5000,
  fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), almostAddress), (text) => {
    expect([isIpv4(text), isIpv6(text)]).toEqual([isIP(text) === 4, isIP(text) === 6]);
  }),
);
