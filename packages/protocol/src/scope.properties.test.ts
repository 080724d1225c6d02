import fc from "fast-check";
import { expect } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { isRefusal } from "./refusal.ts";
import { grantScopes, isExclusiveAlone, isScopeName, parseScope, type ScopeCatalogue } from "./scope.ts";

const names = ["data-export", "metrics", "session-replay", "symbolicator", "enrichment", "surveys", "lab"];
const catalogue: ScopeCatalogue = new Map(
  [...names, "a", "b"].map((name) => [name, { name, title: name, exclusive: name === "enrichment" || name === "lab" }]),
);

/** Weighted, so that most texts are well-formed and name what the catalogue knows. */
const word = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...names) },
  { weight: 1, arbitrary: fc.constantFrom("Metrics", "unknown", "__proto__", "toString", "x".repeat(64)) },
  { weight: 1, arbitrary: fc.constantFrom("", "x".repeat(65), "a\tb", "a\u0000", 'q"', "b\\", "é", "a\u00a0b", "\n") },
);
const text = fc.oneof(
  { weight: 6, arbitrary: fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(" ")) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
);
const owned = fc.subarray(names);

/** RFC 6749 §3.3 as one expression, where the code splits and checks name by name. */
const grammar = /^[!#-[\]-~]{1,64}(?: [!#-[\]-~]{1,64})*$/;

function judge(asked: string, ownedNames: readonly string[]): readonly string[] | string {
  if (!grammar.test(asked)) return "INVALID_SCOPE";
  const wanted = asked.split(" ").filter((name, index, all) => all.indexOf(name) === index);
  const known = new Set(catalogue.keys());
  const exclusive = new Set(["enrichment", "lab"]);
  if (wanted.length > 20 || wanted.some((name) => !known.has(name))) return "INVALID_SCOPE";
  if (wanted.filter((name) => ownedNames.includes(name)).length < wanted.length) return "SCOPE_NOT_GRANTED";
  if (wanted.length > 1 && wanted.some((name) => exclusive.has(name))) return "SCOPE_EXCLUSIVE";
  return wanted;
}

const descriptions = new Set([
  "scope must be scope names separated by single blanks.",
  "scope must name at most 20 scopes.",
  "scope names an unknown scope.",
  "scope names a scope that this credential does not own.",
  "scope combines an exclusive scope with another one.",
]);

function decide(asked: string, ownedNames: readonly string[]): readonly string[] | string {
  const granted = grantScopes({ asked, owned: ownedNames, catalogue });
  if (!isRefusal(granted)) return granted;
  if (!descriptions.has(granted.description) || !descriptions.has(granted.reason)) throw new Error(granted.description);
  return granted.code;
}

testProperty(
  "what is granted is all that was asked, once, and owned; or nothing, for the first reason there is",
  120_000,
  fc.property(text, owned, (asked, ownedNames) => {
    expect(decide(asked, ownedNames)).toStrictEqual(judge(asked, ownedNames));
  }),
);

testProperty(
  "the order of the asked scopes changes no verdict",
  50_000,
  fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), owned, (words, ownedNames) => {
    const forward = decide(words.join(" "), ownedNames);
    const backward = decide([...words].reverse().join(" "), ownedNames);
    expect(Array.isArray(backward) ? [...backward].sort() : backward).toStrictEqual(
      Array.isArray(forward) ? [...forward].sort() : forward,
    );
  }),
);

testProperty(
  "who owns more is never refused what who owns less is granted, and what was granted is granted again",
  50_000,
  fc.property(text, owned, owned, (asked, less, further) => {
    const granted = decide(asked, less);
    if (typeof granted === "string") return;
    expect(decide(asked, [...further, ...less])).toStrictEqual(granted);
    expect(decide(granted.join(" "), granted)).toStrictEqual(granted);
    expect(granted.every((name) => less.includes(name))).toBe(true);
    expect(isExclusiveAlone(granted, catalogue)).toBe(true);
  }),
);

testProperty(
  "at most 20 different names are read, however often each one stands there",
  30_000,
  fc.property(fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 1, maxLength: 60, size: "max" }), (numbers) => {
    const parsed = parseScope(numbers.map((number) => `s${number}`).join(" "));
    const different = [...new Set(numbers)].map((number) => `s${number}`);
    expect(isRefusal(parsed) ? parsed.code : parsed).toStrictEqual(different.length > 20 ? "INVALID_SCOPE" : different);
  }),
);

testProperty(
  "a scope name is 1 to 64 characters of scope-token and nothing else",
  50_000,
  fc.property(fc.oneof(word, fc.string({ unit: "binary", maxLength: 4 }), fc.string({ maxLength: 70 })), (name) => {
    const allowed = [...name].every((each) => each > " " && each <= "~" && each !== '"' && each !== "\\");
    expect(isScopeName(name)).toBe(allowed && name.length >= 1 && name.length <= 64);
  }),
);
