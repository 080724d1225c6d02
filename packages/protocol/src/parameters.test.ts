import { describe, expect, test } from "vitest";
import { decodeFormText, parseFormParameters, parseJsonParameters, readString, readText } from "./parameters.ts";
import { isRefusal } from "./refusal.ts";

function json(text: string) {
  const parsed = parseJsonParameters(text);
  return isRefusal(parsed) ? `${parsed.code}: ${parsed.description}` : Object.fromEntries(parsed);
}

function form(text: string) {
  const parsed = parseFormParameters(text);
  return isRefusal(parsed) ? `${parsed.code}: ${parsed.description}` : Object.fromEntries(parsed);
}

const string = (text: string) => ({ kind: "string", text });
const number = (text: string) => ({ kind: "number", text });

describe("parameters from JSON", () => {
  test("keep strings decoded and numbers as they were written", () => {
    const text = '{"a":"\\u00e9\\n\\"","b":42.0,"c":1e3,"d":-1,"e":9007199254740993,"f":null,"g":0,"h":9}';
    expect(json(text)).toStrictEqual({
      a: string('é\n"'),
      b: number("42.0"),
      c: number("1e3"),
      d: number("-1"),
      e: number("9007199254740993"),
      f: { kind: "null" },
      g: number("0"),
      h: number("9"),
    });
  });

  test("tell every other type apart from strings, numbers and null", () => {
    const other = { kind: "other" };
    const text = '{"a":true,"b":false,"c":[],"d":{},"e":["x"],"f":{"text":"x"}}';
    expect(json(text)).toStrictEqual({ a: other, b: other, c: other, d: other, e: other, f: other });
  });

  test("may be none", () => {
    expect(json(" {} ")).toStrictEqual({});
  });

  test("hold lone surrogates and NUL as they are, for the rules of each member to refuse", () => {
    expect(json('{"a":"\\ud800","b":"x\\u0000"}')).toStrictEqual({ a: string("\ud800"), b: string("x\u0000") });
  });

  test("have the names that were sent, also where V8 was taught to misread them (nodejs/node#63785)", () => {
    JSON.parse('{"taught":1,"\\\\":1}');
    JSON.parse('{"taught":1,"client_i\\\\":1}');
    expect(json('{"taught":1,"\\u00e9":2}')).toStrictEqual({ taught: number("1"), é: number("2") });
    expect(json('{"taught":1,"client_i\\u0064":2}')).toStrictEqual({ taught: number("1"), client_id: number("2") });
  });

  test("4,000 nested levels are no trouble", () => {
    expect(json(`{"a":${"[".repeat(4_000)}${"]".repeat(4_000)},"b":"c"}`)).toStrictEqual({
      a: { kind: "other" },
      b: string("c"),
    });
  });

  test.each([
    ["nothing", ""],
    ["blanks", "  "],
    ["a byte order mark", '\ufeff{"a":1}'],
    ["an open object", '{"a":1'],
    ["a trailing comma", '{"a":1,}'],
    ["a second value", "{} {}"],
    ["a comment", '{"a":1}//'],
    ["single quotes", "{'a':1}"],
    ["a bare name", "{a:1}"],
    ["a leading zero", '{"a":042}'],
    ["a plus sign", '{"a":+1}'],
    ["a bare fraction", '{"a":.5}'],
    ["NaN", '{"a":NaN}'],
    ["a raw NUL in a string", '{"a":"\u0000"}'],
    ["a raw line break in a string", '{"a":"\n"}'],
    ["half an escape", '{"a":"\\u00"}'],
    ["a blank beyond JSON", '{\u00a0"a":1}'],
    ["a form", "client_id=a&client_secret=b"],
  ])("400 INVALID_REQUEST: %s is not JSON", (_, text) => {
    expect(json(text)).toBe("INVALID_REQUEST: The body is not well-formed JSON.");
  });

  test.each(["[]", '[{"client_id":"a"}]', '"a"', "42", "null", "true"])(
    "400 INVALID_REQUEST: %s is not an object",
    (text) => {
      expect(json(text)).toBe("INVALID_REQUEST: The body must be a JSON object.");
    },
  );

  test.each([
    '{"client_id":"a","client_id":"a"}',
    '{"client_id":"a","\\u0063lient_id":"b"}',
    '{"project_id":42,"x":{},"project_id":43}',
    '{"unknown":1,"unknown":1}',
    '{"x":{"y":1,"y":2}}',
    '{"x":[{"y":1,"\\u0079":2}]}',
  ])("400 INVALID_REQUEST: a member is repeated in %s", (text) => {
    expect(json(text)).toBe("INVALID_REQUEST: The body holds a repeated member.");
  });

  test.each([
    '{"__proto__":{"client_id":"a"}}',
    '{"\\u005f_proto\\u005f_":1}',
    '{"constructor":1}',
    '{"prototype":1}',
    '{"x":{"__proto__":1}}',
    '{"x":[{"con\\u0073tructor":1}]}',
  ])("400 INVALID_REQUEST: a member name is forbidden in %s", (text) => {
    expect(json(text)).toBe("INVALID_REQUEST: The body holds a forbidden member name.");
  });
});

describe("parameters from a form", () => {
  test.each([
    ["pairs", "a=b&c=d", { a: string("b"), c: string("d") }],
    ["plus signs as blanks", "scope=data-export+metrics", { scope: string("data-export metrics") }],
    ["a percent-encoded plus sign as itself", "a=%2B", { a: string("+") }],
    ["percent-encoded UTF-8", "a=%C3%A9%f0%9f%98%80", { a: string("é😀") }],
    ["an encoded name", "client%5Fid=a", { client_id: string("a") }],
    ["the first equals sign as the separator", "a=b=c==", { a: string("b=c==") }],
    ["an encoded separator as text", "a=%26b%3Dc", { a: string("&b=c") }],
    ["a name without an equals sign as an empty value", "a", { a: string("") }],
    ["an empty value", "a=&b=", { a: string(""), b: string("") }],
    ["an empty name", "=a", { "": string("a") }],
    ["empty pairs, which are none", "&&a=b&&", { a: string("b") }],
    ["nothing", "", {}],
    ["numbers, null and true as text", "a=42&b=null&c=true", { a: string("42"), b: string("null"), c: string("true") }],
    ["a semicolon as text", "a=b;c=d", { a: string("b;c=d") }],
    ["brackets as text", "a[]=b&a[0]=c", { "a[]": string("b"), "a[0]": string("c") }],
    ["NUL as it is, for the rules of each member to refuse", "a=%00", { a: string("\u0000") }],
  ])("take %s", (_, text, parameters) => {
    expect(form(text)).toStrictEqual(parameters);
  });

  test.each([
    ["no digits", "a=%zz"],
    ["one digit", "a=%4"],
    ["a lone percent sign", "a=100%"],
    ["a name that is malformed", "%=a"],
    ["a name alone that is malformed", "%zz"],
    ["a continuation that is none", "a=%c3%28"],
    ["a sequence that ends early", "a=%c3"],
    ["a continuation alone", "a=%80"],
    ["an overlong sequence", "a=%c0%af"],
    ["a surrogate", "a=%ed%a0%80"],
    ["a number beyond Unicode", "a=%f4%90%80%80"],
    ["half of it raw", "a=%c3é"],
  ])("400 INVALID_REQUEST: percent-encoding with %s", (_, text) => {
    expect(form(text)).toBe("INVALID_REQUEST: The body holds a malformed percent-encoding.");
  });

  test.each(["a=1&a=1", "a=1&b=2&a=", "a&a", "client_id=a&client%5Fid=b", "a+b=1&a%20b=2", "=1&=2"])(
    "400 INVALID_REQUEST: a member is repeated in %s",
    (text) => {
      expect(form(text)).toBe("INVALID_REQUEST: The body holds a repeated member.");
    },
  );

  test.each(["__proto__=1", "__proto__", "%5F_proto_%5f=1", "constructor=1", "prototype=1", "a=b&constructor="])(
    "400 INVALID_REQUEST: a member name is forbidden in %s",
    (text) => {
      expect(form(text)).toBe("INVALID_REQUEST: The body holds a forbidden member name.");
    },
  );
});

describe("form text", () => {
  test("decodes the plus sign before the percent-encoding, or %2B would become a blank", () => {
    expect(decodeFormText("a+b%2Bc%20d")).toBe("a b+c d");
  });

  test("is undefined where its encoding is malformed", () => {
    expect(decodeFormText("%")).toBeUndefined();
    expect(decodeFormText("%ff")).toBeUndefined();
  });
});

describe("a member that must be text", () => {
  const rule = { name: "client_id", maxLength: 8 };
  const readJson = (text: string) => {
    const parameters = parseJsonParameters(text);
    const read = isRefusal(parameters) ? parameters : readText(parameters, rule);
    return isRefusal(read) ? `${read.code}: ${read.description}` : read;
  };

  test("is absent where it is missing or empty (RFC 6749 §3.2)", () => {
    expect(readJson("{}")).toBeUndefined();
    expect(readJson('{"client_id":""}')).toBeUndefined();
    expect(readJson('{"Client_id":"a","client-id":"a"}')).toBeUndefined();
  });

  test("is read at one below and at its greatest length, and refused one above", () => {
    expect(readJson('{"client_id":"abcdefg"}')).toBe("abcdefg");
    expect(readJson('{"client_id":"abcdefgh"}')).toBe("abcdefgh");
    expect(readJson('{"client_id":"abcdefghi"}')).toBe("INVALID_REQUEST: client_id must have at most 8 characters.");
  });

  test.each(["null", "1", "true", "[]", '["a"]', "{}"])("400 INVALID_REQUEST: %s is no string", (value) => {
    expect(readJson(`{"client_id":${value}}`)).toBe("INVALID_REQUEST: client_id must be a string.");
  });

  test.each(["\\u0000", "a\\n", "\\t", "\\u001f", "\\u007f", "\\u0080", "é", "\\ud800", "😀"])(
    "400 INVALID_REQUEST: %s is not printable ASCII",
    (value) => {
      expect(readJson(`{"client_id":"${value}"}`)).toBe("INVALID_REQUEST: client_id must be printable ASCII.");
    },
  );

  test("may hold every printable ASCII character, the blank among them", () => {
    const all = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("");
    const parameters = new Map([["a", { kind: "string", text: all }] as const]);
    expect(readText(parameters, { name: "a", maxLength: 95 })).toBe(all);
  });

  test("is read with any characters where other rules judge them", () => {
    const parameters = new Map([["a", { kind: "string", text: "é\t" }] as const]);
    expect(readString(parameters, { name: "a", maxLength: 2 })).toBe("é\t");
    expect(readString(parameters, { name: "a", maxLength: 1 })).toMatchObject({ code: "INVALID_REQUEST" });
    expect(readString(parameters, { name: "b", maxLength: 1 })).toBeUndefined();
  });
});
