import { isIP } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { formatAddress } from "./client-address.ts";

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["2001:db8::7", "2001:db8::7"],
  ["2001:0DB8:0000:0000:0000:0000:0000:0007", "2001:db8::7"],
  ["::", "::"],
  ["::1", "::1"],
  ["fe80::1%eth0", "fe80::1"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7%lo", "192.0.2.7"],
  ["0:0:0:0:0:FFFF:c000:207", "192.0.2.7"],
  ["64:ff9b::192.0.2.7", "64:ff9b::c000:207"],
])("%s is %s", (text, address) => {
  expect(formatAddress(text)).toBe(address);
});

test.each([
  "",
  "%",
  "192.0.2",
  "192.0.2.7:80",
  "192.0.2.07",
  "0xc0000207",
  "[::1]",
  "::g",
  "1::2::3",
  "localhost",
  " ::1",
])("%j is no address", (text) => {
  expect(formatAddress(text)).toBeUndefined();
});

testProperty(
  "every address has one spelling, and it is an address",
  2_000,
  fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
    const address = formatAddress(text);
    expect(isIP(address ?? "")).not.toBe(0);
    expect(formatAddress(address ?? "")).toBe(address);
  }),
);

testProperty(
  "no text throws",
  2_000,
  fc.property(
    fc.oneof(
      fc.string({ unit: "binary" }),
      fc.ipV6().map((text) => `${text}%\0`),
    ),
    (text) => {
      const address = formatAddress(text);
      expect(address === undefined || isIP(address) !== 0).toBe(true);
    },
  ),
);
