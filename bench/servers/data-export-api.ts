/** The Data Export API as a program to start, with a token for its callers; and jobs for it. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readConfig } from "../../apps/data-export-api/src/config.ts";
import { openStorage } from "../../apps/data-export-api/src/storage/sql-storage.ts";
import type { NewJob, NewRun } from "../../apps/data-export-api/src/storage/storage.ts";
import type { ServerProgram } from "./child-server.ts";
import type { SessionFiles } from "./session-files.ts";

const required = {
  BIPED_CLOUD: "aws-eu-west-1",
  BIPED_ENDPOINT: "https://api.eu-west-1.example.com",
  BIPED_ISSUER: "https://auth.example.com",
};

/** What the program does where nothing else is said. */
export const defaultConfig = readConfig(required).config;

export type ApiPlan = {
  /** Of its own files. */
  readonly folder: string;
  readonly databaseUrl: string;
  readonly dataRoot: string;
  readonly runsAtOnce: number;
};

const script = join(import.meta.dirname, "..", "processes", "data-export-api.ts");

export function createApiProgram({ folder, databaseUrl, dataRoot, runsAtOnce }: ApiPlan): ServerProgram {
  return {
    name: "the Data Export API",
    nodeArgs: ["--conditions=biped-source", script, locateToken(folder)],
    environment: (port) => ({
      ...required,
      BIPED_PORT: String(port),
      BIPED_DATA_DIR: folder,
      BIPED_DATABASE_URL: databaseUrl,
      BIPED_EXPORT_DATA_DIR: dataRoot,
      BIPED_EXPORT_FILES_DIR: locateFiles(folder),
      BIPED_EXPORT_RUNS_AT_ONCE: String(runsAtOnce),
    }),
    readyPath: "/readyz",
    outputFile: join(folder, "log"),
  };
}

export const locateFiles = (folder: string): string => join(folder, "files");
const locateToken = (folder: string): string => join(folder, "token");

/** Of the project that has the jobs; the program writes it before it listens. */
export function readToken(folder: string): string {
  return readFileSync(locateToken(folder), "utf8");
}

/** Due at once: all sessions there are. */
export async function storeDueJobs(databaseUrl: string, sessions: SessionFiles, count: number): Promise<void> {
  const { projectId, period } = sessions;
  const now = Math.floor(Date.now() / 1000);
  const job: NewJob = { ...pattern, frequency: { value: "once", dateRange: period }, createdAt: now };
  const first: NewRun = { period, dueAt: now };
  const storage = await openStorage(databaseUrl);
  for (let index = 0; index < count; index += 1) await storage.createJob(projectId, job, first);
  await storage.close();
}

export const pattern: Omit<NewJob, "frequency" | "createdAt"> = {
  name: "Sessions for the warehouse",
  format: "JSONL",
  scope: "sessions",
  fields: ["session_id", "user_id", "session_time", "country_code", "city", "browser_name"].map((fieldName) => ({
    fieldName,
  })),
  deviceLabel: "all",
  segmentId: undefined,
  formulaGuard: false,
  state: "ACTIVE",
};
