/** The objects of the Data Export API. Dates are ISO 8601 strings, ids are integers. */

export type JobFormat = "JSONL" | "CSV";
export type ExportScope = "sessions" | "views";
export type JobState = "ACTIVE" | "COMPUTING" | "COMPLETED" | "SUSPENDED" | "DELETED";
export type RunState = "CREATED" | "RUNNABLE" | "RUNNING" | "SUCCESS" | "FAILURE";
export type DeviceLabel = "all" | "desktop" | "mobile" | "tablet";

export type DateRange = { readonly from: string; readonly to: string };
export type Frequency =
  | { readonly value: "once"; readonly dateRange: DateRange }
  | { readonly value: "daily" | "hourly" };

export type JobField = {
  readonly fieldName: string;
  /** What the column is called in the file instead. */
  readonly aliasName?: string;
  /** 1 to 20; with the field `custom_var` and only with it. */
  readonly customVarPosition?: number;
  /** With the field `dynamic_var` and only with it. */
  readonly dynamicVarKey?: string;
};

export type NewJob = {
  readonly name: string;
  readonly format: JobFormat;
  readonly scope: ExportScope;
  readonly frequency: Frequency;
  readonly fields: readonly JobField[];
  readonly deviceLabel: DeviceLabel;
  readonly segmentId?: number;
  /** CSV only: cells that a spreadsheet would take for a formula get an apostrophe in front. */
  readonly formulaGuard?: boolean;
};

/** A service may leave out or add members; `jobId` is always there. */
export type Job = {
  readonly jobId: number;
  readonly name?: string;
  readonly format?: JobFormat;
  readonly scope?: ExportScope;
  readonly frequency?: Frequency;
  readonly state?: JobState;
  readonly deviceLabel?: DeviceLabel;
  readonly segmentId?: number | null;
  readonly fields?: readonly JobField[];
  /** Absent where it is off. */
  readonly formulaGuard?: boolean;
  readonly createdAt?: string;
};

/** A service may leave out or add members; `jobRunId` is always there. */
export type Run = {
  readonly jobRunId: number;
  readonly jobId?: number;
  readonly state?: RunState;
  /** When it began; before that, when it is due. */
  readonly startDate?: string;
  /** Null until it is over. */
  readonly endDate?: string | null;
  /** The period whose rows it exports: from its beginning, up to but without its end. */
  readonly dateRange?: DateRange;
  /** In percent. */
  readonly completionRate?: number;
  /** How often it has begun. */
  readonly attempts?: number;
  /** The three of them are null until it has succeeded. */
  readonly rowCount?: number | null;
  readonly byteCount?: number | null;
  readonly fileCount?: number | null;
  /** Why the latest attempt failed, in words; null if none did. */
  readonly failureReason?: string | null;
  /** In the answer about one run. */
  readonly files?: readonly ExportFile[];
};

export type ExportFile = {
  readonly partId: number;
  /** Signed: whoever has it can fetch the file, until the link ends. */
  readonly url: string;
  /** When the link ends. */
  readonly expirationDate?: string;
  /** When the file is deleted. */
  readonly fileExpirationDate?: string;
  /** As it is sent. */
  readonly byteCount?: number;
};

export type ExportableField = { readonly name: string; readonly type?: string; readonly description?: string };
export type CustomVar = { readonly position?: number; readonly name?: string };
