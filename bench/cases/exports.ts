/** The engine of the Data Export API beside DuckDB's own COPY of the same rows and columns. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createEngine } from "../../apps/data-export-api/src/engine/engine.ts";
import type { JobField, JobFormat } from "../../apps/data-export-api/src/jobs/job.ts";
import type { Measure } from "../cases.ts";
import type { Lab } from "../lab.ts";
import { readEndedSeconds, startCpuMeter } from "../measure/cpu-meter.ts";
import { watchPeakMemory } from "../measure/peak-memory.ts";
import type { CopyPlan, CopyResult } from "../processes/duckdb-copy.ts";
import { defaultConfig } from "../servers/data-export-api.ts";
import type { SessionFiles } from "../servers/session-files.ts";

/** Ten plain ones, a list, and a custom variable. */
const plainColumns = [
  "session_id",
  "user_id",
  "session_time",
  "device_id",
  "country_code",
  "city",
  "browser_name",
  "platform_name",
  "session_number_of_views",
  "session_duration_msec",
  "session_transaction_items.sku",
];
const customVarPosition = 1;
const fields: readonly JobField[] = [
  ...plainColumns.map((fieldName) => ({ fieldName })),
  { fieldName: "custom_var", customVarPosition },
];

type Exported = { readonly format: JobFormat; readonly files: readonly string[]; readonly partBytes: number };
type Written = {
  readonly seconds: number;
  /** Of processor time, from the start of its process to the end. */
  readonly busySeconds: number;
  readonly rows: number;
  readonly peakMegabytes: number;
  readonly bytes: number;
  readonly parts: number;
};

const { engine: engineSettings, runs } = defaultConfig;
/** Larger than whatever is written here. */
const unsplit = 10 ** 12;

/** By turns with DuckDB's own, which writes one file. */
export const measureExport =
  (format: JobFormat): Measure =>
  async (lab) => {
    const sessions = await lab.sessions();
    const stopMeter = startCpuMeter({ serverPid: undefined, loadPid: undefined });
    const { files } = sessions;
    const ours = await exportByEngine(lab, sessions, { format, files, partBytes: runs.partBytes });
    const theirs = await copyByDuckdb(lab, sessions, format);
    if (ours.rows !== theirs.rows) throw new Error(`The engine wrote ${ours.rows} rows, DuckDB ${theirs.rows}.`);
    return { values: { ...name(ours, "engine"), ...name(theirs, "duckdb") }, cpu: stopMeter() };
  };

export const measureUnsplitExport: Measure = async (lab) => {
  const sessions = await lab.sessions();
  const stopMeter = startCpuMeter({ serverPid: undefined, loadPid: undefined });
  const exported = { format: "JSONL", files: sessions.files, partBytes: unsplit } as const;
  const ours = await exportByEngine(lab, sessions, exported);
  return { values: name(ours, "engine"), cpu: stopMeter() };
};

/** A tenth of the rows. */
export const measureSmallExport: Measure = async (lab) => {
  const sessions = await lab.sessions();
  const exported = { format: "JSONL", files: sessions.files.slice(0, 1), partBytes: runs.partBytes } as const;
  return { values: name(await exportByEngine(lab, sessions, exported), "engine") };
};

function name(
  { seconds, busySeconds, rows, peakMegabytes, bytes, parts }: Written,
  who: string,
): Readonly<Record<string, number>> {
  return {
    [`${who}Seconds`]: seconds,
    [`${who}BusySeconds`]: busySeconds,
    [`${who}Rows`]: rows,
    [`${who}PeakMegabytes`]: peakMegabytes,
    [`${who}Megabytes`]: bytes / 1e6,
    [`${who}Parts`]: parts,
  };
}

/** The whole run of a task: its process starts, writes, brings all to the disk and makes the digests. */
async function exportByEngine(lab: Lab, sessions: SessionFiles, exported: Exported): Promise<Written> {
  const directory = makeDirectory(lab);
  const { projectId, period } = sessions;
  const rows = { projectId, scope: "sessions", fields, period, deviceLabel: "all", segmentId: undefined } as const;
  const engine = createEngine(engineSettings);
  const stopWatch = watchPeakMemory("engine-process");
  try {
    const [started, busyBefore] = [performance.now(), readEndedSeconds()];
    const task = { kind: "export", selection: rows, formulaGuard: false, directory, ...exported } as const;
    const { rowCount, parts } = await engine.run<"export">(task);
    const seconds = (performance.now() - started) / 1000;
    const busySeconds = readEndedSeconds() - busyBefore;
    const bytes = parts.reduce((sum, { byteCount }) => sum + byteCount, 0);
    return { seconds, busySeconds, rows: rowCount, peakMegabytes: stopWatch(), bytes, parts: parts.length };
  } finally {
    await engine.close();
    rmSync(directory, { recursive: true });
  }
}

/** Only the statement counts, and nothing waits for the disk. */
async function copyByDuckdb(lab: Lab, sessions: SessionFiles, format: JobFormat): Promise<Written> {
  const directory = makeDirectory(lab);
  const file = join(directory, "copy");
  const sql = formatCopy(sessions, { file, format });
  const plan: CopyPlan = { sql, ...engineSettings, spillDirectory: join(directory, "spill") };
  const script = join(import.meta.dirname, "..", "processes", "duckdb-copy.ts");
  const busyBefore = readEndedSeconds();
  const child = spawn(process.execPath, [script, JSON.stringify(plan)], { stdio: ["ignore", "pipe", "inherit"] });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  if (code !== 0) throw new Error("DuckDB's own COPY failed.");
  const result: CopyResult = JSON.parse(output);
  const busySeconds = readEndedSeconds() - busyBefore;
  const bytes = statSync(file).size;
  rmSync(directory, { recursive: true });
  return { ...result, busySeconds, bytes, parts: 1 };
}

function formatCopy(
  { files, period }: SessionFiles,
  { file, format }: { readonly file: string; readonly format: JobFormat },
): string {
  const columns = plainColumns.map((column) => `"${column}"`);
  const ofPosition = `list_filter(custom_vars, lambda entry: entry.position = ${customVarPosition})`;
  const variable = `${ofPosition}[1].value AS custom_var_${customVarPosition}`;
  const moments = [period.from, period.to].map((moment) => `make_timestamp_ms(${moment})`);
  const source = `read_parquet([${files.map((each) => `'${each}'`).join(", ")}])`;
  const rows = `SELECT ${columns.join(", ")}, ${variable} FROM ${source} WHERE session_time >= ${moments[0]} AND session_time < ${moments[1]}`;
  return `COPY (${rows}) TO '${file}' (FORMAT ${format === "CSV" ? "csv" : "json"}, COMPRESSION gzip)`;
}

function makeDirectory({ folder }: Lab): string {
  const directory = join(folder, "exported");
  mkdirSync(directory);
  return directory;
}
