import fc from "fast-check";
import { expect, test } from "vitest";
import { testProperty } from "../../../../../test/property.ts";
import {
  findActionChoices,
  findDayEnd,
  findDayStart,
  formatDayBefore,
  formatDayOf,
  formatExportUrl,
  isFiltered,
  keepChosen,
} from "./audit-filter-values.ts";

test("actions are offered by noun, and one that is not known stays chosen", () => {
  const choices = findActionChoices(undefined);
  expect(choices.slice(0, 3)).toEqual([
    { value: "", label: "Any" },
    { value: "account", label: "Account: all" },
    { value: "account.created", label: "Account created" },
  ]);
  expect(choices).toContainEqual({ value: "signing-key.compromised", label: "Signing key compromised" });
  expect(choices).toContainEqual({ value: "project.tokens-revoked", label: "Project tokens revoked" });
  expect(choices).toContainEqual({ value: "tokens.revoked-before", label: "Tokens revoked before" });
  expect(new Set(choices.map(({ value }) => value)).size).toBe(choices.length);
  expect(findActionChoices("credential.deleted")).toEqual(choices);
  expect(findActionChoices("survey.made").at(-1)).toEqual({ value: "survey.made", label: "survey.made" });
  expect(keepChosen([], "system")).toEqual([{ value: "system", label: "system" }]);
});

testProperty(
  "a day goes to instants and comes back, and both ends are the same for the next day",
  2000,
  fc.property(fc.date({ min: new Date("2001-01-01"), max: new Date("2100-01-01"), noInvalidDate: true }), (date) => {
    const day = formatDayOf(date.toISOString());
    const [start, end] = [findDayStart(day), findDayEnd(day)];
    expect([formatDayOf(start), formatDayBefore(end)]).toEqual([day, day]);
    expect(findDayStart(formatDayOf(end))).toBe(end);
    expect(Date.parse(start ?? "") <= date.getTime() && date.getTime() < Date.parse(end ?? "")).toBe(true);
  }),
);

test("what is no day yet is no instant", () => {
  expect(["", "0202-11-25", "2026-11", "tomorrow"].map(findDayStart)).toEqual(Array(4).fill(undefined));
  expect([formatDayOf(undefined), formatDayBefore(undefined)]).toEqual(["", ""]);
});

test("the file has the filters of the page", () => {
  const search = { actor: "administrator:a b", action: undefined, from: "2026-11-25T00:00:00.000Z" };
  expect(formatExportUrl(search, "csv")).toBe(
    "/api/audit-events/export?actor=administrator%3Aa+b&from=2026-11-25T00%3A00%3A00.000Z&format=csv",
  );
  expect(formatExportUrl({}, "jsonl")).toBe("/api/audit-events/export?format=jsonl");
  expect([isFiltered(search), isFiltered({ actor: undefined }), isFiltered({})]).toEqual([true, false, false]);
});
