import type { ExportScope } from "../exportable-fields/exportable-field.ts";
import type { DateRange, DeviceLabel, JobField, JobFormat } from "../jobs/job.ts";

/** Which columns of which rows. */
export type Selection = {
  readonly projectId: number;
  readonly scope: ExportScope;
  readonly fields: readonly JobField[];
  readonly period: DateRange;
  readonly deviceLabel: DeviceLabel;
  /** Undefined for all users. */
  readonly segmentId: number | undefined;
};

/** What the engine's process is asked for: one task a process, and nothing but files of the task within its reach. */
export type Task = ExportTask | PreviewTask | CustomVarsTask | DynamicVarKeysTask | ImportTask;

export type ExportTask = {
  readonly kind: "export";
  readonly selection: Selection;
  /** Absolute paths of Parquet files. */
  readonly files: readonly string[];
  readonly format: JobFormat;
  readonly formulaGuard: boolean;
  /** An empty directory of this task alone. */
  readonly directory: string;
  /** A part that has grown to this many bytes, packed, is the last but one. */
  readonly partBytes: number;
};

export type PreviewTask = {
  readonly kind: "preview";
  readonly selection: Selection;
  readonly files: readonly string[];
  readonly limit: number;
};

export type CustomVarsTask = {
  readonly kind: "custom-vars";
  readonly files: readonly string[];
};

export type DynamicVarKeysTask = {
  readonly kind: "dynamic-var-keys";
  readonly scope: ExportScope;
  readonly files: readonly string[];
  readonly period: DateRange;
  /** More are not listed. */
  readonly limit: number;
};

/** Rows that were checked already, one JSON object a line with the members of `storedColumns`, into a Parquet file a day. */
export type ImportTask = {
  readonly kind: "import";
  readonly scope: ExportScope;
  /** Either such lines, or Parquet of somebody else's, to be turned into lines. */
  readonly step: "parquet-to-lines" | "lines-to-parquet";
  readonly input: string;
  /** An empty directory of this task alone. */
  readonly directory: string;
};

/** What each kind of task comes to. */
export type Outcomes = {
  readonly export: ExportOutcome;
  readonly preview: PreviewOutcome;
  readonly "custom-vars": readonly CustomVar[];
  readonly "dynamic-var-keys": readonly string[];
  readonly import: ImportOutcome;
};

export type WrittenPart = {
  /** Within the task's directory. It is on the disk by now: written, and synchronised. */
  readonly name: string;
  readonly byteCount: number;
  /** Of its bytes, in hexadecimal. */
  readonly sha256: string;
};

/** At least one part: without rows it holds the header of CSV, or nothing. */
export type ExportOutcome = { readonly rowCount: number; readonly parts: readonly WrittenPart[] };

/** Cells as the file would hold them. */
export type PreviewOutcome = {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
};

export type CustomVar = { readonly position: number; readonly name: string };

/** Of `lines-to-parquet`: a file a day, in the directory. Of `parquet-to-lines`: one file `lines.jsonl`, and no day. */
export type ImportOutcome = {
  readonly files: readonly { readonly day: string; readonly name: string; readonly rowCount: number }[];
};
