import { expect, test } from "vitest";
import { groupFields, hasWords } from "./field-groups.ts";

const field = (name: string) => ({ name, type: "String", description: "" });

test("fields are grouped by what they tell, lists by what they are lists of, and variables are left out", () => {
  const names = [
    "session_id",
    "device_id",
    "custom_var",
    "dynamic_var",
    "browser_name",
    "session_duration_msec",
    "errors.message",
    "errors.filename",
    "new_things.id",
    "view_time",
  ];
  const groups = groupFields(names.map(field));
  expect(groups.map(({ title, fields }) => [title, fields.map(({ name }) => name)])).toEqual([
    ["Who and when", ["session_id", "view_time"]],
    ["Place and device", ["device_id", "browser_name"]],
    ["What happened", ["session_duration_msec"]],
    ["Script errors", ["errors.message", "errors.filename"]],
    ["new things", ["new_things.id"]],
  ]);
});

test("a search has its words anywhere, in any order and case", () => {
  expect(hasWords("Browser VERSION", "browser_version", "The browser's whole version.")).toBe(true);
  expect(hasWords("visitor city", "city", "The city that the visitor's address points to.")).toBe(true);
  expect(hasWords("city shop", "city", "The city that the visitor's address points to.")).toBe(false);
  expect(hasWords("", "city")).toBe(true);
});
