import { isRefusal } from "@biped/protocol";
import { describe, expect, test } from "vitest";
import {
  isAccessTokenType,
  isTokenSized,
  parseTokenHeader,
  refuseInvalid,
  refuseWrongCloud,
  splitToken,
} from "./presented-token.ts";
import { encodeBase64Url as encode } from "./testing-key.ts";

const decode = (segment: string) => Buffer.from(segment, "base64url").toString();
const header = { alg: "ES256", kid: "k1", typ: "at+jwt" };

const readHeader = (segment: string, read: (segment: string) => string | undefined = decode) => {
  const parsed = parseTokenHeader(segment, read);
  return isRefusal(parsed) ? `${parsed.code}: ${parsed.reason}` : parsed;
};
const readJson = (value: unknown) => readHeader(encode(JSON.stringify(value)));

test("the caller hears one text, and the log the cause", () => {
  expect(refuseInvalid("a cause")).toMatchObject({
    status: 401,
    code: "JWT_INVALID",
    description: "Auth token is invalid.",
    reason: "a cause",
  });
});

test("421 WRONG_CLOUD names the endpoint", () => {
  expect(refuseWrongCloud("https://b.example.com")).toMatchObject({
    status: 421,
    code: "WRONG_CLOUD",
    description: "This project is served at https://b.example.com.",
    reason: "a token for another cloud",
    members: { endpoint: "https://b.example.com" },
  });
});

test("a token has at most 8192 characters", () => {
  expect([isTokenSized("a".repeat(8192)), isTokenSized("a".repeat(8193)), isTokenSized([] as never)]).toEqual([
    true,
    false,
    false,
  ]);
});

describe("the segments of a token (RFC 7515 §7.1)", () => {
  test("are three, of which the first two are signed", () => {
    expect(splitToken("aaaa.bbbb.cccc")).toStrictEqual({
      header: "aaaa",
      payload: "bbbb",
      signature: "cccc",
      signingInput: "aaaa.bbbb",
    });
  });

  test.each([
    ["not three segments", ""],
    ["not three segments", "aaaa"],
    ["not three segments", "aaaa.bbbb"],
    ["not three segments", ".bbbb"],
    ["not three segments", "a.bbbb"],
    ["not canonical base64url", "aaaa.bbbb."],
    ["not canonical base64url", "aaaa..cccc"],
    ["not canonical base64url", "aaaa.bbb=.cccc"],
    ["not canonical base64url", "aaaa.bbbb.cccc.dddd.eeee"],
  ])("%s: %j", (reason, token) => {
    expect(splitToken(token)).toMatchObject({ code: "JWT_INVALID", reason });
  });

  test("may be as short as a character before the first dot: the header is judged later", () => {
    expect(splitToken("a.bbbb.cccc")).toMatchObject({ header: "a", signingInput: "a.bbbb" });
    expect(splitToken(".bbbb.cccc")).toMatchObject({ header: "", payload: "bbbb" });
    expect(splitToken("..cccc")).toMatchObject({ code: "JWT_INVALID" });
  });
});

describe("the header of a token", () => {
  test("is its algorithm, its key and its type, which may be anything yet", () => {
    expect(readJson({ ...header, further: 1 })).toStrictEqual(header);
    expect(readJson({ ...header, typ: undefined })).toStrictEqual({ alg: "ES256", kid: "k1", typ: undefined });
  });

  test("has at most 1366 characters", () => {
    const padded = (length: number) => encode(JSON.stringify(header).padEnd(Math.floor((length * 3) / 4), " "));
    expect([padded(1366).length, padded(1367).length]).toEqual([1366, 1367]);
    expect([readHeader(padded(1366)), readHeader(padded(1367))]).toEqual([
      header,
      "JWT_INVALID: oversized token header",
    ]);
  });

  test("is malformed where its bytes are not UTF-8", () => {
    expect(readHeader("aaaa", () => undefined)).toBe("JWT_INVALID: malformed token header");
  });

  test.each([
    ["not canonical base64url", ""],
    ["not canonical base64url", "a"],
    ["malformed token header", encode("{")],
    ["malformed token header", encode("[]")],
    ["malformed token header", encode('{"alg":"ES256","alg":"ES256","kid":"k1"}')],
    ["no alg or no kid in the header", encode("{}")],
    ["no alg or no kid in the header", encode('{"alg":"ES256"}')],
    ["no alg or no kid in the header", encode('{"kid":"k1"}')],
    ["no alg or no kid in the header", encode('{"alg":["ES256"],"kid":"k1"}')],
    ["no alg or no kid in the header", encode('{"alg":"ES256","kid":1}')],
  ])("%s: %s", (reason, segment) => {
    expect(readHeader(segment)).toBe(`JWT_INVALID: ${reason}`);
  });

  test.each(["jku", "x5u", "x5c", "jwk", "crit", "zip", "b64", "cty", "enc"])("must not have %s", (name) => {
    expect(readJson({ ...header, [name]: null })).toBe("JWT_INVALID: a forbidden header member");
  });
});

test("the type is that of access tokens, in any case, with or without application/", () => {
  for (const typ of ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"]) {
    expect([typ, isAccessTokenType(typ)]).toEqual([typ, true]);
  }
  const others = ["", "JWT", "at+jwt ", "xat+jwt", "text/at+jwt", "application/", "at+jwts", ["at+jwt"], undefined];
  for (const typ of others) expect([typ, isAccessTokenType(typ)]).toEqual([typ, false]);
});
