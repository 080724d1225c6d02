import type { NewJob, NewRun } from "@biped/data-export-api";
import { expect, test } from "vitest";
import { storeDemonstrationJobs } from "./demonstration-jobs.ts";

test("a cloud's projects without jobs get three; each begins with a run of the last whole period, due at once", async () => {
  const stored: { projectId: number; job: NewJob; first: NewRun }[] = [];
  const storage = {
    listJobs: async (projectId: number) =>
      projectId === 44
        ? [{ ...stored[0]!.job, jobId: 1 }]
        : stored.filter((each) => each.projectId === projectId).map(({ job }) => ({ ...job, jobId: 1 })),
    createJob: async (projectId: number, job: NewJob, first: NewRun) => stored.push({ projectId, job, first }),
  };
  const projects = [
    { id: 42, name: "Ours", cloud: "here" },
    { id: 43, name: "Elsewhere", cloud: "there" },
    { id: 44, name: "With jobs", cloud: "here" },
  ];
  const accounts = [{ id: 1, name: "Northwind", projects }];
  const nowSeconds = Date.UTC(2026, 10, 9, 12, 34, 56) / 1000;
  await storeDemonstrationJobs({ storage }, { accounts }, { cloud: "here", nowSeconds });
  await storeDemonstrationJobs({ storage }, { accounts }, { cloud: "here", nowSeconds });
  const told = stored.map(({ projectId, job, first }) => [
    projectId,
    job.frequency.value,
    new Date(first.period.from).toISOString(),
    new Date(first.period.to).toISOString(),
    first.dueAt,
  ]);
  expect(told).toEqual([
    [42, "daily", "2026-11-08T00:00:00.000Z", "2026-11-09T00:00:00.000Z", nowSeconds],
    [42, "hourly", "2026-11-09T11:00:00.000Z", "2026-11-09T12:00:00.000Z", nowSeconds],
    [42, "once", "2026-11-02T00:00:00.000Z", "2026-11-09T00:00:00.000Z", nowSeconds],
  ]);
  expect(stored[2]!.job.frequency).toEqual({ value: "once", dateRange: stored[2]!.first.period });
});
