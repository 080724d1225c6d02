import { describe, expect, test } from "vitest";
import { isRefusal } from "./refusal.ts";
import { defaultScopes, grantScopes, isExclusiveAlone, isScopeName, parseScope } from "./scope.ts";

const all = ["data-export", "metrics", "session-replay", "symbolicator", "enrichment"];

/** The granted names, or the error code of the refusal. */
function grant(asked: string | undefined, owned: readonly string[] = all) {
  const granted = grantScopes({ asked, owned, catalogue: defaultScopes });
  return isRefusal(granted) ? granted.code : granted;
}

function parse(text: string) {
  const parsed = parseScope(text);
  return isRefusal(parsed) ? parsed.code : parsed;
}

describe("a scope text (RFC 6749 §3.3)", () => {
  test.each([
    ["one name", "data-export", ["data-export"]],
    ["names of one character", "a b", ["a", "b"]],
    ["several names in their order", "metrics data-export", ["metrics", "data-export"]],
    ["duplicates, which collapse to the first", "metrics data-export metrics", ["metrics", "data-export"]],
    ["names that differ in case, which are two", "metrics Metrics", ["metrics", "Metrics"]],
    [
      "every character of scope-token",
      "!#$%&'()*+,-./09:;<=>?@AZ[]^_`az{|}~",
      ["!#$%&'()*+,-./09:;<=>?@AZ[]^_`az{|}~"],
    ],
  ])("takes %s", (_, text, names) => {
    expect(parse(text)).toStrictEqual(names);
  });

  test.each([
    ["nothing", ""],
    ["a blank", " "],
    ["a leading blank", " metrics"],
    ["a trailing blank", "metrics "],
    ["two blanks", "data-export  metrics"],
    ["a tab", "data-export\tmetrics"],
    ["a line break", "metrics\n"],
    ["a quote", 'me"trics'],
    ["a backslash", "me\\trics"],
    ["NUL", "metrics\u0000"],
    ["DEL", "metrics\u007f"],
    ["a letter beyond ASCII", "métrics"],
    ["a blank beyond ASCII", "data-export\u00a0metrics"],
  ])("refuses %s with INVALID_SCOPE", (_, text) => {
    expect(parse(text)).toBe("INVALID_SCOPE");
  });

  test("takes 19 and 20 names, and refuses 21", () => {
    const names = (count: number) => Array.from({ length: count }, (_, index) => `s${index}`);
    expect(parse(names(19).join(" "))).toStrictEqual(names(19));
    expect(parse(names(20).join(" "))).toStrictEqual(names(20));
    expect(parse(names(21).join(" "))).toBe("INVALID_SCOPE");
  });

  test("counts its names after duplicates collapsed", () => {
    expect(parse("metrics ".repeat(30).trim())).toStrictEqual(["metrics"]);
  });

  test("takes a name of 63 and of 64 characters, and refuses 65", () => {
    expect(parse("a".repeat(63))).toStrictEqual(["a".repeat(63)]);
    expect(parse("a".repeat(64))).toStrictEqual(["a".repeat(64)]);
    expect(parse("a".repeat(65))).toBe("INVALID_SCOPE");
    expect(isScopeName("a".repeat(64))).toBe(true);
    expect(isScopeName("a".repeat(65))).toBe(false);
    expect(isScopeName("")).toBe(false);
  });
});

describe("scopes are granted all together or not at all", () => {
  test.each([
    ["one owned scope", "metrics", ["metrics"]],
    ["all owned scopes that combine", "data-export metrics session-replay symbolicator", all.slice(0, 4)],
    ["duplicates, once", "metrics metrics data-export", ["metrics", "data-export"]],
    ["the exclusive scope alone", "enrichment", ["enrichment"]],
    ["the exclusive scope twice, which is alone after collapsing", "enrichment enrichment", ["enrichment"]],
  ])("%s", (_, asked, granted) => {
    expect(grant(asked)).toStrictEqual(granted);
  });

  test("INVALID_SCOPE: a missing scope never means all of them", () => {
    expect(grant(undefined)).toBe("INVALID_SCOPE");
  });

  test("INVALID_SCOPE: an unknown scope, also beside an owned one", () => {
    expect(grant("surveys")).toBe("INVALID_SCOPE");
    expect(grant("metrics surveys")).toBe("INVALID_SCOPE");
    expect(grant("surveys", ["surveys"])).toBe("INVALID_SCOPE");
    expect(grant("Metrics")).toBe("INVALID_SCOPE");
    expect(grant("__proto__")).toBe("INVALID_SCOPE");
    expect(grant("constructor toString")).toBe("INVALID_SCOPE");
  });

  test("SCOPE_NOT_GRANTED: a known scope that is not owned, also beside an owned one", () => {
    expect(grant("metrics", [])).toBe("SCOPE_NOT_GRANTED");
    expect(grant("data-export metrics", ["data-export"])).toBe("SCOPE_NOT_GRANTED");
    expect(grant("data-export enrichment", ["data-export"])).toBe("SCOPE_NOT_GRANTED");
  });

  test("SCOPE_EXCLUSIVE: enrichment beside another one, on either side", () => {
    expect(grant("enrichment metrics")).toBe("SCOPE_EXCLUSIVE");
    expect(grant("metrics enrichment")).toBe("SCOPE_EXCLUSIVE");
    expect(grant("enrichment metrics enrichment")).toBe("SCOPE_EXCLUSIVE");
  });

  test("INVALID_SCOPE comes before SCOPE_NOT_GRANTED, and that before SCOPE_EXCLUSIVE", () => {
    expect(grant("enrichment metrics surveys", [])).toBe("INVALID_SCOPE");
    expect(grant("enrichment metrics", ["enrichment"])).toBe("SCOPE_NOT_GRANTED");
  });

  test.each([
    ["scope is required.", undefined],
    ["scope must be scope names separated by single blanks.", "metrics "],
    ["scope must name at most 20 scopes.", Array.from({ length: 21 }, (_, index) => `s${index}`).join(" ")],
    ["scope names an unknown scope.", "surveys"],
    ["scope names a scope that this credential does not own.", "session-replay"],
    ["scope combines an exclusive scope with another one.", "enrichment metrics"],
  ])("the caller and the log are told: %s", (description, asked) => {
    const owned = ["metrics", "enrichment"];
    const refusal = { description, reason: description };
    expect(grantScopes({ asked, owned, catalogue: defaultScopes })).toMatchObject(refusal);
  });

  test("a scope that the catalogue gains can be granted and can be exclusive", () => {
    const added = new Map([
      ["surveys", { name: "surveys", title: "Read surveys", exclusive: false }],
      ["lab", { name: "lab", title: "Try things", exclusive: true }],
    ]);
    const catalogue = new Map([...defaultScopes, ...added]);
    const owned = [...all, "surveys", "lab"];
    expect(grantScopes({ asked: "surveys metrics", owned, catalogue })).toStrictEqual(["surveys", "metrics"]);
    expect(grantScopes({ asked: "lab", owned, catalogue })).toStrictEqual(["lab"]);
    expect(grantScopes({ asked: "lab enrichment", owned, catalogue })).toMatchObject({ code: "SCOPE_EXCLUSIVE" });
  });
});

describe("the exclusive rule as guards ask it", () => {
  test.each([
    [[], true],
    [["enrichment"], true],
    [["metrics", "data-export"], true],
    [["enrichment", "metrics"], false],
    [["metrics", "enrichment"], false],
    [["metrics", "unknown"], true],
  ])("%j stands: %s", (names, stands) => {
    expect(isExclusiveAlone(names, defaultScopes)).toBe(stands);
  });
});

describe("the catalogue when nothing else is configured", () => {
  test("holds five scopes, of which enrichment alone is exclusive", () => {
    expect([...defaultScopes.keys()]).toStrictEqual(all);
    expect([...defaultScopes.values()].filter(({ exclusive }) => exclusive).map(({ name }) => name)).toStrictEqual([
      "enrichment",
    ]);
  });

  test("has scope names of RFC 6749 under their own names", () => {
    for (const [name, scope] of defaultScopes) {
      expect(scope.name).toBe(name);
      expect(isScopeName(name)).toBe(true);
    }
  });

  test("has a title for each, which people read beside a box", () => {
    expect([...defaultScopes.values()].map(({ title }) => title)).toStrictEqual([
      "Create and read export jobs, and download their files",
      "Read metrics of the project",
      "Read replays of sessions",
      "Upload symbol files for crash reports",
      "Send data that enriches sessions",
    ]);
  });
});
