import { join } from "node:path";
import { type Environment, type LogLevel, listenerSettings, readSettings, wholeNumber } from "@biped/listener";
import { z } from "zod";
import type { Config } from "./start.ts";

const required = (rule: string) => ({
  error: ({ input }: { readonly input?: unknown }) => (input === undefined ? `is required; it ${rule}` : rule),
});

const issuerRule = "must be an https URL without query, fragment and trailing slash";
const endpointRule =
  "must be https (or http on a loopback address), a host and perhaps a port, in lower case, without path or trailing slash";
const cloudRule = "must have 1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end";

/** Every setting of this API: its name in the environment, what it may be, and what it is for. */
export const dataExportSettings = z.object({
  BIPED_CLOUD: z
    .string(required(cloudRule))
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, cloudRule)
    .describe("Name of the cloud that this API serves"),
  BIPED_ENDPOINT: z
    .string(required(endpointRule))
    .refine(isEndpoint, endpointRule)
    .describe("Base URL of the cloud, as tokens name it"),
  BIPED_ISSUER: z
    .string(required(issuerRule))
    .refine((text) => URL.canParse(text) && text.startsWith("https:") && !/[?#\s]|\/$/.test(text), issuerRule)
    .describe("The authorization server whose tokens are accepted"),
  BIPED_REVOCATIONS: z
    .enum(["open", "closed"], "must be open or closed")
    .default("open")
    .describe("Without news of revocations for 30 seconds tokens pass (open), or are answered 503 (closed)"),
  BIPED_DATA_DIR: z.string().default(".biped").describe("Directory of all that is kept on the disk"),
  BIPED_DATABASE_URL: z
    .string()
    .regex(/^(?:sqlite:.+|postgres(?:ql)?:\/\/.+)$/s, "must be sqlite:PATH or postgres://…")
    .optional()
    .describe("sqlite:PATH or postgres://… of this API alone; a SQLite file in the data directory if absent"),
  BIPED_EXPORT_DATA_DIR: z
    .string()
    .optional()
    .describe("Directory of the sessions and views; data-export-CLOUD/data in the data directory if absent"),
  BIPED_EXPORT_FILES_DIR: z
    .string()
    .optional()
    .describe("Directory of the exported files; data-export-CLOUD/files in the data directory if absent"),
  BIPED_EXPORT_RUNS_AT_ONCE: wholeNumber(0, 64)
    .default(1)
    .describe("Runs that this process does at once; 0 leaves them to others"),
  BIPED_EXPORT_THREADS: wholeNumber(1, 64).default(2).describe("Threads of one run"),
  BIPED_EXPORT_MEMORY_MEGABYTES: wholeNumber(128, 65_536)
    .default(192)
    .describe("Memory for the rows of one run; its process takes some 150 more"),
  BIPED_EXPORT_PART_MEGABYTES: wholeNumber(1, 4096)
    .default(100)
    .describe("Size from which a file's rest goes into the next part"),
  BIPED_EXPORT_PROJECT_GIGABYTES: wholeNumber(1, 1_000_000)
    .default(100)
    .describe("Files that one project may have; while it has more, its runs fail"),
  BIPED_EXPORT_DELAY_SECONDS: wholeNumber(0, 86_400)
    .default(600)
    .describe("From the end of an hour or a day until its run, so that late data is in"),
  BIPED_EXPORT_CATCH_UP_DAYS: wholeNumber(1, 31)
    .default(7)
    .describe("Hours and days that came due longer ago are not caught up after a standstill"),
  BIPED_HOST: listenerSettings.BIPED_HOST,
  BIPED_PORT: wholeNumber(1, 65_535).default(4001).describe("Port on which to listen"),
  BIPED_METRICS_PORT: wholeNumber(1, 65_535)
    .optional()
    .describe("Port of 127.0.0.1 with GET /metrics for Prometheus; none if absent"),
  BIPED_TRUSTED_PROXIES: listenerSettings.BIPED_TRUSTED_PROXIES,
  BIPED_LOG_LEVEL: listenerSettings.BIPED_LOG_LEVEL,
});

/** Tokens compare it letter by letter; `${endpoint}/v1/exports` must be a URL. */
function isEndpoint(text: string): boolean {
  if (!URL.canParse(text) || new URL(text).origin !== text) return false;
  return text.startsWith("https://") || /^http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(text);
}

const megabyte = 1_000_000;
const minuteSeconds = 60;

/** What is no operator's choice. */
const fixedRunSettings = {
  retryDelaysSeconds: [minuteSeconds, 5 * minuteSeconds, 15 * minuteSeconds, 60 * minuteSeconds],
  leaseMilliseconds: 30_000,
  attemptLimitSeconds: 6 * 60 * minuteSeconds,
  fileLifetimeSeconds: 7 * 86_400,
} as const;

export type Settings = { readonly config: Config; readonly dataDirectory: string; readonly logLevel: LogLevel };

/** @throws MistakenSettings naming every mistake at once. */
export function readConfig(environment: Environment): Settings {
  const data = readSettings(dataExportSettings, environment);
  const own = join(data.BIPED_DATA_DIR, `data-export-${data.BIPED_CLOUD}`);
  return {
    dataDirectory: data.BIPED_DATA_DIR,
    logLevel: data.BIPED_LOG_LEVEL,
    config: {
      cloud: data.BIPED_CLOUD,
      endpoint: data.BIPED_ENDPOINT,
      issuer: data.BIPED_ISSUER,
      revocations: data.BIPED_REVOCATIONS,
      databaseUrl: data.BIPED_DATABASE_URL ?? `sqlite:${own}.db`,
      dataRoot: data.BIPED_EXPORT_DATA_DIR ?? join(own, "data"),
      filesDirectory: data.BIPED_EXPORT_FILES_DIR ?? join(own, "files"),
      engine: {
        memoryBytes: data.BIPED_EXPORT_MEMORY_MEGABYTES * megabyte,
        threads: data.BIPED_EXPORT_THREADS,
      },
      runs: {
        ...fixedRunSettings,
        runsAtOnce: data.BIPED_EXPORT_RUNS_AT_ONCE,
        partBytes: data.BIPED_EXPORT_PART_MEGABYTES * megabyte,
        projectBytes: data.BIPED_EXPORT_PROJECT_GIGABYTES * 1000 * megabyte,
        delaySeconds: data.BIPED_EXPORT_DELAY_SECONDS,
        catchUpSeconds: data.BIPED_EXPORT_CATCH_UP_DAYS * 86_400,
      },
      host: data.BIPED_HOST,
      port: data.BIPED_PORT,
      portSetting: "BIPED_PORT",
      metricsPort: data.BIPED_METRICS_PORT,
      trustedProxies: data.BIPED_TRUSTED_PROXIES,
    },
  };
}
