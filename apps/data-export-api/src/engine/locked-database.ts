import path from "node:path";
import { type DuckDBConnection, DuckDBInstance, type Json } from "@duckdb/node-api";
import type { EngineSettings } from "./engine.ts";
import { quoteTexts } from "./sql-text.ts";

export type Reach = {
  /** Read, and nothing else of the machine. */
  readonly files: readonly string[];
  /** Read and written; undefined for a task that writes nothing. */
  readonly directory: string | undefined;
  /** Where rows may come in any order, few of them are held in memory. */
  readonly rowOrder: "kept" | "any";
};

/** Below the task's directory: what does not fit into memory. */
export const spillFolder = "spill";

/**
 * An empty database in memory that reaches the files and the directory only, whatever SQL it is given. This does not
 * cover a fault in DuckDB's own code, which has the rights of this process.
 */
export async function openLockedDatabase(
  { memoryBytes, threads }: EngineSettings,
  { files, directory, rowOrder }: Reach,
): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: `${memoryBytes}B`,
    threads: String(threads),
    temp_directory: directory === undefined ? "" : path.join(directory, spillFolder),
    preserve_insertion_order: String(rowOrder === "kept"),
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  // What is allowed as a directory is only what lies in it.
  const directories = directory === undefined ? [] : [directory];
  for (const setting of [
    "TimeZone = 'UTC'",
    `allowed_paths = ${quoteTexts([...files, ...directories])}`,
    `allowed_directories = ${quoteTexts(directories)}`,
    "enable_external_access = false",
    "lock_configuration = true",
  ]) {
    await connection.run(`SET ${setting}`);
  }
  return connection;
}

/** Cells as JSON has them: what is longer than a number of JavaScript is text. */
export async function readRows(connection: DuckDBConnection, sql: string): Promise<readonly (readonly Json[])[]> {
  const result = await connection.runAndReadAll(sql);
  return result.getRowsJson();
}

/** How many rows a COPY wrote. */
export async function countCopied(connection: DuckDBConnection, copy: string): Promise<number> {
  const rows = await readRows(connection, copy);
  return Number(rows[0]?.[0]);
}
