import { expect, test } from "vitest";
import { chooseEnd, type EndFacts, findLatestEndMs, formatLocalDay, judgeEnd } from "./end.ts";

const openedAtMs = Date.parse("2026-11-26T10:00:00Z");
const free: EndFacts = { openedAtMs, createdAt: undefined, limitDays: null, kept: undefined };
const limited: EndFacts = { ...free, limitDays: 90 };
/** Midnight of the reader's zone, wherever the test runs. */
const local = (year: number, month: number, day: number) => new Date(year, month - 1, day).getTime();
const instant = (ms: number) => new Date(ms).toISOString().replace(".000Z", "Z");

test("no end, one year, and the end of a chosen day", () => {
  expect(chooseEnd("never", "", free)).toEqual({ expiresAt: null });
  expect(chooseEnd("longest", "", free)).toEqual({ expiresAt: "2027-11-26T10:00:00Z" });
  expect(chooseEnd("date", "2027-03-31", free)).toEqual({ expiresAt: instant(local(2027, 4, 1) - 1000) });
});

test("where the account requires an end, the longest one is ten minutes short of it, for clocks that differ", () => {
  expect(findLatestEndMs(limited)).toBe(Date.parse("2027-02-24T09:50:00Z"));
  expect(chooseEnd("longest", "", limited)).toEqual({ expiresAt: "2027-02-24T09:50:00Z" });
  expect(chooseEnd("date", "2027-02-26", limited)).toEqual({ mistake: "The account requires an earlier end." });
});

test("the last day that the account allows ends where the account requires it", () => {
  const day = formatLocalDay(Date.parse("2027-02-24T09:50:00Z"));
  expect(chooseEnd("date", day, limited)).toEqual({ expiresAt: "2027-02-24T09:50:00Z" });
});

test("the limit of a credential that is there counts from its creation", () => {
  const facts = { ...limited, createdAt: "2026-11-01T00:00:00Z", kept: null };
  expect(chooseEnd("longest", "", facts)).toEqual({ expiresAt: "2027-01-30T00:00:00Z" });
  expect(chooseEnd("kept", "", facts)).toEqual({ expiresAt: null });
});

test.each(["", "2027-02-30", "2027-13-01", "soon"])("“%s” is no day", (date) => {
  expect(chooseEnd("date", date, free)).toEqual({ mistake: "Choose the last day on which it works." });
});

test("a day that has passed is refused, today is not", () => {
  const yesterday = formatLocalDay(openedAtMs - 86_400_000);
  expect(chooseEnd("date", yesterday, free)).toEqual({ mistake: "The day has passed. Choose a later one." });
  expect(chooseEnd("date", formatLocalDay(openedAtMs), free)).toHaveProperty("expiresAt");
});

test.each([
  [null, "never"],
  ["2026-11-26T10:00:00Z", "ended"],
  ["2026-12-26T10:00:00Z", "soon"],
  ["2026-12-26T10:00:01Z", "later"],
] as const)("an end at %s is %s", (expiresAt, expected) => {
  expect(judgeEnd(expiresAt, openedAtMs)).toBe(expected);
});
