import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ListQuery } from "../jobs/list-query.ts";
import type { NewJob, Storage } from "./storage.ts";

const daily: NewJob = {
  name: "Nightly sessions",
  format: "JSONL",
  scope: "sessions",
  frequency: { value: "daily" },
  fields: [{ fieldName: "session_id" }],
  deviceLabel: "all",
  segmentId: undefined,
  state: "ACTIVE",
  createdAt: 1_700_000_000,
};

const all: ListQuery = {
  state: undefined,
  format: undefined,
  frequency: undefined,
  scope: undefined,
  order: "ASC",
  page: 1,
  limit: 100,
};

/** What every storage promises. Each test has projects of its own, so that all can share one database. */
export function describeStorage(name: string, open: () => Promise<Storage>): void {
  describe(name, () => {
    let storage: Storage;
    let lastProject = 0;
    const nextProject = (): number => {
      lastProject += 1;
      return lastProject;
    };
    const listIds = async (project: number, query: Partial<ListQuery> = {}): Promise<readonly number[]> =>
      (await storage.listJobs(project, { ...all, ...query })).map((job) => job.jobId);

    beforeAll(async () => {
      storage = await open();
    });
    afterAll(() => storage.close());

    test("a job is read back as it was created, by its id and in the list", async () => {
      const project = nextProject();
      const job: NewJob = {
        ...daily,
        name: "Été 🙂 \u200d x",
        frequency: { value: "once", dateRange: { from: 1_767_225_600_000, to: 1_767_830_399_999 } },
        fields: [
          { fieldName: "custom_var", customVarPosition: 3, aliasName: "plan" },
          { fieldName: "dynamic_var", dynamicVarKey: 'a "key" \\ with {signs}' },
        ],
        deviceLabel: "tablet",
        segmentId: Number.MAX_SAFE_INTEGER,
        state: "SUSPENDED",
        createdAt: 4_000_000_000,
      };
      const jobId = await storage.createJob(project, job);
      expect(await storage.findJob(project, jobId)).toStrictEqual({ ...job, jobId });
      expect(await storage.listJobs(project, all)).toStrictEqual([{ ...job, jobId }]);
    });

    test("a job without range and segment comes back without them", async () => {
      const project = nextProject();
      const jobId = await storage.createJob(project, daily);
      expect(await storage.findJob(project, jobId)).toStrictEqual({ ...daily, jobId });
    });

    test("another project's job is neither found nor listed", async () => {
      const [project, other] = [nextProject(), nextProject()];
      const jobId = await storage.createJob(other, daily);
      expect(await storage.findJob(project, jobId)).toBeUndefined();
      expect(await storage.listJobs(project, all)).toStrictEqual([]);
      expect(await listIds(project, { state: "ACTIVE" })).toStrictEqual([]);
      expect(await listIds(other)).toStrictEqual([jobId]);
    });

    test("an id that was never given finds nothing, the largest one included", async () => {
      expect(await storage.findJob(nextProject(), Number.MAX_SAFE_INTEGER)).toBeUndefined();
    });

    test("twenty jobs created at once have twenty ids, and each is found in its own project", async () => {
      const projects = [nextProject(), nextProject()] as const;
      const creations = Array.from({ length: 20 }, (_, index) =>
        storage.createJob(index % 2 === 0 ? projects[0] : projects[1], daily),
      );
      const ids = await Promise.all(creations);
      expect(new Set(ids).size).toBe(20);
      expect(ids.every((id) => Number.isSafeInteger(id) && id > 0)).toBe(true);
      const ascending = (wanted: number) =>
        ids.filter((_, index) => index % 2 === wanted).toSorted((one, two) => one - two);
      expect(await listIds(projects[0])).toStrictEqual(ascending(0));
      expect(await listIds(projects[1])).toStrictEqual(ascending(1));
    });

    test("jobs are listed in the order of their ids, either way, page by page", async () => {
      const project = nextProject();
      const ids: number[] = [];
      for (let count = 0; count < 5; count += 1) ids.push(await storage.createJob(project, daily));
      const [first, second, third, fourth, fifth] = ids;
      expect(ids).toStrictEqual(ids.toSorted((one, two) => one - two));
      expect(await listIds(project, { order: "ASC", limit: 2 })).toStrictEqual([first, second]);
      expect(await listIds(project, { order: "ASC", limit: 2, page: 2 })).toStrictEqual([third, fourth]);
      expect(await listIds(project, { order: "ASC", limit: 2, page: 3 })).toStrictEqual([fifth]);
      expect(await listIds(project, { order: "ASC", limit: 2, page: 4 })).toStrictEqual([]);
      expect(await listIds(project, { order: "DESC", limit: 2 })).toStrictEqual([fifth, fourth]);
      expect(await listIds(project, { order: "DESC", limit: 5 })).toStrictEqual(ids.toReversed());
      expect(await listIds(project, { page: 1_000_000_000, limit: 100 })).toStrictEqual([]);
    });

    test("each filter keeps what it names, and filters combine", async () => {
      const project = nextProject();
      const create = (changes: Partial<NewJob>): Promise<number> =>
        storage.createJob(project, { ...daily, ...changes });
      const plain = await create({});
      const csv = await create({ format: "CSV" });
      const views = await create({ scope: "views" });
      const hourly = await create({ frequency: { value: "hourly" } });
      const csvViews = await create({ format: "CSV", scope: "views", state: "SUSPENDED" });
      const csvHourly = await create({ format: "CSV", scope: "views", frequency: { value: "hourly" } });
      expect(await listIds(project, { format: "CSV" })).toStrictEqual([csv, csvViews, csvHourly]);
      expect(await listIds(project, { scope: "views" })).toStrictEqual([views, csvViews, csvHourly]);
      expect(await listIds(project, { frequency: "hourly" })).toStrictEqual([hourly, csvHourly]);
      expect(await listIds(project, { state: "SUSPENDED" })).toStrictEqual([csvViews]);
      expect(await listIds(project, { state: "COMPUTING" })).toStrictEqual([]);
      expect(await listIds(project, { format: "JSONL", scope: "sessions" })).toStrictEqual([plain, hourly]);
      const combined = { format: "CSV", scope: "views", frequency: "daily", state: "SUSPENDED" } as const;
      expect(await listIds(project, combined)).toStrictEqual([csvViews]);
      expect(await listIds(project, { ...combined, frequency: "hourly" })).toStrictEqual([]);
      expect(await listIds(project, { scope: "views", limit: 1, page: 2 })).toStrictEqual([csvViews]);
    });

    test("deleted jobs are listed only where they are asked for, and are still found", async () => {
      const project = nextProject();
      const active = await storage.createJob(project, daily);
      const deleted = await storage.createJob(project, { ...daily, state: "DELETED" });
      expect(await listIds(project)).toStrictEqual([active]);
      expect(await listIds(project, { state: "DELETED" })).toStrictEqual([deleted]);
      expect((await storage.findJob(project, deleted))?.state).toBe("DELETED");
    });

    test("ping answers while the store is there", async () => {
      await expect(storage.ping()).resolves.toBeUndefined();
    });
  });
}
