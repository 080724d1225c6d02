import { expect } from "vitest";
import type { ListQuery } from "../jobs/list-query.ts";
import {
  claim,
  createRunnable,
  daily,
  everyJob,
  everyRun,
  group,
  muchLater,
  once,
  otherProject,
  project,
  runOfDay,
  type Suite,
} from "./conformance.ts";
import type { NewJob, Storage } from "./storage.ts";

const create = (storage: Storage, changes: Partial<NewJob> = {}): Promise<number> =>
  storage.createJob(project, { ...daily, ...changes }, runOfDay(0));

const listIds = async (storage: Storage, query: Partial<ListQuery> = {}): Promise<readonly number[]> =>
  (await storage.listJobs(project, { ...everyJob, ...query })).map((job) => job.jobId);

const findState = async (storage: Storage, jobId: number) => (await storage.findJob(project, jobId))?.state;

const listRuns = (storage: Storage, jobId: number) => storage.listRuns(project, { ...everyRun, jobId });

export function describeJobs(suite: Suite): void {
  group(suite, "jobs", (it) => {
    it("a job is read back as it was created, by its id and in the list", async ({ storage }) => {
      const job: NewJob = {
        ...daily,
        name: "Été 🙂 \u200d x",
        format: "CSV",
        frequency: { value: "once", dateRange: { from: 1_767_225_600_000, to: 1_767_830_399_999 } },
        fields: [
          { fieldName: "custom_var", customVarPosition: 3, aliasName: "plan" },
          { fieldName: "dynamic_var", dynamicVarKey: 'a "key" \\ with {signs}' },
        ],
        deviceLabel: "tablet",
        segmentId: Number.MAX_SAFE_INTEGER,
        formulaGuard: true,
        state: "SUSPENDED",
        createdAt: 4_000_000_000,
      };
      const jobId = await storage.createJob(project, job, runOfDay(0));
      expect(await storage.findJob(project, jobId)).toStrictEqual({ ...job, jobId });
      expect(await storage.listJobs(project, everyJob)).toStrictEqual([{ ...job, jobId }]);
    });

    it("a job without range and segment comes back without them", async ({ storage }) => {
      const jobId = await create(storage);
      expect(await storage.findJob(project, jobId)).toStrictEqual({ ...daily, jobId });
    });

    it("a job begins with one run, which waits", async ({ storage }) => {
      const jobId = await create(storage);
      const [run, ...more] = await listRuns(storage, jobId);
      expect(more).toStrictEqual([]);
      expect(run).toStrictEqual({
        runId: expect.any(Number),
        jobId,
        state: "CREATED",
        period: { from: 0, to: 86_400_000 },
        dueAt: 87_000,
        attempts: 0,
        failures: 0,
        startedAt: undefined,
        endedAt: undefined,
        written: undefined,
        failureReason: undefined,
      });
    });

    it("R-44: another project's job is neither found, listed nor changed", async ({ storage }) => {
      const jobId = await storage.createJob(otherProject, daily, runOfDay(0));
      expect(await storage.findJob(project, jobId)).toBeUndefined();
      expect(await listIds(storage)).toStrictEqual([]);
      expect(await listIds(storage, { state: "ACTIVE" })).toStrictEqual([]);
      expect(await storage.suspendJob(project, jobId)).toBe(false);
      expect(await storage.deleteJob(project, jobId, muchLater)).toBe(false);
      expect(await storage.suspendJob(otherProject, jobId)).toBe(true);
      expect(await storage.resumeJob(project, jobId, runOfDay(5))).toBe(false);
      expect(await storage.findJob(otherProject, jobId)).toStrictEqual({ ...daily, jobId, state: "SUSPENDED" });
      const runs = await storage.listRuns(otherProject, { ...everyRun, jobId });
      expect(runs).toMatchObject([{ state: "CREATED", dueAt: runOfDay(0).dueAt }]);
    });

    it("an id that was never given finds nothing, the largest one included", async ({ storage }) => {
      expect(await storage.findJob(project, Number.MAX_SAFE_INTEGER)).toBeUndefined();
      expect(await storage.deleteJob(project, Number.MAX_SAFE_INTEGER, muchLater)).toBe(false);
    });

    it("twenty jobs created at once have twenty ids, and each has its run", async ({ storage, other }) => {
      const ids = await Promise.all(
        Array.from({ length: 20 }, (_, index) => create(index % 2 === 0 ? storage : other)),
      );
      expect(new Set(ids).size).toBe(20);
      expect(ids.every((id) => Number.isSafeInteger(id) && id > 0)).toBe(true);
      expect(await listIds(storage)).toStrictEqual(ids.toSorted((one, two) => one - two));
      const jobsOfRuns = (await storage.listRuns(project, everyRun)).map(({ jobId }) => jobId);
      expect(jobsOfRuns.toSorted((one, two) => one - two)).toStrictEqual(ids.toSorted((one, two) => one - two));
    });
  });
  describeLists(suite);
  describeStates(suite);
}

function describeLists(suite: Suite): void {
  group(suite, "lists of jobs", (it) => {
    it("they are in the order of the ids, either way, page by page", async ({ storage }) => {
      const ids: number[] = [];
      for (let count = 0; count < 5; count += 1) ids.push(await create(storage));
      const [first, second, third, fourth, fifth] = ids;
      expect(ids).toStrictEqual(ids.toSorted((one, two) => one - two));
      expect(await listIds(storage, { order: "ASC", limit: 2 })).toStrictEqual([first, second]);
      expect(await listIds(storage, { order: "ASC", limit: 2, page: 2 })).toStrictEqual([third, fourth]);
      expect(await listIds(storage, { order: "ASC", limit: 2, page: 3 })).toStrictEqual([fifth]);
      expect(await listIds(storage, { order: "ASC", limit: 2, page: 4 })).toStrictEqual([]);
      expect(await listIds(storage, { order: "DESC", limit: 2 })).toStrictEqual([fifth, fourth]);
      expect(await listIds(storage, { order: "DESC", limit: 5 })).toStrictEqual(ids.toReversed());
      expect(await listIds(storage, { page: 1_000_000_000, limit: 100 })).toStrictEqual([]);
    });

    for (const order of ["ASC", "DESC"] as const) {
      it(`pages up to an id do not shift while jobs are added: ${order}`, async ({ storage }) => {
        const ids: number[] = [];
        for (let count = 0; count < 5; count += 1) ids.push(await create(storage));
        const read: number[] = [];
        for (let page = 1; page <= 3; page += 1) {
          read.push(...(await listIds(storage, { order, page, limit: 2, upTo: Math.max(...ids) })));
          await create(storage);
        }
        expect(read).toStrictEqual(order === "ASC" ? ids : ids.toReversed());
      });
    }

    it("each filter keeps what it names, and filters combine", async ({ storage }) => {
      const plain = await create(storage);
      const csv = await create(storage, { format: "CSV" });
      const views = await create(storage, { scope: "views" });
      const hourly = await create(storage, { frequency: { value: "hourly" } });
      const csvViews = await create(storage, { format: "CSV", scope: "views", state: "SUSPENDED" });
      const csvHourly = await create(storage, { format: "CSV", scope: "views", frequency: { value: "hourly" } });
      expect(await listIds(storage, { format: "CSV" })).toStrictEqual([csv, csvViews, csvHourly]);
      expect(await listIds(storage, { scope: "views" })).toStrictEqual([views, csvViews, csvHourly]);
      expect(await listIds(storage, { frequency: "hourly" })).toStrictEqual([hourly, csvHourly]);
      expect(await listIds(storage, { state: "SUSPENDED" })).toStrictEqual([csvViews]);
      expect(await listIds(storage, { state: "COMPUTING" })).toStrictEqual([]);
      expect(await listIds(storage, { format: "JSONL", scope: "sessions" })).toStrictEqual([plain, hourly]);
      const combined = { format: "CSV", scope: "views", frequency: "daily", state: "SUSPENDED" } as const;
      expect(await listIds(storage, combined)).toStrictEqual([csvViews]);
      expect(await listIds(storage, { ...combined, frequency: "hourly" })).toStrictEqual([]);
      expect(await listIds(storage, { scope: "views", limit: 1, page: 2 })).toStrictEqual([csvViews]);
      expect(await listIds(storage, { scope: "views", upTo: csvViews, order: "DESC" })).toStrictEqual([
        csvViews,
        views,
      ]);
    });

    it("deleted jobs are listed only where they are asked for, and are still found", async ({ storage }) => {
      const [active, deleted] = [await create(storage), await create(storage)];
      expect(await storage.deleteJob(project, deleted, muchLater)).toBe(true);
      expect(await listIds(storage)).toStrictEqual([active]);
      expect(await listIds(storage, { state: "DELETED" })).toStrictEqual([deleted]);
      expect(await findState(storage, deleted)).toBe("DELETED");
    });
  });
}

function describeStates(suite: Suite): void {
  group(suite, "states of jobs", (it) => {
    it("an active job is suspended once, and a suspended one resumed once", async ({ storage }) => {
      const jobId = await create(storage);
      expect(await storage.resumeJob(project, jobId, runOfDay(9))).toBe(false);
      expect(await storage.suspendJob(project, jobId)).toBe(true);
      expect(await findState(storage, jobId)).toBe("SUSPENDED");
      expect(await storage.suspendJob(project, jobId)).toBe(false);
      expect(await storage.resumeJob(project, jobId, runOfDay(9))).toBe(true);
      expect(await findState(storage, jobId)).toBe("ACTIVE");
      expect(await storage.resumeJob(project, jobId, runOfDay(9))).toBe(false);
    });

    it("a job that is COMPUTING, COMPLETED or DELETED is neither suspended nor resumed", async ({ storage }) => {
      const { jobId, runId } = await createRunnable(storage, { job: once });
      const expectNeither = async (state: string) => {
        expect(await findState(storage, jobId)).toBe(state);
        expect(await storage.suspendJob(project, jobId)).toBe(false);
        expect(await storage.resumeJob(project, jobId, undefined)).toBe(false);
      };
      const { leaseId } = await claim(storage);
      await expectNeither("COMPUTING");
      await storage.failRun(runId, leaseId, { endedAt: 1, reason: "No data.", retryAt: undefined });
      await expectNeither("COMPLETED");
      await storage.deleteJob(project, jobId, muchLater);
      await expectNeither("DELETED");
    });

    it("resuming puts the run that waits to the period of now, and leaves those that were released", async ({
      storage,
    }) => {
      const { jobId, runId } = await createRunnable(storage, { day: 3 });
      await storage.suspendJob(project, jobId);
      expect(await storage.resumeJob(project, jobId, runOfDay(8))).toBe(true);
      const [released, waiting, ...more] = await listRuns(storage, jobId);
      expect(more).toStrictEqual([]);
      expect(released).toMatchObject({ runId, state: "RUNNABLE", ...runOfDay(3) });
      expect(waiting).toMatchObject({ state: "CREATED", ...runOfDay(8) });
    });

    it("resuming without a period, or in one that has its run, moves no run", async ({ storage }) => {
      const { jobId } = await createRunnable(storage, { day: 3 });
      for (const next of [undefined, runOfDay(4), runOfDay(3)]) {
        await storage.suspendJob(project, jobId);
        expect(await storage.resumeJob(project, jobId, next)).toBe(true);
        expect(await listRuns(storage, jobId)).toMatchObject([runOfDay(3), runOfDay(4)]);
      }
    });

    it("deleting takes the runs that wait, fails the one that runs and keeps those that are over", async ({
      storage,
    }) => {
      const { jobId, runId } = await createRunnable(storage);
      const done = await claim(storage);
      const written = { rowCount: 0, byteCount: 0, fileCount: 0 };
      await storage.completeRun(done.run.runId, done.leaseId, { endedAt: 5, written, files: [] });
      const [, second] = await listRuns(storage, jobId);
      await storage.releaseRun(second?.runId ?? 0, runOfDay(2));
      const running = await claim(storage);
      expect(await storage.deleteJob(project, jobId, 900_000)).toBe(true);
      const [kept, failed, ...more] = await listRuns(storage, jobId);
      expect(more).toStrictEqual([]);
      expect(kept).toMatchObject({ runId, state: "SUCCESS" });
      const failure = { state: "FAILURE", endedAt: 900_000, failureReason: "The job was deleted." };
      expect(failed).toMatchObject({ runId: running.run.runId, ...failure });
      expect(await storage.renewLease(running.run.runId, { ...running, leaseMilliseconds: 60_000 })).toBe(false);
      expect(await storage.deleteJob(project, jobId, 900_001)).toBe(false);
    });
  });
}
