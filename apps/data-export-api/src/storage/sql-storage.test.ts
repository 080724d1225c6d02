import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrateDatabase, openDatabase } from "@biped/database";
import type { Generated } from "kysely";
import { afterAll, expect, test } from "vitest";
import { createPostgresDatabase } from "../../../../test/postgres-database.ts";
import { describeClaims } from "./claims-conformance.ts";
import { daily, everyJob, everyRun, project, runOfDay, type Suite } from "./conformance.ts";
import { describeJobs } from "./jobs-conformance.ts";
import { migrations } from "./migrations.ts";
import { describePlanning } from "./planning-conformance.ts";
import { describeRuns } from "./runs-conformance.ts";
import { describeSettings } from "./settings-conformance.ts";
import { openStorage } from "./sql-storage.ts";

const directory = mkdtempSync(join(tmpdir(), "biped-data-export-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let lastFile = 0;
const createFileUrl = async (): Promise<string> => {
  lastFile += 1;
  return `sqlite:${join(directory, `${lastFile}.db`)}`;
};

const suites: readonly Suite[] = [
  { name: "SQLite", createUrl: createFileUrl },
  {
    name: "PostgreSQL",
    createUrl: async () => {
      const url = await createPostgresDatabase();
      await migrateDatabase({ url, migrations });
      return url;
    },
  },
];

for (const suite of suites) {
  describeJobs(suite);
  describeRuns(suite);
  describePlanning(suite);
  describeClaims(suite);
  describeSettings(suite);
}

test("SQLite: jobs and the next id outlive a restart", async () => {
  const url = await createFileUrl();
  const before = await openStorage(url);
  const jobId = await before.createJob(project, daily, runOfDay(0));
  await before.close();
  const after = await openStorage(url);
  expect(await after.findJob(project, jobId)).toStrictEqual({ ...daily, jobId });
  expect(await after.createJob(project, daily, runOfDay(0))).toBe(jobId + 1);
  await after.close();
});

test("PostgreSQL: a database that was never migrated is refused", async () => {
  await expect(openStorage(await createPostgresDatabase())).rejects.toThrow(/0001_initial/);
});

const emptyDatabases = [
  ["SQLite", createFileUrl],
  ["PostgreSQL", createPostgresDatabase],
] as const;

test.each(emptyDatabases)("%s: jobs of the version before lack their first run, and get one", async (_, createUrl) => {
  const url = await createUrl();
  const { "0001_initial": initial } = migrations;
  if (initial === undefined) throw new Error("There is no first migration.");
  const former = { url, migrations: { "0001_initial": initial } };
  await migrateDatabase(former);
  const { db, close } = await openDatabase<FormerSchema>(former);
  const insertion = db.insertInto("jobs").values([formerJob("ACTIVE"), formerJob("DELETED"), formerJob("ACTIVE")]);
  const [first = 0, , last = 0] = (await insertion.returning("job_id").execute()).map(({ job_id }) => job_id);
  await close();
  await migrateDatabase({ url, migrations });

  const storage = await openStorage(url);
  await storage.setTimeZone(project, "Asia/Tokyo");
  const listed = await storage.listUnplannedJobs(10);
  const job = { ...daily, name: "Former" };
  expect(listed).toStrictEqual([
    { job: { ...job, jobId: first }, projectId: project, timeZone: "Asia/Tokyo" },
    { job: { ...job, jobId: last }, projectId: project, timeZone: "Asia/Tokyo" },
  ]);
  expect(await storage.listUnplannedJobs(1)).toStrictEqual(listed.slice(0, 1));
  const plans = Array.from({ length: 10 }, () => storage.planFirstRun(first, runOfDay(3)));
  expect((await Promise.all(plans)).filter(Boolean)).toHaveLength(1);
  expect(await storage.listRuns(project, { ...everyRun, jobId: first })).toMatchObject([runOfDay(3)]);
  expect(await storage.listUnplannedJobs(10)).toStrictEqual(listed.slice(1));
  await storage.suspendJob(project, last);
  expect(await storage.listUnplannedJobs(10)).toStrictEqual([]);
  expect(await storage.planFirstRun(last, runOfDay(3))).toBe(false);
  expect((await storage.listJobs(project, everyJob)).map(({ jobId }) => jobId)).toStrictEqual([first, last]);
  await storage.close();
});

type FormerSchema = { readonly jobs: ReturnType<typeof formerJob> & { readonly job_id: Generated<number> } };

function formerJob(state: "ACTIVE" | "DELETED") {
  return {
    project_id: project,
    name: "Former",
    format: daily.format,
    scope: daily.scope,
    frequency: daily.frequency.value,
    fields: JSON.stringify(daily.fields),
    device_label: daily.deviceLabel,
    state,
    created_at: daily.createdAt,
  };
}
