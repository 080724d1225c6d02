/** until when the counts of a node are complete, and the tokens of the audit mode `strict`, on both engines. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "@biped/database";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createPostgresDatabase } from "../../../../test/postgres-database.ts";
import { migrations } from "./migrations/migrations.ts";
import { migrateStorage, openStorage } from "./open-storage.ts";
import type { Schema } from "./schema.ts";
import type { IssueEvent, Storage } from "./storage.ts";

const now = 1_800_000_000;
const node = (nodeId: string, flushedAt: number) => ({ nodeId, startedAt: now, flushedAt });
const ended = (nodeId: string, from: number, until: number) => ({ nodeId, from, until, cause: "node ended" as const });

describe.each(["sqlite", "postgres"])("%s", (engine) => {
  let directory: string;
  let url: string;
  let storage: Storage;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "biped-usage-"));
    url = engine === "sqlite" ? `sqlite:${join(directory, "a.db")}` : await createPostgresDatabase();
    await migrateStorage(url);
    storage = await openStorage(url);
  });
  afterEach(async () => {
    await storage.close();
    await rm(directory, { recursive: true });
  });

  test("a node that stops leaves no gap", async () => {
    await storage.beginUsageNode(node("a", now));
    await storage.touchUsageNode(node("a", now + 5));
    await storage.endUsageNode("a");
    await storage.beginUsageNode(node("b", now + 500));
    expect(await storage.listUsageGaps(0)).toEqual([]);
  });

  test("a node that is silent for a minute leaves one gap, from its last word, whoever finds it", async () => {
    for (const name of ["b", "c"]) await storage.beginUsageNode(node(name, now));
    await storage.beginUsageNode(node("a", now + 3));
    for (const name of ["b", "c"]) await storage.touchUsageNode(node(name, now + 60));
    const before = await storage.listUsageGaps(0);
    await Promise.all([
      ...["b", "c"].map((name) => storage.touchUsageNode(node(name, now + 64))),
      ...["b", "c"].map((name) => storage.touchUsageNode(node(name, now + 65))),
    ]);
    const gaps = await storage.listUsageGaps(0);
    expect(before.filter(({ nodeId }) => nodeId === "a")).toEqual([]);
    const [gap, ...others] = gaps.filter(({ nodeId }) => nodeId === "a");
    expect([gap?.from, others]).toEqual([now + 3, []]);
    expect([now + 64, now + 65]).toContain(gap?.until);
  });

  test("a node that was silent and lives after all takes its gap back, for it still has its counts", async () => {
    await storage.beginUsageNode(node("a", now));
    await storage.beginUsageNode(node("b", now + 70));
    expect(await storage.listUsageGaps(0)).toEqual([ended("a", now, now + 70)]);
    await storage.touchUsageNode(node("a", now + 71));
    expect(await storage.listUsageGaps(0)).toEqual([]);
    await storage.touchUsageNode(node("b", now + 140));
    expect(await storage.listUsageGaps(0)).toEqual([ended("a", now + 71, now + 140)]);
  });

  test(`a node that starts marks the one before it ${engine === "sqlite" ? "at once" : "only once it was silent for a minute"}`, async () => {
    await storage.beginUsageNode(node("a", now));
    await storage.beginUsageNode(node("b", now + 2));
    expect(await storage.listUsageGaps(0)).toEqual(engine === "sqlite" ? [ended("a", now, now + 2)] : []);
  });

  test("a gap has no negative length where the clock was set back", async () => {
    await storage.beginUsageNode(node("a", now));
    await storage.recordUsageGap({ nodeId: "a", from: now, until: now + 1, cause: "too many refusals" });
    await storage.recordUsageGap({ nodeId: "a", from: now, until: now + 2, cause: "too many refusals" });
    expect(await storage.listUsageGaps(now + 2)).toEqual([
      { nodeId: "a", from: now, until: now + 2, cause: "too many refusals" },
    ]);
    expect(await storage.listUsageGaps(now + 3)).toEqual([]);
    if (engine === "postgres") return;
    await storage.beginUsageNode(node("b", now - 3600));
    expect(await storage.listUsageGaps(now)).toContainEqual(ended("a", now, now));
  });

  test("records of issued tokens are stored all or none, and swept after 30 days", async () => {
    const event = (number: number): IssueEvent => ({
      ...{ tokenId: `t${number}`, at: now + (number % 2), clientId: "c", secretId: "s", accountId: 1, projectId: 42 },
      ...{ scope: "metrics", source: "192.0.2.7" },
    });
    const read = async () => {
      const database = await openDatabase<Schema>({ url, migrations });
      const rows = await database.db.selectFrom("issue_event").selectAll().orderBy("token_id").execute();
      await database.close();
      return rows;
    };
    await storage.recordIssues([]);
    await storage.recordIssues([event(0)]);
    expect(await read()).toEqual([
      {
        ...{ token_id: "t0", at: now, client_id: "c", secret_id: "s", account_id: 1, project_id: 42 },
        ...{ scope: "metrics", source: "192.0.2.7" },
      },
    ]);
    const many = Array.from({ length: 1100 }, (_, index) => event(index + 1));
    await expect(storage.recordIssues([...many, event(0)])).rejects.toThrow();
    expect(await read()).toHaveLength(1);
    await storage.recordIssues(many);
    await storage.sweepEphemera(now + 30 * 86_400 - 1);
    expect(await read()).toHaveLength(1101);
    await storage.sweepEphemera(now + 30 * 86_400);
    expect((await read()).every(({ at }) => at === now + 1)).toBe(true);
    await storage.sweepEphemera(now + 30 * 86_400 + 1);
    expect(await read()).toEqual([]);
  });
});
