import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createEngine, EngineFailure } from "./engine.ts";
import type { ExportTask } from "./task.ts";

const isLinux = process.platform === "linux";
const settings = { memoryBytes: 256 * 1024 * 1024, threads: 2 };
const engine = createEngine(settings);
const day = Date.parse("2026-11-03T00:00:00Z");

let root: string;
/** 3,000,000 sessions of one day, which take some seconds. */
let large: string;
let small: string;
let count = 0;

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), "biped-engine-"));
  small = await generate(20_000);
  large = await generate(3_000_000);
});
afterAll(async () => {
  await engine.close();
  rmSync(root, { recursive: true });
});

function newFolder(name = "."): string {
  const folder = path.join(root, String(++count), name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

async function generate(rows: number): Promise<string> {
  const file = path.join(newFolder("project_id=42/day=2026-11-03"), "rows.parquet");
  const connection = await (await DuckDBInstance.create(":memory:", { memory_limit: "500MB" })).connect();
  await connection.run("SET preserve_insertion_order = false");
  await connection.run(
    `COPY (SELECT range AS session_id, TIMESTAMP '2026-11-03' + to_milliseconds(range * 28) AS session_time,
       'https://shop.example/' || (range * 7919 % 1000003) AS referer_url FROM range(${rows})) TO '${file}' (FORMAT parquet)`,
  );
  connection.closeSync();
  return file;
}

function createTask(files: readonly string[], changes: Partial<ExportTask> = {}): ExportTask {
  const fields = [{ fieldName: "session_id" }, { fieldName: "session_time" }, { fieldName: "referer_url" }];
  const period = { from: day, to: day + 86_400_000 };
  const selection = {
    projectId: 42,
    scope: "sessions",
    fields,
    period,
    deviceLabel: "all",
    segmentId: undefined,
  } as const;
  const rest = { format: "CSV", formulaGuard: false, directory: newFolder(), partBytes: 100_000_000 } as const;
  return { kind: "export", selection, files, ...rest, ...changes };
}

const unpack = (task: ExportTask, name: string): string =>
  gunzipSync(readFileSync(path.join(task.directory, name))).toString();

/** What the system tells of a process; nothing where it has ended. */
function readProcess(pid: number | string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}

/** Of the engine's processes that this one has begun, those that are there. */
function findProcesses(parent = process.pid): readonly number[] {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const engines = all.filter((pid) => readProcess(pid, "cmdline").includes("engine-process"));
  return engines.filter((pid) => readProcess(pid, "status").includes(`\nPPid:\t${parent}\n`)).map(Number);
}

async function waitFor<Found>(find: () => Found | undefined | false): Promise<Found> {
  for (let tries = 0; tries < 2000; tries += 1) {
    const found = find();
    if (found !== undefined && found !== false) return found;
    await pause(10);
  }
  throw new Error("It did not happen within 20 s.");
}

/** An export at work: its process has begun to write. */
async function startLong() {
  const before = new Set(findProcesses());
  const task = createTask([large]);
  const abort = new AbortController();
  const run = engine.run(task, abort.signal);
  run.catch(() => {});
  await waitFor(() => readdirSync(task.directory).length > 0);
  const pid = findProcesses().find((found) => !before.has(found)) ?? 0;
  return { task, abort, run, pid };
}

describe("an export", () => {
  test("parts as they were written: their names in order, their sizes, their digests", async () => {
    const task = createTask([small], { partBytes: 20_000 });
    const { rowCount, parts } = await engine.run(task);
    expect(rowCount).toBe(20_000);
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.map(({ name }) => name)).toEqual(parts.map((_part, index) => `data_${index}.csv.gz`));
    expect(readdirSync(task.directory).length).toBe(parts.length);
    for (const { name, byteCount, sha256 } of parts) {
      const bytes = readFileSync(path.join(task.directory, name));
      expect([bytes.length, createHash("sha256").update(bytes).digest("hex")]).toEqual([byteCount, sha256]);
    }
  });

  test("each part has the header, and each row is in one of them", async () => {
    const task = createTask([small], { partBytes: 20_000 });
    const { parts } = await engine.run(task);
    const lines = parts.map(({ name }) => unpack(task, name).split("\r\n"));
    for (const [header] of lines) expect(header).toBe('"session_id","session_time","referer_url"');
    const ids = lines.flatMap(([, ...records]) => records.slice(0, -1).map((record) => Number(record.split('"')[1])));
    expect(ids.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 20_000 }, (_, index) => index));
  });

  test.each([
    ["no row in the period", () => [small], { from: 0, to: 1 }],
    ["no file", () => [], { from: day, to: day + 1 }],
  ] as const)("%s: one part, with the header of CSV or with nothing", async (_what, files, period) => {
    const csv = createTask(files());
    const json = createTask(files(), { format: "JSONL" });
    for (const task of [csv, json]) {
      const { rowCount, parts } = await engine.run({ ...task, selection: { ...task.selection, period } });
      expect([rowCount, parts.length]).toEqual([0, 1]);
    }
    expect(unpack(csv, "data_0.csv.gz")).toBe('"session_id","session_time","referer_url"\r\n');
    expect(unpack(json, "data_0.jsonl.gz")).toBe("");
  });

  test("a part that would be smaller than the header", async () => {
    const fields = Array.from({ length: 200 }, (_, index) => ({
      fieldName: "dynamic_var",
      dynamicVarKey: `${index}`,
      aliasName: `${"long ".repeat(50)}${index}`,
    }));
    const task = createTask([small], { partBytes: 1 });
    const { rowCount, parts } = await engine.run({ ...task, selection: { ...task.selection, fields } });
    const headers = parts.map(({ name }) => unpack(task, name).split("\r\n")[0]?.split(",").length);
    expect([rowCount, new Set(headers)]).toEqual([20_000, new Set([200])]);
  });

  test("the smallest task takes less than 5 s, its process included", async () => {
    const startedAt = performance.now();
    await engine.run(createTask([]));
    const milliseconds = Math.round(performance.now() - startedAt);
    console.log(`the smallest task: ${milliseconds} ms`);
    expect(milliseconds).toBeLessThan(5000);
  });
});

describe("bad data", () => {
  const spoil = (change: (bytes: Buffer) => Buffer): string => {
    const file = path.join(newFolder("project_id=42/day=2026-11-04"), "rows.parquet");
    writeFileSync(file, change(readFileSync(small)));
    return file;
  };
  test.each([
    ["a file cut in half", () => spoil((bytes) => bytes.subarray(0, bytes.length / 2))],
    ["an empty file", () => spoil(() => Buffer.alloc(0))],
    ["a text", () => spoil(() => Buffer.from("hello\n".repeat(1000)))],
    ["a spoilt page", () => spoil((bytes) => bytes.fill(0x41, 100, bytes.length / 2))],
    ["a spoilt end", () => spoil((bytes) => bytes.fill(0x41, bytes.length - 400, bytes.length - 20))],
    ["a file that has gone", () => path.join(newFolder("day=2026-11-04"), "gone.parquet")],
  ])("%s: the day is told, the path is not, and another attempt may do", async (_what, create) => {
    const message = "A data file of 2026-11-04 cannot be read.";
    const failure = engine.run(createTask([small, create()]));
    await expect(failure).rejects.toMatchObject({ name: "EngineFailure", message, isLasting: false });
  });

  test("a column that cannot be read fails for good", async () => {
    const task = createTask([small]);
    const fields = [{ fieldName: "user_id", aliasName: "a" }, { fieldName: "session_id" }];
    const selection = { ...task.selection, scope: "views", fields } as const;
    const message = "The data has no column view_time.";
    await expect(engine.run({ ...task, selection })).rejects.toMatchObject({ message, isLasting: true });
  });

  test("too little memory is said to be too little", async () => {
    const little = createEngine({ memoryBytes: 4_000_000, threads: 2 });
    const failure = little.run(createTask([large]));
    await expect(failure).rejects.toMatchObject({ message: "There is not enough memory.", isLasting: false });
  });
});

const runQuietly = (command: string, ...args: readonly string[]) => execFileSync(command, args, { stdio: "ignore" });

const isMountable = ((): boolean => {
  const probe = mkdtempSync(path.join(tmpdir(), "biped-mount-"));
  try {
    runQuietly("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", probe);
    runQuietly("umount", probe);
    return true;
  } catch {
    console.log("no test of a full disk: this user may not mount one");
    return false;
  } finally {
    rmSync(probe, { recursive: true });
  }
})();

test.runIf(isMountable)("a full disk is said to be full", async () => {
  const directory = newFolder();
  runQuietly("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", directory);
  try {
    const failure = engine.run(createTask([small], { directory }));
    await expect(failure).rejects.toMatchObject({ message: "There is no space left for the file.", isLasting: false });
  } finally {
    runQuietly("umount", directory);
  }
});

describe.runIf(isLinux)("its process", () => {
  test("killed: the task has failed, and the next one runs", async () => {
    const { run, pid } = await startLong();
    process.kill(pid, "SIGKILL");
    await expect(run).rejects.toMatchObject({ message: "The engine's process ended (SIGKILL).", isLasting: false });
    expect(await engine.run(createTask([small]))).toMatchObject({ rowCount: 20_000 });
  });

  test("aborted: it has ended when the reason is thrown", async () => {
    const { abort, run, pid } = await startLong();
    const reason = new Error("The lease is lost.");
    abort.abort(reason);
    await expect(run).rejects.toBe(reason);
    expect(findProcesses()).not.toContain(pid);
  });

  test("aborted before: none is begun", async () => {
    const reason = new Error("too late");
    const task = createTask([large]);
    await expect(engine.run(task, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect([findProcesses(), readdirSync(task.directory)]).toEqual([[], []]);
  });

  test("a closed engine has none, and begins none", async () => {
    const other = createEngine(settings);
    const runs = [other.run(createTask([large])), other.run(createTask([large]))];
    const ended = Promise.allSettled(runs);
    await waitFor(() => findProcesses().length === 2);
    await other.close();
    expect(findProcesses()).toEqual([]);
    const closed = { status: "rejected", reason: new EngineFailure("The engine was closed.", { isLasting: false }) };
    expect(await ended).toEqual([closed, closed]);
    await expect(other.run(createTask([]))).rejects.toThrow("The engine was closed.");
  });

  test("ends with its parent, however that ends", async () => {
    const task = createTask([large]);
    const program = path.join(newFolder(), "parent.ts");
    const module = path.join(import.meta.dirname, "engine.ts");
    writeFileSync(
      program,
      `import { createEngine } from ${JSON.stringify(module)};
       await createEngine(${JSON.stringify(settings)}).run(${JSON.stringify(task)});`,
    );
    const parent = spawn(process.execPath, ["--conditions=biped-source", program], { stdio: "ignore" });
    await waitFor(() => readdirSync(task.directory).length > 0);
    const [pid = 0] = findProcesses(parent.pid);
    expect(readProcess(pid, "cmdline")).toContain("engine-process");
    parent.kill("SIGKILL");
    await once(parent, "close");
    await waitFor(() => !readdirSync("/proc").includes(String(pid)));
  });

  test("knows nothing of the environment, and leaves the processor to others with each of its threads", async () => {
    const { abort, run, pid } = await startLong();
    const tasks = readdirSync(`/proc/${pid}/task`);
    const niceness = tasks.map((id) => readProcess(pid, `task/${id}/stat`).split(") ")[1]?.split(" ")[16]);
    expect([tasks.length > 3, new Set(niceness)]).toEqual([true, new Set(["19"])]);
    const environment = readProcess(pid, "environ").split("\0");
    expect(environment.filter((entry) => !/^(?:NODE_CHANNEL_\w+=|$)/.test(entry))).toEqual([]);
    abort.abort();
    await expect(run).rejects.toThrow("aborted");
  });

  test("a signal of the terminal is its parent's affair", async () => {
    const { abort, run, pid } = await startLong();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.kill(pid, signal);
    await pause(200);
    expect(findProcesses()).toContain(pid);
    abort.abort();
    await expect(run).rejects.toThrow("aborted");
  });

  test("takes at most 400 MB, whatever the size", { timeout: 300_000 }, async () => {
    const abort = new AbortController();
    const task = createTask([large], { format: "JSONL" });
    const run = engine.run(task, abort.signal).finally(() => abort.abort());
    const pid = await waitFor(() => findProcesses()[0]);
    let highestKilobytes = 0;
    while (!abort.signal.aborted) {
      const [, kilobytes] = /^VmHWM:\s+(\d+)/m.exec(readProcess(pid, "status")) ?? [];
      highestKilobytes = Math.max(highestKilobytes, Number(kilobytes ?? 0));
      await pause(20);
    }
    expect(await run).toMatchObject({ rowCount: 3_000_000 });
    console.log(`the most of its memory: ${Math.round(highestKilobytes / 1024)} MB`);
    expect(highestKilobytes).toBeLessThan(400 * 1024);
    expect(highestKilobytes).toBeGreaterThan(50 * 1024);
  });
});
