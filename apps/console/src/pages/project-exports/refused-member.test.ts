import { expect, test } from "vitest";
import { findRuleAt, readRefusedMember, tellRefusal } from "./refused-member.ts";

const read = (text: string) => readRefusedMember({ kind: "refused", text });

test.each([
  ["name is required.", { path: "name", rule: "Is required." }, "Name: is required."],
  [
    "fields[2].aliasName must not get the column name of an earlier field; give another aliasName.",
    { path: "fields[2].aliasName", rule: "Must not get the column name of an earlier field; give another name." },
    "Field 3: must not get the column name of an earlier field; give another name.",
  ],
  ["fields[0] must be an object.", { path: "fields[0]", rule: "Must be an object." }, "Field 1: must be an object."],
  [
    "frequency.dateRange.from must not lie in the future.",
    { path: "frequency.dateRange.from", rule: "Must not lie in the future." },
    "When: must not lie in the future.",
  ],
  [
    "fields must be an array of 1 to 200 fields.",
    { path: "fields", rule: "Must be an array of 1 to 200 fields." },
    "Fields: must be an array of 1 to 200 fields.",
  ],
])("%s", (text, refused, told) => {
  expect(read(text)).toEqual(refused);
  expect(tellRefusal(refused)).toBe(told);
});

test.each(["The body is not well-formed JSON.", "A project has at most 1000 jobs.", "names must be short.", ""])(
  "%j names no member",
  (text) => {
    expect(read(text)).toBeUndefined();
  },
);

test("only a refusal names a member", () => {
  expect(readRefusedMember({ kind: "busy", text: "name is required." })).toBeUndefined();
  expect(readRefusedMember(undefined)).toBeUndefined();
});

test("a mistake is shown where it is, and at what it is a part of", () => {
  const alias = read("fields[2].aliasName must differ.");
  expect(findRuleAt(alias, "fields[2]")).toBe("Must differ.");
  expect(findRuleAt(alias, "fields[2].aliasName")).toBe("Must differ.");
  expect(findRuleAt(alias, "fields[1]")).toBeUndefined();
  expect(findRuleAt(alias, "fields")).toBeUndefined();
  expect(findRuleAt(read("frequency.dateRange.to must lie later."), "frequency")).toBe("Must lie later.");
  expect(findRuleAt(undefined, "name")).toBeUndefined();
});
