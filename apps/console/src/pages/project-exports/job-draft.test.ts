import { expect, test } from "vitest";
import {
  addFields,
  createDraft,
  explainMissing,
  findAliasMistake,
  type JobDraft,
  moveField,
  readDraft,
  readRange,
  readSegment,
  removeFields,
  renameField,
} from "./job-draft.ts";

const chosen = addFields([], [{ fieldName: "session_id" }, { fieldName: "city" }, { fieldName: "user_id" }]);
const names = (fields: typeof chosen) => fields.map(({ columnName }) => columnName);
const draft: JobDraft = {
  ...createDraft(Date.UTC(2026, 10, 3, 23, 30), "Europe/Paris"),
  name: " Nightly ",
  chosen: { sessions: chosen, views: [] },
};

test("a draft begins with yesterday in the time zone of the exports", () => {
  expect(draft).toMatchObject({ firstDay: "2026-11-03", lastDay: "2026-11-03", frequency: "daily", isGuarded: true });
});

test("fields are added once, at the end, and variables by what they stand for", () => {
  const variables = [
    { fieldName: "custom_var", customVarPosition: 3 },
    { fieldName: "custom_var", customVarPosition: 4 },
    { fieldName: "dynamic_var", dynamicVarKey: "colour" },
    { fieldName: "city" },
  ];
  const added = addFields(chosen, variables);
  expect(names(added)).toEqual(["session_id", "city", "user_id", "custom_var_3", "custom_var_4", "dynamic_var_colour"]);
  expect(names(removeFields(added, variables))).toEqual(["session_id", "user_id"]);
});

test("a field goes up and down, and stays at the ends", () => {
  expect(names(moveField(chosen, 1, -1))).toEqual(["city", "session_id", "user_id"]);
  expect(names(moveField(chosen, 1, 1))).toEqual(["session_id", "user_id", "city"]);
  expect(moveField(chosen, 0, -1)).toBe(chosen);
  expect(moveField(chosen, 2, 1)).toBe(chosen);
});

test.each([
  ["town", undefined],
  ["Town of the visitor - 1.2", undefined],
  ["=cmd", "Letters A to Z, digits, blanks, and the signs _ . and - only; it begins with a letter, a digit or _."],
  [
    "x".repeat(256),
    "Letters A to Z, digits, blanks, and the signs _ . and - only; it begins with a letter, a digit or _.",
  ],
  ["session_id", "A column above has this name. Give it another one."],
])("the alias %j: %s", (aliasName, mistake) => {
  expect(findAliasMistake(renameField(chosen, 1, aliasName), 1)).toBe(mistake);
});

test("a column without an alias may not have the alias of one above it", () => {
  expect(findAliasMistake(renameField(chosen, 0, "city"), 1)).toBe(
    "A column above has this name. Give it another one.",
  );
});

test.each([
  ["2026-11-01", "2026-11-07", { from: "2026-10-31T23:00:00Z", to: "2026-11-07T23:00:00Z" }],
  ["2026-11-01", "2026-11-08", { mistake: "A job covers 7 times 24 hours at most. Choose an earlier last day." }],
  // The clocks go back on 25 October: seven days are an hour too long.
  ["2026-10-20", "2026-10-26", { mistake: "A job covers 7 times 24 hours at most. Choose an earlier last day." }],
  ["2026-11-02", "2026-11-01", { mistake: "The last day lies before the first one." }],
  ["", "2026-11-01", { mistake: "Choose the first and the last day." }],
])("the days %j to %j in Paris", (firstDay, lastDay, range) => {
  expect(readRange({ firstDay, lastDay }, "Europe/Paris")).toEqual(range);
});

test.each([
  ["", {}],
  [" 12 ", { segmentId: 12 }],
  ["0", undefined],
  ["-1", undefined],
  ["1.5", undefined],
  ["9999999999999999", undefined],
  ["all", undefined],
])("the segment %j", (text, segment) => {
  expect(readSegment(text)).toEqual(segment);
});

test("the least that is sent", () => {
  expect(readDraft(draft, "UTC")).toStrictEqual({
    name: "Nightly",
    scope: "sessions",
    format: "JSONL",
    frequency: { value: "daily" },
    deviceLabel: "all",
    fields: [{ fieldName: "session_id" }, { fieldName: "city" }, { fieldName: "user_id" }],
  });
});

test("all that can be sent; the guard goes with CSV alone", () => {
  const whole: JobDraft = {
    ...draft,
    format: "CSV",
    frequency: "once",
    segment: "7",
    chosen: { sessions: renameField(chosen.slice(1), 0, "town"), views: [] },
  };
  expect(readDraft(whole, "UTC")).toStrictEqual({
    name: "Nightly",
    scope: "sessions",
    format: "CSV",
    formulaGuard: true,
    frequency: { value: "once", dateRange: { from: "2026-11-03T00:00:00Z", to: "2026-11-04T00:00:00Z" } },
    deviceLabel: "all",
    segmentId: 7,
    fields: [{ fieldName: "city", aliasName: "town" }, { fieldName: "user_id" }],
  });
});

test.each<[string, Partial<JobDraft>]>([
  ["a name", { name: "  " }],
  ["fields of its scope", { scope: "views" }],
  ["names that differ", { chosen: { sessions: renameField(chosen, 1, "user_id"), views: [] } }],
  ["days", { frequency: "once", firstDay: "" }],
  ["a segment that is one", { segment: "x" }],
])("nothing is sent without %s", (_what, change) => {
  expect(readDraft({ ...draft, ...change }, "UTC")).toBeUndefined();
});

test.each<[Partial<JobDraft>, string]>([
  [{ name: " " }, "Give the job a name."],
  [{ scope: "views" }, "Select at least one field."],
  [{ segment: "x" }, "Put right what is marked above."],
])("why nothing can be sent: %o", (change, reason) => {
  expect(explainMissing({ ...draft, ...change })).toBe(reason);
});
