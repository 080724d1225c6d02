import type { Generated, Insertable, Selectable } from "kysely";
import type { ExportScope } from "../exportable-fields/exportable-field.ts";
import type { DeviceLabel, FrequencyValue, JobFormat, JobState } from "../jobs/job.ts";

export type Schema = { readonly jobs: JobTable };

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
  readonly state: JobState;
  /** Epoch seconds. */
  readonly created_at: number;
};

export type JobRow = Selectable<JobTable>;
export type NewJobRow = Insertable<JobTable>;
