/** One COPY of DuckDB's own, with its own CSV or JSON, in a process of its own; prints what it took. */

import { readFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { DuckDBInstance } from "@duckdb/node-api";

export type CopyPlan = {
  readonly sql: string;
  readonly memoryBytes: number;
  readonly threads: number;
  readonly spillDirectory: string;
};

export type CopyResult = { readonly seconds: number; readonly rows: number; readonly peakMegabytes: number };

const plan: CopyPlan = JSON.parse(process.argv[2] ?? "");
// As the engine's process has it, so that whoever else wants the processors takes them from both alike.
setPriority(constants.priority.PRIORITY_LOW);
const instance = await DuckDBInstance.create(":memory:", {
  memory_limit: `${plan.memoryBytes}B`,
  threads: String(plan.threads),
  temp_directory: plan.spillDirectory,
  preserve_insertion_order: "false",
});
const connection = await instance.connect();
const started = performance.now();
const copied = await connection.runAndReadAll(plan.sql);
const seconds = (performance.now() - started) / 1000;
const peakKilobytes = /^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
const rows = Number(copied.getRowsJson()[0]?.[0]);
const result: CopyResult = { seconds, rows, peakMegabytes: Number(peakKilobytes) / 1024 };
process.stdout.write(`${JSON.stringify(result)}\n`);
