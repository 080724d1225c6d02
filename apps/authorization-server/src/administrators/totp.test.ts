import fc from "fast-check";
import { expect, test } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import { computeTotp, findTotpStep, formatBase32, formatTotpUri, normalizeCode } from "./totp.ts";

const secret = Buffer.from("12345678901234567890");

test.each([
  [59, "287082"],
  [1_111_111_109, "081804"],
  [1_111_111_111, "050471"],
  [1_234_567_890, "005924"],
  [2_000_000_000, "279037"],
  [20_000_000_000, "353130"],
])("RFC 6238 appendix B: at %d the code ends in %s", (seconds, code) => {
  expect(computeTotp(secret, Math.floor(seconds / 30))).toBe(code);
  expect(findTotpStep(secret, code, seconds)).toBe(Math.floor(seconds / 30));
});

test("a code is good for its step and the one before and after, by whichever clock", () => {
  const code = computeTotp(secret, 1000);
  const found = [998, 999, 1000, 1001, 1002].map((step) => findTotpStep(secret, code, step * 30));
  expect(found).toEqual([undefined, 1000, 1000, 1000, undefined]);
  expect(findTotpStep(secret, code, 1001 * 30 + 29)).toBe(1000);
});

test("what people type is spelt in small letters, for codes that have some", () => {
  expect(normalizeCode("ABCD-efgh")).toBe("abcdefgh");
});

test.each([
  "287 082",
  " 287082 ",
  "287-082",
  "２８７０８２",
  "287\u00a0082",
  "2\u200b87082",
  "\t287082\n",
  "287\u2011082",
])("C-27: the spelling %j is the same step", (code) => {
  expect(findTotpStep(secret, code, 59)).toBe(1);
});

test.each(["", "28708", "2870822", "28708a", "٢٨٧٠٨٢", "0x2870", "-287082.0", "287082,287082"])(
  "%j is no code",
  (code) => {
    expect(findTotpStep(secret, code, 59)).toBeUndefined();
  },
);

testProperty(
  "no blanks, hyphens or invisible characters make another code of one",
  2_000,
  fc.property(
    fc.array(fc.constantFrom(" ", "\u2003", "\u200b", "-", "\n", "\ufeff"), { maxLength: 12 }),
    fc.integer({ min: 0, max: 999_999 }),
    (noise, number) => {
      const code = String(number).padStart(6, "0");
      const spelt = [...code].map((digit, at) => digit + (noise[at] ?? "")).join("") + noise.slice(6).join("");
      expect(normalizeCode(spelt)).toBe(code);
    },
  ),
);

test("RFC 4648 section 10, without padding", () => {
  expect(formatBase32(Buffer.from("fooba"))).toBe("MZXW6YTB");
  expect(formatBase32(new Uint8Array())).toBe("");
  expect(formatBase32(secret)).toBe("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
});

test("the URI says all that an app has to know", () => {
  expect(formatTotpUri(secret, "vera+1@example.com")).toBe(
    "otpauth://totp/Biped:vera%2B1%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Biped&algorithm=SHA1&digits=6&period=30",
  );
});
