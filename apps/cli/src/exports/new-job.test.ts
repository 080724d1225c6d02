import { expect, test } from "vitest";
import { parseDuration, parseId, parseOneOf } from "./export-arguments.ts";
import { checkNewJob } from "./new-job.ts";

const daily = {
  name: "Nightly",
  format: "JSONL",
  scope: "sessions",
  frequency: { value: "daily" },
  fields: [{ fieldName: "session_id" }],
  deviceLabel: "mobile",
};
const once = (from: unknown, to: unknown) => ({ ...daily, frequency: { value: "once", dateRange: { from, to } } });
const refusalOf = (job: unknown, source?: string): unknown => {
  try {
    checkNewJob(job, source);
  } catch (error) {
    return (error as { exitCode: number; message: string }).message;
  }
  return undefined;
};

test("a job that keeps the rules is handed on with members that only the service knows", () => {
  expect(checkNewJob({ ...daily, newMember: 1 }, "job.json")).toEqual({ ...daily, newMember: 1 });
  const { deviceLabel: _, ...withoutDevice } = daily;
  expect(checkNewJob(withoutDevice, "job.json")).toEqual({ ...daily, deviceLabel: "all" });
  expect(refusalOf(once("2026-11-02", "2026-11-09"))).toBe(undefined);
  expect(refusalOf(once("2026-11-02T08:00:00+01:00", "2026-11-02T08:00:00Z"))).toBe(undefined);
});

test.each([
  [{ ...daily, name: " " }, "--name must not be empty"],
  [{ ...daily, name: undefined }, "--name is missing: it must not be empty"],
  [{ ...daily, format: "XML" }, "--format must be one of JSONL, CSV"],
  [{ ...daily, scope: "users" }, "--export-scope must be one of sessions, views"],
  [{ ...daily, frequency: {} }, "--frequency is missing: it must be one of once, daily, hourly"],
  [{ ...daily, frequency: { value: "daily", dateRange: {} } }, "--from and --to must be left out, except for once"],
  [once("2026-11-31x", "2026-12-01"), /^--from must be an ISO 8601 date/],
  [once("2026-11-01", undefined), /^--to is missing: it must be an ISO 8601 date/],
  [once("2026-11-02", "2026-11-02"), "--to must be after the beginning, by 7 days at most"],
  [once("2026-11-02", "2026-11-09T00:00:01Z"), "--to must be after the beginning, by 7 days at most"],
  [{ ...daily, fields: [] }, /^--fields must name one field or more/],
  [{ ...daily, fields: [{ fieldName: "a" }, { fieldName: "a" }] }, /^--fields must name one field or more, each once/],
  [{ ...daily, deviceLabel: "watch" }, "--device must be one of all, desktop, mobile, tablet"],
  [{ ...daily, segmentId: 0 }, "--segment must be a whole number, 1 or more"],
  [{ ...daily, formulaGuard: true }, "--formula-guard must be left out, except for CSV"],
  [{ ...daily, format: "CSV", formulaGuard: "yes" }, "--formula-guard must be true or false"],
])("a broken rule is named with its option: %#", (job, message) => {
  expect(refusalOf(job)).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
});

test("a broken rule in a file is named with its member and the file", () => {
  expect(refusalOf({ ...daily, frequency: { value: "weekly" } }, "job.json")).toBe(
    "frequency.value in job.json must be one of once, daily, hourly",
  );
  expect(refusalOf([], "stdin")).toBe("stdin must hold one JSON object");
});

test("variables may be exported several times", () => {
  const fields = [1, 2].map((customVarPosition) => ({ fieldName: "custom_var", customVarPosition }));
  expect(refusalOf({ ...daily, fields })).toBe(undefined);
});

test("times are read with their unit, seconds without one", () => {
  expect(["250ms", "90", "90s", "30m", "24h"].map(parseDuration)).toEqual([250, 90_000, 90_000, 1_800_000, 86_400_000]);
  for (const wrong of ["", "0", "-1s", "1.5h", "25h", "1 h", "99999999999"]) {
    expect(() => parseDuration(wrong)).toThrow("It must be a time such as 90s, 30m or 2h, a day at most.");
  }
});

test("numbers and words of arguments are checked", () => {
  expect(parseId("12")).toBe(12);
  for (const wrong of ["0", "-1", "1e3", "12/../13", "", "1".repeat(16)]) expect(() => parseId(wrong)).toThrow();
  expect(parseOneOf(["JSONL", "CSV"])("csv")).toBe("CSV");
  expect(() => parseOneOf(["JSONL", "CSV"])("xml")).toThrow("It must be one of JSONL, CSV.");
});
