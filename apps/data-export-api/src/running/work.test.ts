import { existsSync, readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { StoreUnavailable } from "@biped/database";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type ExportWork,
  fakeEngine,
  holdEngine,
  openExportWork,
  projectId,
  writeParts,
} from "../../../../test/export-work.ts";
import { DataUnavailable } from "../data/data-source.ts";
import { EngineFailure } from "../engine/engine.ts";
import type { ExportTask } from "../engine/task.ts";
import { deleteExpiredFiles, deleteForgotten } from "./sweep.ts";
import type { Work, WorkParts } from "./work.ts";

const now = Date.parse("2026-11-03T12:00:00Z") / 1000;
const dateRange = { from: Date.parse("2026-11-01"), to: Date.parse("2026-11-03") };
const once = { frequency: { value: "once", dateRange } } as const;
const daySeconds = 86_400;

let exports: ExportWork;

beforeEach(async () => {
  exports = await openExportWork("2026-11-03T12:00:00Z", { runsAtOnce: 1 });
});

afterEach(() => exports.close());

async function tickOnce(work: Work): Promise<void> {
  await work.tick();
  await work.settle();
}

/** Names of all files that are kept, and of all attempts that have a directory. */
const listDisk = () => {
  const root = join(exports.directory, "exports");
  const parts = readdirSync(join(root, "files"));
  return {
    kept: parts.flatMap((part) => readdirSync(join(root, "files", part))),
    work: readdirSync(join(root, "work")),
  };
};
const nothing = { kept: [], work: [] };

async function readStored(storedName: string): Promise<string | undefined> {
  const handle = await exports.parts.fileStore.open(storedName);
  try {
    return await handle?.readFile("utf8");
  } finally {
    await handle?.close();
  }
}

const failingEngine = (error: Error) =>
  fakeEngine(async () => {
    throw error;
  });

describe("a successful run", () => {
  test("has its parts, in order, and its totals; its job is COMPLETED; nothing else is left", async () => {
    const engine = fakeEngine(async (task) => writeParts(task, ["one", "three"]));
    const job = await exports.createJob(once);
    await tickOnce(exports.openWork({ engine }));
    const { run, files } = await exports.findRun(job);
    const written = { rowCount: 2, byteCount: 8, fileCount: 2 };
    expect(run).toMatchObject({ state: "SUCCESS", attempts: 1, startedAt: now, endedAt: now, written });
    expect(run.failureReason).toBeUndefined();
    expect(files.map(({ partId, byteCount, expiresAt }) => ({ partId, byteCount, expiresAt }))).toStrictEqual([
      { partId: 1, byteCount: 3, expiresAt: now + 7 * daySeconds },
      { partId: 2, byteCount: 5, expiresAt: now + 7 * daySeconds },
    ]);
    expect(await Promise.all(files.map((file) => readStored(file.storedName)))).toStrictEqual(["one", "three"]);
    expect(listDisk()).toStrictEqual({ kept: files.map((file) => file.storedName).toSorted(), work: [] });
    expect(await exports.storage.findJob(projectId, job)).toMatchObject({ state: "COMPLETED" });
    const names = files.flatMap((file) => [file.fileId, file.storedName]);
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^[0-9a-f]{32}$/);
  });

  test("was made from what the job asks for, and the files of its period", async () => {
    const asked: unknown[] = [];
    const tasks: ExportTask[] = [];
    const engine = fakeEngine(async (task) => {
      tasks.push(task);
      return writeParts(task, [""]);
    });
    const dataSource = {
      find: async (wanted: unknown) => {
        asked.push(wanted);
        return { files: ["/data/a.parquet", "/data/b.parquet"], missingDays: ["2026-11-02"] };
      },
    };
    const fields = [{ fieldName: "city", aliasName: "town" }];
    const selection = { scope: "views", fields, deviceLabel: "tablet", segmentId: 7 } as const;
    await exports.createJob({ ...once, ...selection, format: "CSV", formulaGuard: true });
    await tickOnce(exports.openWork({ engine, dataSource }));
    expect(asked).toStrictEqual([{ projectId, scope: "views", period: dateRange }]);
    const [task] = tasks;
    expect(task).toStrictEqual({
      kind: "export",
      selection: { projectId, ...selection, period: dateRange },
      files: ["/data/a.parquet", "/data/b.parquet"],
      format: "CSV",
      formulaGuard: true,
      directory: task?.directory,
      partBytes: 1_000_000,
    });
    expect(task?.directory.startsWith(join(exports.directory, "exports", "work"))).toBe(true);
  });

  test("may have no row", async () => {
    const engine = fakeEngine(async (task) => ({ ...writeParts(task, [""]), rowCount: 0 }));
    const job = await exports.createJob(once);
    await tickOnce(exports.openWork({ engine }));
    const { run } = await exports.findRun(job);
    expect(run).toMatchObject({ state: "SUCCESS", written: { rowCount: 0, byteCount: 0, fileCount: 1 } });
  });
});

describe("a run whose days have no data", () => {
  const without = (...missingDays: readonly string[]) => ({ find: async () => ({ files: [], missingDays }) });

  test.each([
    [["2026-11-01"], "No data has been brought in for 2026-11-01."],
    [["2026-11-01", "2026-11-02"], "No data has been brought in for 2026-11-01 to 2026-11-02."],
  ])("is a FAILURE at once where its job runs once: %j", async (days, failureReason) => {
    const job = await exports.createJob(once);
    await tickOnce(exports.openWork({ dataSource: without(...days) }));
    const { run, files } = await exports.findRun(job);
    expect(run).toMatchObject({ state: "FAILURE", attempts: 1, endedAt: now, failureReason });
    expect(files).toStrictEqual([]);
    expect(await exports.storage.findJob(projectId, job)).toMatchObject({ state: "COMPLETED" });
  });

  test("is tried again where its job goes on, since data may be late", async () => {
    const job = await exports.createJob();
    exports.clock.seconds += daySeconds;
    await tickOnce(exports.openWork({ dataSource: without("2026-11-03") }));
    expect((await exports.findRun(job)).run).toMatchObject({
      state: "RUNNABLE",
      dueAt: now + daySeconds + 60,
      failureReason: "No data has been brought in for 2026-11-03.",
    });
    exports.clock.seconds += 60;
    await tickOnce(exports.openWork());
    const { run } = await exports.findRun(job);
    expect(run).toMatchObject({ state: "SUCCESS", attempts: 2 });
    expect(run.failureReason).toBeUndefined();
  });

  test("also where one of two days is there: what is late of a day of Paris must show", async () => {
    const job = await exports.createJob();
    exports.clock.seconds += daySeconds;
    const dataSource = { find: async () => ({ files: ["/data/a.parquet"], missingDays: ["2026-11-03"] }) };
    await tickOnce(exports.openWork({ dataSource }));
    expect((await exports.findRun(job)).run).toMatchObject({
      state: "RUNNABLE",
      failureReason: "No data has been brought in for 2026-11-03.",
    });
  });
});

describe("a project that has as many files as it may", () => {
  test("has its runs tried again when some have gone; others go on", async () => {
    const first = await exports.createJob(once);
    await tickOnce(exports.openWork({ engine: fakeEngine(async (task) => writeParts(task, ["0123456789"])) }));
    const second = await exports.createJob(once);
    const settings = { ...exports.parts.settings, projectBytes: 10 };
    await tickOnce(exports.openWork({ settings }));
    const failureReason = "The project's files fill the 1e-8 GB that it may have; they go after seven days.";
    expect((await exports.findRun(second)).run).toMatchObject({ state: "RUNNABLE", dueAt: now + 60, failureReason });
    expect((await exports.findRun(first)).run).toMatchObject({ state: "SUCCESS", written: { byteCount: 10 } });
    exports.clock.seconds += 60;
    await tickOnce(exports.openWork({ settings: { ...settings, projectBytes: 11 } }));
    expect((await exports.findRun(second)).run).toMatchObject({ state: "SUCCESS", attempts: 2 });
  });
});

describe("a failed attempt", () => {
  const broken = new EngineFailure("A data file cannot be read.", { isLasting: false });

  test("is tried again after each delay; after the last one the run is a FAILURE that says why", async () => {
    const job = await exports.createJob(once);
    const work = exports.openWork({ engine: failingEngine(broken) });
    const states: unknown[] = [];
    for (const seconds of [0, 59, 1, 299, 1, 86_400]) {
      exports.clock.seconds += seconds;
      await tickOnce(work);
      const { run } = await exports.findRun(job);
      states.push([run.state, run.attempts, run.endedAt]);
    }
    expect(states).toStrictEqual([
      ["RUNNABLE", 1, undefined],
      ["RUNNABLE", 1, undefined],
      ["RUNNABLE", 2, undefined],
      ["RUNNABLE", 2, undefined],
      ["FAILURE", 3, now + 360],
      ["FAILURE", 3, now + 360],
    ]);
    expect((await exports.findRun(job)).run.failureReason).toBe("A data file cannot be read.");
    expect(listDisk()).toStrictEqual(nothing);
  });

  test("that would fail in the same way again is the last one", async () => {
    const job = await exports.createJob(once);
    const lasting = new EngineFailure("The field city is no longer there.", { isLasting: true });
    await tickOnce(exports.openWork({ engine: failingEngine(lasting) }));
    const failureReason = "The field city is no longer there.";
    expect((await exports.findRun(job)).run).toMatchObject({ state: "FAILURE", attempts: 1, failureReason });
  });

  test("of a cause that nobody has foreseen tells it to the log, not to the run", async () => {
    const job = await exports.createJob(once);
    const full = new Error("ENOSPC: no space left on device, write '/var/lib/biped/x'");
    await tickOnce(exports.openWork({ engine: failingEngine(full) }));
    const failureReason = "The server could not write the files; its log says why.";
    expect((await exports.findRun(job)).run).toMatchObject({ state: "RUNNABLE", failureReason });
    expect(exports.lines.filter((line) => line.includes("ENOSPC"))).toHaveLength(1);
  });

  test("to look for the data is tried again, where a job runs once, too; the log says why, and the run names no path", async () => {
    const job = await exports.createJob(once);
    const cause = new Error("EACCES: permission denied, scandir '/mnt/data'");
    const find = () => Promise.reject(new DataUnavailable("A directory of the data cannot be read.", { cause }));
    await tickOnce(exports.openWork({ dataSource: { find } }));
    const failureReason = "The server could not look for the data; its log says why.";
    expect((await exports.findRun(job)).run).toMatchObject({ state: "RUNNABLE", failureReason });
    expect(exports.lines.filter((line) => line.includes("EACCES"))).toHaveLength(1);
  });

  test("that breaks off between two parts leaves none of them", async () => {
    const job = await exports.createJob(once);
    const { fileStore } = exports.parts;
    let count = 0;
    const keep = async (file: string, name: string): Promise<void> => {
      count += 1;
      if (count === 2) throw new Error("EIO");
      await fileStore.keep(file, name);
    };
    const engine = fakeEngine(async (task) => writeParts(task, ["one", "two"]));
    await tickOnce(exports.openWork({ engine, fileStore: { ...fileStore, keep } }));
    expect((await exports.findRun(job)).run.state).toBe("RUNNABLE");
    expect(listDisk()).toStrictEqual(nothing);
  });

  test("that takes longer than it may is ended, and counts", async () => {
    const job = await exports.createJob(once);
    const settings = { ...exports.parts.settings, attemptLimitSeconds: 0.05 };
    await tickOnce(exports.openWork({ engine: holdEngine().engine, settings }));
    const failureReason = "The attempt took longer than 0.05 seconds.";
    expect((await exports.findRun(job)).run).toMatchObject({ state: "RUNNABLE", attempts: 1, failureReason });
    expect(listDisk()).toStrictEqual(nothing);
  });
});

describe("the lease", () => {
  const leased = (leaseMilliseconds: number, changes: Partial<WorkParts> = {}): Work =>
    exports.openWork({ settings: { ...exports.parts.settings, leaseMilliseconds }, ...changes });

  test("is renewed while an attempt takes long, so that nobody else takes the run", async () => {
    const job = await exports.createJob(once);
    const held = holdEngine();
    let renewals = 0;
    const renewLease: WorkParts["storage"]["renewLease"] = (...lease) => {
      renewals += 1;
      return exports.storage.renewLease(...lease);
    };
    const work = leased(1500, { engine: held.engine, storage: { ...exports.storage, renewLease } });
    await work.tick();
    await held.begun;
    // Two leases long.
    await vi.waitFor(() => expect(renewals).toBeGreaterThanOrEqual(6), 30_000);
    await tickOnce(leased(1500, { engine: failingEngine(new Error("Nobody else may begin it.")) }));
    held.free();
    await work.settle();
    expect((await exports.findRun(job)).run).toMatchObject({ state: "SUCCESS", attempts: 1 });
  });

  test("lost, it ends the attempt, and its files go; the one who has it now goes on undisturbed", async () => {
    const job = await exports.createJob(once);
    const away = holdEngine();
    const storage = { ...exports.storage, renewLease: async () => false };
    const lost = leased(1, { engine: away.engine, storage });
    await lost.tick();
    await lost.settle();
    expect((await exports.findRun(job)).run.state).not.toBe("SUCCESS");
    expect(listDisk()).toStrictEqual(nothing);
    await vi.waitFor(async () => {
      exports.clock.seconds += 60;
      await tickOnce(exports.openWork());
      expect((await exports.findRun(job)).run.state).toBe("SUCCESS");
    }, 30_000);
    expect((await exports.findRun(job)).files).toHaveLength(1);
  });

  test("lost without knowing, as on a machine that slept: the late result is thrown away, the other one stays", async () => {
    const job = await exports.createJob(once);
    const late = holdEngine();
    const renewLease = async (): Promise<boolean> => {
      throw new StoreUnavailable("no connection");
    };
    const sleeper = leased(20, { engine: late.engine, storage: { ...exports.storage, renewLease } });
    await sleeper.tick();
    await late.begun;
    await vi.waitFor(async () => {
      await tickOnce(exports.openWork());
      expect((await exports.findRun(job)).run.state).toBe("SUCCESS");
    }, 30_000);
    const { run, files } = await exports.findRun(job);
    late.free();
    await sleeper.settle();
    expect(await exports.findRun(job)).toStrictEqual({ run, files });
    expect(listDisk()).toStrictEqual({ kept: files.map((file) => file.storedName), work: [] });
    expect(exports.lines.filter((line) => line.includes("run was left to another attempt"))).toHaveLength(1);
  });

  test("goes with the job: a deleted one ends what runs", async () => {
    const job = await exports.createJob(once);
    const held = holdEngine();
    const work = leased(60, { engine: held.engine });
    await work.tick();
    await held.begun;
    await exports.storage.deleteJob(projectId, job, now);
    await work.settle();
    expect((await exports.findRun(job)).run).toMatchObject({ state: "FAILURE", failureReason: "The job was deleted." });
    expect(listDisk()).toStrictEqual(nothing);
  });
});

describe("a worker that ends", () => {
  test("by being stopped gives its run back, and another one does it at once", async () => {
    const job = await exports.createJob(once);
    const held = holdEngine();
    const work = exports.openWork({ engine: held.engine });
    await work.tick();
    await held.begun;
    await work.stop();
    const { run } = await exports.findRun(job);
    expect(run).toMatchObject({ state: "RUNNABLE", dueAt: now, attempts: 1, failures: 0, failureReason: undefined });
    expect(listDisk()).toStrictEqual(nothing);
    await work.tick();
    expect((await exports.findRun(job)).run.state).toBe("RUNNABLE");
    await tickOnce(exports.openWork());
    expect((await exports.findRun(job)).run).toMatchObject({ state: "SUCCESS", attempts: 2 });
  });

  test("however often it is stopped, the run is no FAILURE", async () => {
    const job = await exports.createJob(once);
    for (let stops = 0; stops < 5; stops += 1) {
      const held = holdEngine();
      const work = exports.openWork({ engine: held.engine });
      await work.tick();
      await held.begun;
      await work.stop();
    }
    expect((await exports.findRun(job)).run).toMatchObject({ state: "RUNNABLE", attempts: 5, failures: 0 });
    // What fails afterwards has all its delays before it.
    await tickOnce(exports.openWork({ engine: failingEngine(new Error("It broke.")) }));
    expect((await exports.findRun(job)).run).toMatchObject({ state: "RUNNABLE", dueAt: now + 60, failures: 1 });
  });

  test("thirty times, each time with the run, makes it a FAILURE: it would go round for ever", async () => {
    const job = await exports.createJob(once);
    await exports.openWork({ settings: { ...exports.parts.settings, runsAtOnce: 0 } }).tick();
    for (let attempt = 0; attempt < 30; attempt += 1) {
      const claimed = await exports.storage.claimRun({ leaseId: `${attempt}`, leaseMilliseconds: 0 }, now);
      expect(claimed?.run.attempts).toBe(attempt + 1);
    }
    await tickOnce(exports.openWork());
    const failureReason = "Its worker ended 30 times before it was done.";
    expect((await exports.findRun(job)).run).toMatchObject({ state: "FAILURE", attempts: 31, failureReason });
  });

  const sweepAll = async (): Promise<number> => {
    const root = join(exports.directory, "exports", "files");
    const old = new Date(Date.parse("2026-11-03T00:00:00Z"));
    for (const part of readdirSync(root)) {
      for (const name of readdirSync(join(root, part))) utimesSync(join(root, part, name), old, old);
    }
    return deleteForgotten(exports.parts, new Date(+old + 1));
  };

  test("between keeping and listing leaves nothing listed; the run is done again, and the sweep takes the bytes", async () => {
    const job = await exports.createJob(once);
    const completeRun = async (): Promise<boolean> => {
      throw new StoreUnavailable("no connection");
    };
    const settings = { ...exports.parts.settings, leaseMilliseconds: 20 };
    await tickOnce(exports.openWork({ settings, storage: { ...exports.storage, completeRun } }));
    expect((await exports.findRun(job)).files).toStrictEqual([]);
    const { kept } = listDisk();
    expect(kept).toHaveLength(1);
    await vi.waitFor(async () => {
      await tickOnce(exports.openWork());
      expect((await exports.findRun(job)).run).toMatchObject({ state: "SUCCESS", attempts: 2 });
    }, 30_000);
    const { files } = await exports.findRun(job);
    expect(files).toHaveLength(1);
    expect(await sweepAll()).toBe(1);
    expect(listDisk()).toStrictEqual({ kept: files.map((file) => file.storedName), work: [] });
    expect(kept).not.toContain(files[0]?.storedName);
  });

  test("after listing, before the answer: the files stay, and the sweep leaves them", async () => {
    const job = await exports.createJob(once);
    const completeRun: WorkParts["storage"]["completeRun"] = async (...outcome) => {
      await exports.storage.completeRun(...outcome);
      throw new StoreUnavailable("the connection was lost after the commit");
    };
    await tickOnce(exports.openWork({ storage: { ...exports.storage, completeRun } }));
    const { run, files } = await exports.findRun(job);
    expect(run.state).toBe("SUCCESS");
    expect(await sweepAll()).toBe(0);
    expect(await readStored(files[0]?.storedName ?? "")).toBe("rows\n");
  });
});

describe("how many at once", () => {
  test("is the operator's choice; what is left waits for the next tick", async () => {
    const jobs = [await exports.createJob(once), await exports.createJob(once), await exports.createJob(once)];
    const held = holdEngine();
    const settings = { ...exports.parts.settings, runsAtOnce: 2 };
    const work = exports.openWork({ engine: held.engine, settings });
    await work.tick();
    const readStates = () => Promise.all(jobs.map(async (job) => (await exports.findRun(job)).run.state));
    expect(await readStates()).toStrictEqual(["RUNNING", "RUNNING", "RUNNABLE"]);
    await work.tick();
    expect(await readStates()).toStrictEqual(["RUNNING", "RUNNING", "RUNNABLE"]);
    held.free();
    await work.settle();
    await tickOnce(work);
    expect(await readStates()).toStrictEqual(["SUCCESS", "SUCCESS", "SUCCESS"]);
  });

  test("may be none: then runs are released, for others", async () => {
    const job = await exports.createJob(once);
    await tickOnce(exports.openWork({ settings: { ...exports.parts.settings, runsAtOnce: 0 } }));
    expect((await exports.findRun(job)).run.state).toBe("RUNNABLE");
  });
});

test("a run of a project that is disabled is not begun, and is done once the project is enabled again", async () => {
  const resting = new Set([projectId]);
  const job = await exports.createJob(once);
  const work = exports.openWork({ listResting: async () => resting });
  await tickOnce(work);
  expect((await exports.findRun(job)).run).toMatchObject({ state: "RUNNABLE", attempts: 0 });
  resting.clear();
  await tickOnce(work);
  expect((await exports.findRun(job)).run).toMatchObject({ state: "SUCCESS", attempts: 1 });
});

test("a time zone that this machine does not know holds up its project's runs, and nobody else's", async () => {
  const held = await exports.createJob();
  await exports.storage.setTimeZone(projectId, "Mars/Base");
  const { period, dueAt } = (await exports.findRun(held)).run;
  const job = await exports.storage.findJob(projectId, held);
  if (job === undefined) throw new Error("The job is there.");
  const other = await exports.storage.createJob(43, { ...job, ...once }, { period, dueAt });
  exports.clock.seconds += daySeconds;
  await tickOnce(exports.openWork());
  expect(await exports.storage.findJob(43, other)).toMatchObject({ state: "COMPLETED" });
  expect((await exports.findRun(held)).run.state).toBe("CREATED");
  expect(exports.lines.filter((line) => line.includes("unknown time zone"))).not.toHaveLength(0);
  await exports.storage.setTimeZone(projectId, "UTC");
  await tickOnce(exports.openWork());
  expect((await exports.findRun(held)).run.state).toBe("SUCCESS");
});

test("a job that was stored without a run gets the period that contains now, in its project's time zone", async () => {
  const jobId = await exports.createJob();
  const job = await exports.storage.findJob(projectId, jobId);
  if (job === undefined) throw new Error("The job is there.");
  const planned: unknown[] = [];
  const storage: WorkParts["storage"] = {
    ...exports.storage,
    listUnplannedJobs: async () => [{ job, projectId, timeZone: "Asia/Kathmandu" }],
    planFirstRun: async (...plan) => {
      planned.push(plan);
      return true;
    },
  };
  await tickOnce(exports.openWork({ storage }));
  const period = { from: Date.parse("2026-11-02T18:15Z"), to: Date.parse("2026-11-03T18:15Z") };
  expect(planned).toStrictEqual([[jobId, { period, dueAt: period.to / 1000 + 600 }]]);
});

describe("the sweep", () => {
  test("deletes files when they are over, bytes and all; the run keeps its totals", async () => {
    const job = await exports.createJob(once);
    await tickOnce(exports.openWork());
    expect(await deleteExpiredFiles(exports.parts, now + 7 * daySeconds - 1)).toBe(0);
    expect(listDisk().kept).toHaveLength(1);
    expect(await deleteExpiredFiles(exports.parts, now + 7 * daySeconds)).toBe(1);
    expect(listDisk()).toStrictEqual(nothing);
    const { run, files } = await exports.findRun(job);
    expect(files).toStrictEqual([]);
    expect(run).toMatchObject({ state: "SUCCESS", written: { rowCount: 1, byteCount: 5, fileCount: 1 } });
  });

  test("killed between the bytes and the rows, goes on with the rows", async () => {
    await exports.createJob(once);
    await tickOnce(exports.openWork());
    const over = now + 7 * daySeconds;
    const forgetFiles = async (): Promise<void> => {
      throw new StoreUnavailable("no connection");
    };
    const killed = { ...exports.parts, storage: { ...exports.storage, forgetFiles } };
    await expect(deleteExpiredFiles(killed, over)).rejects.toThrow(StoreUnavailable);
    expect(await deleteExpiredFiles(exports.parts, over)).toBe(1);
    expect(await deleteExpiredFiles(exports.parts, over)).toBe(0);
  });

  test("removes the directories of attempts that were killed, and no other", async () => {
    const { fileStore } = exports.parts;
    const killed = "ffffffffffffffffffffffffffffffff";
    const directory = await fileStore.openWork(killed);
    const alive = await fileStore.openWork("eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
    const old = new Date(Date.parse("2026-11-03T00:00:00Z"));
    utimesSync(directory, old, old);
    const young = new Date(+old + 2);
    utimesSync(alive, young, young);
    expect(await deleteForgotten(exports.parts, new Date(+old + 1))).toBe(1);
    expect([existsSync(directory), existsSync(alive)]).toStrictEqual([false, true]);
  });
});
