import type { DuckDBConnection } from "@duckdb/node-api";
import type { EngineSettings } from "./engine.ts";
import { formatExport } from "./export-statement.ts";
import { explainFailure } from "./failure-reason.ts";
import { importRows } from "./import-rows.ts";
import { countCopied, openLockedDatabase, type Reach } from "./locked-database.ts";
import { readCustomVars, readDynamicVarKeys, readPreview } from "./look-up.ts";
import { finishParts } from "./parts.ts";
import { openSource } from "./source.ts";
import type { ExportOutcome, ExportTask, Outcomes, Task } from "./task.ts";

/** @throws EngineFailure */
export async function runTask(task: Task, settings: EngineSettings): Promise<Outcomes[Task["kind"]]> {
  const reach = findReach(task);
  // A second thread would halve the memory in which an import sorts.
  const threads = task.kind === "import" ? 1 : settings.threads;
  const connection = await openLockedDatabase({ ...settings, threads }, reach);
  try {
    return await perform(connection, task);
  } catch (error) {
    throw await explainFailure(error, { connection, files: reach.files });
  } finally {
    connection.closeSync();
  }
}

function findReach(task: Task): Reach {
  switch (task.kind) {
    case "export":
      return { files: task.files, directory: task.directory, rowOrder: "any" };
    case "import":
      return { files: [task.input], directory: task.directory, rowOrder: "any" };
    default:
      return { files: task.files, directory: undefined, rowOrder: "kept" };
  }
}

async function perform(connection: DuckDBConnection, task: Task): Promise<Outcomes[Task["kind"]]> {
  switch (task.kind) {
    case "export":
      return runExport(connection, task);
    case "preview":
      return readPreview(connection, task);
    case "custom-vars":
      return readCustomVars(connection, task);
    case "dynamic-var-keys":
      return readDynamicVarKeys(connection, task);
    case "import":
      return importRows(connection, task);
  }
}

async function runExport(connection: DuckDBConnection, task: ExportTask): Promise<ExportOutcome> {
  const source = await openSource(connection, task.selection.scope, task.files);
  const rowCount = await countCopied(connection, formatExport(task, source));
  return { rowCount, parts: await finishParts(task.directory) };
}
