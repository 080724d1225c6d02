import { describe, expect, test } from "vitest";
import { isForbiddenName, readJsonMembers } from "./json-members.ts";

describe("the members of the outermost object", () => {
  test.each([
    ["an empty object", "{}", []],
    ["an empty object in blanks", " \t\r\n{ \n} ", []],
    ["a string", '{"a":"b"}', [{ name: "a", source: '"b"' }]],
    [
      "blanks round everything",
      ' { "a" : "b" , "c" : 1 } ',
      [
        { name: "a", source: '"b"' },
        { name: "c", source: "1" },
      ],
    ],
    ["an empty name", '{"":1}', [{ name: "", source: "1" }]],
    ["an escaped name", '{"\\u0063lient_id":1}', [{ name: "client_id", source: "1" }]],
    ["a name with a quote and a backslash", '{"a\\"\\\\":1}', [{ name: 'a"\\', source: "1" }]],
    [
      "a string full of structure",
      '{"a":"{\\"b\\":[1,2],}","c":2}',
      [
        { name: "a", source: '"{\\"b\\":[1,2],}"' },
        { name: "c", source: "2" },
      ],
    ],
    [
      "a string that ends in a backslash",
      '{"a":"\\\\","b":"\\\\\\""}',
      [
        { name: "a", source: '"\\\\"' },
        { name: "b", source: '"\\\\\\""' },
      ],
    ],
    [
      "nested values as they were written",
      '{"a": {"b": [1, {"c": "]}"}]} ,"d":[ ]}',
      [
        { name: "a", source: '{"b": [1, {"c": "]}"}]}' },
        { name: "d", source: "[ ]" },
      ],
    ],
    [
      "each digit of a number",
      '{"a":9007199254740993,"b":1.0e+2}',
      [
        { name: "a", source: "9007199254740993" },
        { name: "b", source: "1.0e+2" },
      ],
    ],
    [
      "literals",
      '{"a":null,"b":true,"c":false}',
      [
        { name: "a", source: "null" },
        { name: "b", source: "true" },
        { name: "c", source: "false" },
      ],
    ],
    ["a lone surrogate as a name", '{"\\ud800":1}', [{ name: "\ud800", source: "1" }]],
  ])("%s", (_, text, members) => {
    expect(readJsonMembers(text)).toStrictEqual({ members });
  });

  test("equal names in different objects are not repeated", () => {
    const text = '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}],"c":{"a":"a","b":["a","a"]}}';
    expect(readJsonMembers(text)).toMatchObject({ members: [{ name: "a" }, { name: "b" }, { name: "c" }] });
  });

  test("a string value is not taken for a name", () => {
    expect(readJsonMembers('{"a":"a","b":"a","c":"__proto__","d":["__proto__","b","b"]}')).toHaveProperty("members");
  });
});

describe("a repeated member is a defect", () => {
  test.each([
    ["side by side", '{"a":1,"a":1}'],
    ["apart", '{"a":1,"b":[{"c":{}}],"a":1}'],
    ["one of them escaped", '{"client_id":"a","\\u0063lient_id":"b"}'],
    ["escaped in two ways", '{"\\u002f":1,"\\/":2}'],
    ["with hexadecimal digits in another case", '{"\\u00E9":1,"\\u00e9":2}'],
    ["as an empty name", '{"":1,"":2}'],
    ["in a nested object", '{"a":{"b":1,"b":2}}'],
    ["in an object in lists", '{"a":[[1,{"b":1,"b":2}]]}'],
    ["after a nested object ended", '{"a":{"b":1,"c":{"b":2},"b":3}}'],
    ["after a list ended", '{"a":{"b":[1,2],"b":3}}'],
    ["as two lone surrogates", '{"\\ud800":1,"\\uD800":2}'],
  ])("%s", (_, text) => {
    expect(readJsonMembers(text)).toStrictEqual({ defect: "a repeated member" });
  });
});

describe("a member name that could reach a prototype is a defect", () => {
  test.each(["__proto__", "constructor", "prototype"])("%s, plain, escaped and nested", (name) => {
    const escaped = [...name].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
    for (const written of [name, escaped, `${escaped.slice(0, 6)}${name.slice(1)}`]) {
      expect(readJsonMembers(`{"${written}":1}`)).toStrictEqual({ defect: "a forbidden member name" });
      expect(readJsonMembers(`{"a":[{"b":{"${written}":1}}]}`)).toStrictEqual({ defect: "a forbidden member name" });
    }
    expect(isForbiddenName(name)).toBe(true);
    expect(isForbiddenName(name.toUpperCase())).toBe(false);
  });
});

describe("what is no object is a defect", () => {
  test.each(["[]", '[{"a":1}]', '"{}"', "1", "null", "true", ' "a" ', "\u00a0{}", "\ufeff{}"])("%j", (text) => {
    expect(readJsonMembers(text)).toStrictEqual({ defect: "not an object" });
  });
});

describe("hostile texts", () => {
  const kibibytes64 = 65_536;
  const arrays = kibibytes64 / 2 - 8;
  const hostile: readonly (readonly [string, string])[] = [
    ["nested lists", `{"a":${"[".repeat(arrays)}${"]".repeat(arrays)}}`],
    ["nested objects", `{"a":${'{"a":'.repeat(10_900)}1${"}".repeat(10_900)}}`],
    ["many members", `{${Array.from({ length: 6_000 }, (_, index) => `"m${index}":1`).join(",")}}`],
    ["members that look like indexes", `{${Array.from({ length: 7_000 }, (_, index) => `"${index}":1`).join(",")}}`],
    ["one long string", `{"a":"${"x".repeat(kibibytes64 - 8)}"}`],
    ["backslashes", `{"a":"${"\\\\".repeat(arrays)}"}`],
    ["one long escaped name", `{"${"\\u0061".repeat(10_900)}":1}`],
    ["empty strings", `{"a":[${'"",'.repeat(21_000)}""]}`],
    ["blanks", `${" ".repeat(kibibytes64 - 8)}{"a":1}`],
    ["blanks in front of no object", `${" ".repeat(kibibytes64 - 1)}1`],
  ];

  test.each(hostile)("64 KiB of %s are read in far less than 50 ms", (_, text) => {
    expect(text.length).toBeLessThanOrEqual(kibibytes64);
    const times = Array.from({ length: 5 }, () => {
      const started = performance.now();
      readJsonMembers(text);
      return performance.now() - started;
    });
    expect(Math.min(...times)).toBeLessThan(50);
  });

  test("4,000 levels are read, and a repeated member below them is found", () => {
    const nest = (inner: string) => `${'{"a":['.repeat(4_000)}${inner}${"]}".repeat(4_000)}`;
    expect(readJsonMembers(nest("1"))).toMatchObject({ members: [{ name: "a" }] });
    expect(readJsonMembers(nest('{"b":1,"b":2}'))).toStrictEqual({ defect: "a repeated member" });
  });
});
