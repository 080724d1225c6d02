import type { Generated, Insertable, Selectable } from "kysely";
import type { ExportScope } from "../exportable-fields/exportable-field.ts";
import type { DeviceLabel, FrequencyValue, JobFormat, JobState } from "../jobs/job.ts";
import type { RunState } from "../runs/run.ts";

export type Schema = {
  readonly jobs: JobTable;
  readonly runs: RunTable;
  readonly files: FileTable;
  readonly project_settings: ProjectSettingsTable;
  readonly link_keys: LinkKeyTable;
};

type JobTable = {
  readonly job_id: Generated<number>;
  readonly project_id: number;
  readonly name: string;
  readonly format: JobFormat;
  readonly scope: ExportScope;
  readonly frequency: FrequencyValue;
  /** Epoch milliseconds; null but for `once`. */
  readonly range_from: number | null;
  readonly range_to: number | null;
  /** In JSON: the list is read and written whole. */
  readonly fields: string;
  readonly device_label: DeviceLabel;
  readonly segment_id: number | null;
  /** 0 or 1. */
  readonly formula_guard: number;
  readonly state: JobState;
  /** Epoch seconds. */
  readonly created_at: number;
  /** 0 or 1: whether it was given its first run, which the program before this one did not do. */
  readonly is_planned: number;
};

type RunTable = {
  readonly run_id: Generated<number>;
  readonly job_id: number;
  readonly project_id: number;
  readonly state: RunState;
  /** Epoch milliseconds. */
  readonly period_from: number;
  readonly period_to: number;
  /** Epoch seconds, as all that follow, but for the lease. */
  readonly due_at: number;
  readonly attempts: number;
  readonly failures: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly row_count: number | null;
  readonly byte_count: number | null;
  readonly file_count: number | null;
  readonly failure_reason: string | null;
  readonly lease_id: string | null;
  /** Epoch milliseconds by the store's clock. */
  readonly lease_until: number | null;
};

type FileTable = {
  readonly file_id: string;
  readonly run_id: number;
  readonly part_id: number;
  readonly stored_name: string;
  readonly byte_count: number;
  readonly sha256: string;
  readonly expires_at: number;
};

type ProjectSettingsTable = {
  readonly project_id: number;
  readonly time_zone: string;
  readonly link_epoch: number;
};

type LinkKeyTable = {
  readonly key_id: string;
  /** In base64. */
  readonly secret: string;
  readonly created_at: number;
  /** The key that was the newest before, or nothing: no two keys come after the same one. */
  readonly comes_after: string;
};

export type JobRow = Selectable<JobTable>;
export type NewJobRow = Insertable<JobTable>;
export type RunRow = Selectable<RunTable>;
export type FileRow = Selectable<FileTable>;
export type LinkKeyRow = Selectable<LinkKeyTable>;
