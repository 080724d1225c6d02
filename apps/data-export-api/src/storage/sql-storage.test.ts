import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrateDatabase } from "@biped/database";
import { afterAll, expect, test } from "vitest";
import { createPostgresDatabase } from "../../../../test/postgres-database.ts";
import { describeStorage } from "./conformance.ts";
import { migrations } from "./migrations.ts";
import { openStorage } from "./sql-storage.ts";
import type { NewJob } from "./storage.ts";

const directory = mkdtempSync(join(tmpdir(), "biped-data-export-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const job: NewJob = {
  name: "Kept",
  format: "CSV",
  scope: "views",
  frequency: { value: "hourly" },
  fields: [{ fieldName: "is_first" }],
  deviceLabel: "mobile",
  segmentId: 7001,
  state: "ACTIVE",
  createdAt: 1_700_000_000,
};

describeStorage("SQLite", () => openStorage(`sqlite:${join(directory, "conformance.db")}`));

describeStorage("PostgreSQL", async () => {
  const url = await createPostgresDatabase();
  await migrateDatabase({ url, migrations });
  return openStorage(url);
});

test("SQLite: jobs and the next id outlive a restart", async () => {
  const url = `sqlite:${join(directory, "restart.db")}`;
  const before = await openStorage(url);
  const jobId = await before.createJob(42, job);
  await before.close();
  const after = await openStorage(url);
  expect(await after.findJob(42, jobId)).toStrictEqual({ ...job, jobId });
  expect(await after.createJob(42, job)).toBe(jobId + 1);
  await after.close();
});

test("PostgreSQL: two programs on one database never give the same id", async () => {
  const url = await createPostgresDatabase();
  await migrateDatabase({ url, migrations });
  const [one, two] = await Promise.all([openStorage(url), openStorage(url)]);
  const creations = Array.from({ length: 10 }, () => [one.createJob(42, job), two.createJob(43, job)]);
  const ids = await Promise.all(creations.flat());
  expect(new Set(ids).size).toBe(20);
  await Promise.all([one.close(), two.close()]);
});

test("PostgreSQL: a database that was never migrated is refused", async () => {
  await expect(openStorage(await createPostgresDatabase())).rejects.toThrow(/0001_initial/);
});
