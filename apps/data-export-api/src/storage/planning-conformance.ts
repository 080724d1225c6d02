import { expect } from "vitest";
import {
  createRunnable,
  daily,
  everyRun,
  group,
  muchLater,
  once,
  otherProject,
  project,
  runOfDay,
  type Suite,
} from "./conformance.ts";
import type { Storage } from "./storage.ts";

/** A job whose run of that day waits. */
async function createWaiting(storage: Storage, day = 0) {
  const jobId = await storage.createJob(project, daily, runOfDay(day));
  const [run] = await storage.listRuns(project, { ...everyRun, jobId });
  return { jobId, runId: run?.runId ?? 0 };
}

const listRuns = (storage: Storage, jobId: number) => storage.listRuns(project, { ...everyRun, jobId });

export function describePlanning(suite: Suite): void {
  group(suite, "due runs", (it) => {
    it("runs whose time has come are listed, the first due first, with what the next one is made of", async ({
      storage,
    }) => {
      const late = await createWaiting(storage, 2);
      const early = await createWaiting(storage, 1);
      await storage.setTimeZone(otherProject, "Europe/Paris");
      const abroad = await storage.createJob(otherProject, once, runOfDay(1));
      const { dueAt } = runOfDay(1);
      expect(await storage.listDueRuns(dueAt - 1, 10)).toStrictEqual([]);
      const due = await storage.listDueRuns(dueAt, 10);
      expect(due).toMatchObject([
        { run: { runId: early.runId }, projectId: project, timeZone: "UTC" },
        { run: { jobId: abroad }, projectId: otherProject, timeZone: "Europe/Paris" },
      ]);
      expect(due[0]?.job).toStrictEqual({ ...daily, jobId: early.jobId });
      expect(due[1]?.job).toStrictEqual({ ...once, jobId: abroad });
      const all = await storage.listDueRuns(muchLater, 10);
      expect(all.map(({ run }) => run.jobId)).toStrictEqual([early.jobId, abroad, late.jobId]);
      expect(await storage.listDueRuns(muchLater, 1)).toHaveLength(1);
    });

    it("those of suspended and deleted jobs, and those that were released, are not", async ({ storage }) => {
      const [suspended, deleted] = [await createWaiting(storage), await createWaiting(storage)];
      await storage.suspendJob(project, suspended.jobId);
      await storage.deleteJob(project, deleted.jobId, muchLater);
      await createRunnable(storage, { job: once });
      expect(await storage.listDueRuns(muchLater, 10)).toStrictEqual([]);
      await storage.resumeJob(project, suspended.jobId, undefined);
      expect(await storage.listDueRuns(muchLater, 10)).toMatchObject([{ run: { runId: suspended.runId } }]);
    });
  });

  group(suite, "releases", (it) => {
    it("a run is released once, and the next one waits", async ({ storage }) => {
      const { jobId, runId } = await createWaiting(storage);
      expect(await storage.releaseRun(runId, runOfDay(1))).toBe(true);
      expect(await storage.releaseRun(runId, runOfDay(2))).toBe(false);
      expect(await listRuns(storage, jobId)).toMatchObject([
        { runId, state: "RUNNABLE", ...runOfDay(0) },
        { state: "CREATED", ...runOfDay(1) },
      ]);
    });

    it("a run without a next one is released alone", async ({ storage }) => {
      const { jobId } = await createRunnable(storage, { job: once });
      expect(await listRuns(storage, jobId)).toMatchObject([{ state: "RUNNABLE" }]);
    });

    it("a next run that is there already is left as it is", async ({ storage }) => {
      const { jobId, runId } = await createWaiting(storage, 4);
      const { period } = runOfDay(4);
      expect(await storage.releaseRun(runId, { period: { ...period, to: period.to + 1 }, dueAt: 5 })).toBe(true);
      expect(await listRuns(storage, jobId)).toMatchObject([{ runId, state: "RUNNABLE", ...runOfDay(4) }]);
    });

    it("nothing is released of a suspended or deleted job, nor an unknown run", async ({ storage }) => {
      const { jobId, runId } = await createWaiting(storage);
      await storage.suspendJob(project, jobId);
      expect(await storage.releaseRun(runId, runOfDay(1))).toBe(false);
      expect(await listRuns(storage, jobId)).toMatchObject([{ runId, state: "CREATED" }]);
      await storage.deleteJob(project, jobId, muchLater);
      expect(await storage.releaseRun(runId, runOfDay(1))).toBe(false);
      expect(await storage.releaseRun(Number.MAX_SAFE_INTEGER, runOfDay(1))).toBe(false);
      expect(await listRuns(storage, jobId)).toStrictEqual([]);
    });

    it("of twenty releases of one run at once, one releases it and adds one next run", async ({ storage, other }) => {
      const { jobId, runId } = await createWaiting(storage);
      const releases = Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? storage : other).releaseRun(runId, runOfDay(1 + (index % 3))),
      );
      expect((await Promise.all(releases)).filter(Boolean)).toHaveLength(1);
      expect(await listRuns(storage, jobId)).toMatchObject([{ state: "RUNNABLE" }, { state: "CREATED" }]);
    });

    it("a job that is deleted while its run is released has no run that waits", async ({ storage, other }) => {
      for (let round = 0; round < 20; round += 1) {
        const { jobId, runId } = await createWaiting(storage);
        await Promise.all([storage.releaseRun(runId, runOfDay(1)), other.deleteJob(project, jobId, muchLater)]);
        expect(await listRuns(storage, jobId)).toStrictEqual([]);
      }
    });
  });

  group(suite, "first runs", (it) => {
    it("a job that was given its first run lacks none, not even when it is over", async ({ storage }) => {
      const { jobId } = await createWaiting(storage);
      expect(await storage.listUnplannedJobs(10)).toStrictEqual([]);
      expect(await storage.planFirstRun(jobId, runOfDay(9))).toBe(false);
      expect(await storage.planFirstRun(Number.MAX_SAFE_INTEGER, runOfDay(9))).toBe(false);
      expect(await listRuns(storage, jobId)).toMatchObject([runOfDay(0)]);
    });
  });
}
