import { describe, expect, test } from "vitest";
import { decodeBase64, isCanonicalBase64Url } from "./base64.ts";

describe("base64 (RFC 4648 §4)", () => {
  test.each([
    ["", ""],
    ["Zg==", "f"],
    ["Zm8=", "fo"],
    ["Zm9v", "foo"],
    ["Zm9vYg==", "foob"],
    ["Zm9vYmE=", "fooba"],
    ["Zm9vYmFy", "foobar"],
    ["AP+/", "\u0000\u00ff\u00bf"],
  ])("%j is %j (RFC 4648 §10)", (text, bytes) => {
    expect(decodeBase64(text)).toBe(bytes);
  });

  test.each([
    ["no padding", "Zg"],
    ["half a padding", "Zg="],
    ["too much padding", "Zm8=="],
    ["padding of nothing", "===="],
    ["padding in the middle", "Zg==Zg=="],
    ["a single character", "Z"],
    ["spare bits of one byte", "Zh=="],
    ["spare bits of two bytes", "Zm9="],
    ["the alphabet of base64url", "AP-_"],
    ["a blank", "Zm 9"],
    ["a line break at the end", "Zm9v\n"],
    ["a letter beyond ASCII", "Zmé="],
  ])("%s is malformed", (_, text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });
});

describe("base64url of a JWT (RFC 7515 §2)", () => {
  test.each(["AA", "Ag", "Aw", "AAA", "AAE", "AAAA", "-_-_", "Zm9vYg"])("%j is canonical", (text) => {
    expect(isCanonicalBase64Url(text)).toBe(true);
  });

  test.each([
    ["nothing", ""],
    ["one character", "A"],
    ["five characters", "AAAAA"],
    ["padding", "AA=="],
    ["spare bits of one byte", "AB"],
    ["spare bits of two bytes", "AAB"],
    ["the alphabet of base64", "ab+/"],
    ["a blank", "AA A"],
    ["a line break at the end", "AAAA\n"],
    ["a letter beyond ASCII", "AAAé"],
  ])("%s is not canonical", (_, text) => {
    expect(isCanonicalBase64Url(text)).toBe(false);
  });

  test("of the 64 last characters, 4 close one byte and 16 close two", () => {
    const alphabet = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"];
    expect(alphabet.filter((last) => isCanonicalBase64Url(`A${last}`)).join("")).toBe("AQgw");
    expect(alphabet.filter((last) => isCanonicalBase64Url(`AA${last}`)).join("")).toBe("AEIMQUYcgkosw048");
    expect(alphabet.filter((last) => isCanonicalBase64Url(`AAA${last}`))).toHaveLength(64);
  });
});
