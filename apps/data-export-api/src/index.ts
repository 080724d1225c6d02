export { dataExportSettings } from "./config.ts";
export { type DataSource, DataUnavailable, type FoundData, type WantedData } from "./data/data-source.ts";
export { type DataSet, locateDay } from "./data/day-directory.ts";
export { createDirectorySource } from "./data/directory-source.ts";
export { storedColumns } from "./data/stored-columns.ts";
export type { Job, JobField } from "./jobs/job.ts";
export { type Config, type DataExportApi, type Surroundings, start } from "./start.ts";
export type { NewJob, NewRun } from "./storage/storage.ts";
