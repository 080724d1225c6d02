export type { Job, JobField } from "./jobs/job.ts";
export { type Config, type DataExportApi, type Surroundings, start } from "./start.ts";
export type { NewJob } from "./storage/storage.ts";
