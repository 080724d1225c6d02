import { join } from "node:path";
import { type Environment, type LogLevel, listenerSettings, readSettings } from "@biped/listener";
import { z } from "zod";
import type { Config } from "./start.ts";

const required = (rule: string) => ({
  error: ({ input }: { readonly input?: unknown }) => (input === undefined ? `is required; it ${rule}` : rule),
});

const issuerRule = "must be an https URL without query, fragment and trailing slash";
const endpointRule =
  "must be https (or http on a loopback address), a host and perhaps a port, in lower case, without path or trailing slash";
const cloudRule = "must have 1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end";
const portRule = "must be a whole number from 1 to 65535";

/** Every setting of this API: its name in the environment, what it may be, and what it is for. */
const settings = z.object({
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
  BIPED_DATA_DIR: z.string().default(".biped").describe("Directory of the SQLite file"),
  BIPED_DATABASE_URL: z
    .string()
    .regex(/^(?:sqlite:.+|postgres(?:ql)?:\/\/.+)$/s, "must be sqlite:PATH or postgres://…")
    .optional()
    .describe("sqlite:PATH or postgres://… of this API alone; a SQLite file in the data directory if absent"),
  BIPED_HOST: listenerSettings.BIPED_HOST,
  BIPED_PORT: z
    .string()
    .regex(/^[1-9]\d{0,4}$/, portRule)
    .transform(Number)
    .refine((value) => value <= 65_535, portRule)
    .default(4001)
    .describe("Port on which to listen"),
  BIPED_TRUSTED_PROXIES: listenerSettings.BIPED_TRUSTED_PROXIES,
  BIPED_LOG_LEVEL: listenerSettings.BIPED_LOG_LEVEL,
});

/** Tokens compare it letter by letter; `${endpoint}/v1/exports` must be a URL. */
function isEndpoint(text: string): boolean {
  if (!URL.canParse(text) || new URL(text).origin !== text) return false;
  return text.startsWith("https://") || /^http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(text);
}

export type Settings = { readonly config: Config; readonly dataDirectory: string; readonly logLevel: LogLevel };

/** @throws MistakenSettings naming every mistake at once. */
export function readConfig(environment: Environment): Settings {
  const data = readSettings(settings, environment);
  const file = join(data.BIPED_DATA_DIR, `data-export-${data.BIPED_CLOUD}.db`);
  return {
    dataDirectory: data.BIPED_DATA_DIR,
    logLevel: data.BIPED_LOG_LEVEL,
    config: {
      cloud: data.BIPED_CLOUD,
      endpoint: data.BIPED_ENDPOINT,
      issuer: data.BIPED_ISSUER,
      databaseUrl: data.BIPED_DATABASE_URL ?? `sqlite:${file}`,
      host: data.BIPED_HOST,
      port: data.BIPED_PORT,
      portSetting: "BIPED_PORT",
      trustedProxies: data.BIPED_TRUSTED_PROXIES,
    },
  };
}
