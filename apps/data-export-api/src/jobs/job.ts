import type { ExportScope } from "../exportable-fields/exportable-field.ts";

export const jobStates = ["ACTIVE", "COMPUTING", "COMPLETED", "SUSPENDED", "DELETED"] as const;
export type JobState = (typeof jobStates)[number];

export const jobFormats = ["JSONL", "CSV"] as const;
export type JobFormat = (typeof jobFormats)[number];

export const frequencyValues = ["once", "daily", "hourly"] as const;
export type FrequencyValue = (typeof frequencyValues)[number];

export const deviceLabels = ["all", "desktop", "mobile", "tablet"] as const;
export type DeviceLabel = (typeof deviceLabels)[number];

/** Epoch milliseconds; `from` lies before `to`. */
export type DateRange = { readonly from: number; readonly to: number };

export type Frequency =
  | { readonly value: "once"; readonly dateRange: DateRange }
  | { readonly value: Exclude<FrequencyValue, "once"> };

export type JobField = {
  readonly fieldName: string;
  /** What the column is called in the file instead. */
  readonly aliasName?: string;
  /** With `custom_var` and only with it. */
  readonly customVarPosition?: number;
  /** With `dynamic_var` and only with it. */
  readonly dynamicVarKey?: string;
};

/** What a caller asks for. */
export type JobRequest = {
  readonly name: string;
  readonly format: JobFormat;
  readonly scope: ExportScope;
  readonly frequency: Frequency;
  readonly fields: readonly JobField[];
  readonly deviceLabel: DeviceLabel;
  /** Undefined for all users. */
  readonly segmentId: number | undefined;
  /** CSV only: cells that a spreadsheet would take for a formula get an apostrophe in front. */
  readonly formulaGuard: boolean;
};

export type Job = JobRequest & {
  /** Given by the storage, never given twice. */
  readonly jobId: number;
  readonly state: JobState;
  /** Epoch seconds. */
  readonly createdAt: number;
};
