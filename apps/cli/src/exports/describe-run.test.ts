import { expect, test } from "vitest";
import { describeBegin, describeFailure, describeWritten, formatMinute } from "./describe-run.ts";

const now = Date.parse("2026-11-03T20:00:00Z");

test("an instant is shown in UTC to the minute, and what is none as it is", () => {
  expect(formatMinute("2026-11-03T08:30:59.123Z")).toBe("2026-11-03 08:30");
  expect(formatMinute("2026-11-03T00:30:00+01:00")).toBe("2026-11-02 23:30");
  expect([undefined, null, 12, "soon"].map(formatMinute)).toEqual(["-", "-", "12", "soon"]);
});

test("what was written is told as far as the service says it", () => {
  const files = [{ partId: 1, url: "https://files.example.com/1" }];
  expect(describeWritten({ jobRunId: 1, files })).toBe("1 file");
  expect(describeWritten({ jobRunId: 1, files: [], fileCount: 2, rowCount: 1, byteCount: 1_234_567 })).toBe(
    "2 files, 1 row, 1.2 MB",
  );
  expect(describeWritten({ jobRunId: 1, fileCount: 1, rowCount: 0, byteCount: 20 })).toBe("1 file, 0 rows, 20 B");
});

test("why a run failed is told where the service says it", () => {
  expect(describeFailure({ jobRunId: 1, failureReason: "No data." })).toBe(": No data.");
  expect(describeFailure({ jobRunId: 1, failureReason: null })).toBe("");
});

test("a run that waits for its period to end has a moment at which it begins", () => {
  const run = { jobRunId: 12, state: "CREATED", startDate: "2026-11-04T00:10:00Z" } as const;
  expect(describeBegin(run, now)).toBe("Run 12 begins at 2026-11-04T00:10:00Z at the earliest, in 4 hours.");
  expect(describeBegin({ ...run, state: "RUNNABLE" }, now)).toBe(undefined);
  expect(describeBegin({ ...run, startDate: "2026-11-03T20:00:00Z" }, now)).toBe(undefined);
  expect(describeBegin({ jobRunId: 12, state: "CREATED" }, now)).toBe(undefined);
});
