import fc from "fast-check";
import { expect } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { decodeBase64, isCanonicalBase64Url } from "./base64.ts";

const bytes = fc.uint8Array({ maxLength: 24 });
const text = fc.oneof(
  fc
    .array(fc.constantFrom("A", "B", "Q", "g", "w", "/", "+", "-", "_", "=", "==", " "), { maxLength: 9 })
    .map((all) => all.join("")),
  fc.base64String({ maxLength: 16 }),
  bytes.map((each) => Buffer.from(each).toString("base64url")),
);

testProperty(
  "base64 that somebody encoded decodes to the same bytes",
  40_000,
  fc.property(bytes, (each) => {
    const buffer = Buffer.from(each);
    expect(decodeBase64(buffer.toString("base64"))).toBe(buffer.toString("latin1"));
    expect(isCanonicalBase64Url(buffer.toString("base64url"))).toBe(each.length > 0);
  }),
);

testProperty(
  "a text is base64 or base64url only if encoding its bytes gives it back, so bytes have one spelling",
  60_000,
  fc.property(text, (each) => {
    const standard = Buffer.from(each, "base64");
    const isStandard = standard.toString("base64") === each;
    expect(decodeBase64(each)).toBe(isStandard ? standard.toString("latin1") : undefined);
    const url = Buffer.from(each, "base64url").toString("base64url");
    expect(isCanonicalBase64Url(each)).toBe(url === each && each !== "");
  }),
);
