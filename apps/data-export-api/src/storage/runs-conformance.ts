import { expect } from "vitest";
import type { RunFile } from "../runs/run.ts";
import type { RunQuery } from "../runs/run-query.ts";
import {
  claim,
  createRunnable,
  daily,
  everyRun,
  group,
  muchLater,
  otherProject,
  project,
  runOfDay,
  type Suite,
} from "./conformance.ts";
import type { Storage } from "./storage.ts";

const listIds = async (storage: Storage, query: Partial<RunQuery> = {}): Promise<readonly number[]> =>
  (await storage.listRuns(project, { ...everyRun, ...query })).map((run) => run.runId);

const createFile = (number: number, changes: Partial<RunFile> = {}): RunFile => ({
  fileId: number.toString(16).padStart(32, "0"),
  partId: number,
  storedName: `stored-${number}`,
  byteCount: 1000 + number,
  sha256: number.toString(16).padStart(64, "a"),
  expiresAt: 2_000_000 + number,
  ...changes,
});

/** A run that has succeeded with these files. */
async function createSuccess(storage: Storage, files: readonly RunFile[], projectId = project) {
  const ids = await createRunnable(storage, { projectId });
  const { leaseId } = await claim(storage);
  const written = { rowCount: 12, byteCount: 3400, fileCount: files.length };
  expect(await storage.completeRun(ids.runId, leaseId, { endedAt: 99_000, written, files })).toBe(true);
  return ids;
}

export function describeRuns(suite: Suite): void {
  group(suite, "runs", (it) => {
    it("they are listed by job, by state and by both, in the order of their ids", async ({ storage }) => {
      const failing = await createRunnable(storage);
      const { leaseId } = await claim(storage);
      await storage.failRun(failing.runId, leaseId, { endedAt: 5, reason: "No data.", retryAt: undefined });
      const succeeding = await createSuccess(storage, []);
      const waiting = await listIds(storage, { state: "CREATED" });
      expect(waiting).toHaveLength(2);
      expect(await listIds(storage, { state: "SUCCESS" })).toStrictEqual([succeeding.runId]);
      expect(await listIds(storage, { jobId: failing.jobId })).toStrictEqual([failing.runId, waiting[0]]);
      expect(await listIds(storage, { jobId: failing.jobId, state: "FAILURE" })).toStrictEqual([failing.runId]);
      expect(await listIds(storage, { jobId: failing.jobId, state: "SUCCESS" })).toStrictEqual([]);
      const all = [failing.runId, succeeding.runId, ...waiting].toSorted((one, two) => one - two);
      expect(await listIds(storage)).toStrictEqual(all);
      expect(await listIds(storage, { order: "DESC", limit: 3 })).toStrictEqual(all.toReversed().slice(0, 3));
      expect(await listIds(storage, { limit: 3, page: 2 })).toStrictEqual(all.slice(3));
    });

    for (const order of ["ASC", "DESC"] as const) {
      it(`pages up to an id do not shift while runs are added: ${order}`, async ({ storage }) => {
        for (let count = 0; count < 5; count += 1) await storage.createJob(project, daily, runOfDay(count));
        const ids = await listIds(storage);
        const read: number[] = [];
        for (let page = 1; page <= 3; page += 1) {
          read.push(...(await listIds(storage, { order, page, limit: 2, upTo: Math.max(...ids) })));
          await storage.createJob(project, daily, runOfDay(9));
        }
        expect(read).toStrictEqual(order === "ASC" ? ids : ids.toReversed());
      });
    }

    it("a run is found with its files, by their parts", async ({ storage }) => {
      const files = [createFile(3), createFile(1), createFile(2)];
      const { jobId, runId } = await createSuccess(storage, files);
      const found = await storage.findRun(project, jobId, runId);
      expect(found?.run).toMatchObject({ state: "SUCCESS", written: { rowCount: 12, byteCount: 3400, fileCount: 3 } });
      expect(found?.files).toStrictEqual([createFile(1), createFile(2), createFile(3)]);
    });

    it("R-44: a run is found for its own project and job alone, and listed for its own project", async ({
      storage,
    }) => {
      const { jobId, runId } = await createRunnable(storage);
      const another = await storage.createJob(project, daily, runOfDay(0));
      expect(await storage.findRun(project, jobId, runId)).toMatchObject({ run: { runId, jobId }, files: [] });
      expect(await storage.findRun(otherProject, jobId, runId)).toBeUndefined();
      expect(await storage.findRun(project, another, runId)).toBeUndefined();
      expect(await storage.findRun(project, jobId, Number.MAX_SAFE_INTEGER)).toBeUndefined();
      for (const query of [everyRun, { ...everyRun, jobId }, { ...everyRun, state: "RUNNABLE" as const }]) {
        expect(await storage.listRuns(otherProject, query)).toStrictEqual([]);
      }
    });
  });
  describeFiles(suite);
}

function describeFiles(suite: Suite): void {
  group(suite, "files", (it) => {
    it("a link leads to the file with its run, job and project, also when the job is deleted", async ({ storage }) => {
      const { jobId, runId } = await createSuccess(storage, [createFile(1), createFile(2)], otherProject);
      const { fileId } = createFile(2);
      const linked = await storage.findLinkedFile(fileId);
      expect(linked).toMatchObject({ run: { runId, jobId, state: "SUCCESS" }, projectId: otherProject });
      expect(linked?.file).toStrictEqual(createFile(2));
      expect(linked?.job).toStrictEqual({ ...daily, jobId });
      await storage.deleteJob(otherProject, jobId, muchLater);
      expect(await storage.findLinkedFile(fileId)).toMatchObject({ file: createFile(2), job: { state: "DELETED" } });
    });

    it("a link that names no file leads nowhere, whatever it names", async ({ storage }) => {
      for (const fileId of ["", "f".repeat(32), "a\0b", "\ud800", "' or 1=1 --"]) {
        expect(await storage.findLinkedFile(fileId)).toBeUndefined();
      }
    });

    it("files that are over are listed, the oldest first, until they are forgotten; the run keeps its sums", async ({
      storage,
    }) => {
      const { jobId, runId } = await createSuccess(storage, [createFile(2), createFile(1), createFile(3)]);
      const [one, two] = [createFile(1), createFile(2)];
      expect(await storage.listExpiredFiles(2_000_000, 10)).toStrictEqual([]);
      expect(await storage.listExpiredFiles(2_000_002, 10)).toStrictEqual([one, two]);
      expect(await storage.listExpiredFiles(2_000_002, 1)).toStrictEqual([one]);
      await storage.forgetFiles([one.fileId, two.fileId, "f".repeat(32)]);
      await storage.forgetFiles([]);
      expect(await storage.listExpiredFiles(muchLater, 10)).toStrictEqual([createFile(3)]);
      const found = await storage.findRun(project, jobId, runId);
      expect(found).toMatchObject({ run: { written: { fileCount: 3, byteCount: 3400 } }, files: [createFile(3)] });
      expect(await storage.sumFileBytes(project)).toBe(createFile(3).byteCount);
      expect(await storage.sumFileBytes(project + 1)).toBe(0);
      expect(await storage.sumAllFileBytes()).toBe(createFile(3).byteCount);
      expect(await storage.countOpenRuns()).toStrictEqual({ CREATED: 1, RUNNABLE: 0, RUNNING: 0 });
      expect(await storage.findLinkedFile(one.fileId)).toBeUndefined();
    });

    it("names that a file has are told from others, a thousand at once", async ({ storage }) => {
      const files = Array.from({ length: 1001 }, (_, index) => createFile(index + 1));
      await createSuccess(storage, files);
      const names = files.map(({ storedName }) => storedName);
      expect(await storage.findStoredNames([...names, "stored-0", "a\0b"])).toStrictEqual(new Set(names));
      expect(await storage.findStoredNames(["stored-0"])).toStrictEqual(new Set());
      expect(await storage.findStoredNames([])).toStrictEqual(new Set());
      await storage.forgetFiles(files.map(({ fileId }) => fileId));
      expect(await storage.findStoredNames(names)).toStrictEqual(new Set());
    });
  });
}
