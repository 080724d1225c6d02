import type { ExportScope } from "../exportable-fields/exportable-field.ts";
import type { DateRange } from "../jobs/job.ts";

/** The rows of one scope in one project of some time. */
export type WantedData = {
  readonly projectId: number;
  readonly scope: ExportScope;
  /** Of the sessions' `session_time`, of the views' `view_time`. */
  readonly period: DateRange;
};

export type FoundData = {
  /** Absolute paths of Parquet files, in the order of their days; they may hold other times too. */
  readonly files: readonly string[];
  /** The days (UTC, `2026-11-03`) of the period that have no file, not even an empty one: nothing was ever brought in. */
  readonly missingDays: readonly string[];
};

/** The place of the data is away, or closed to this program; its cause says why, with its path. */
export class DataUnavailable extends Error {
  override readonly name = "DataUnavailable";
}

/** Where sessions and views are kept: the port to a disk, a mounted bucket, or whatever makes them when asked. */
export type DataSource = {
  /** @throws DataUnavailable */
  readonly find: (wanted: WantedData) => Promise<FoundData>;
};
