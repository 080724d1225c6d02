import { isIP } from "node:net";
import { z } from "zod";

/** The settings of every program that listens. */
export const listenerSettings = {
  BIPED_HOST: z
    .string()
    .default("127.0.0.1")
    .refine((text) => isIP(text) !== 0 || text === "localhost", "must be an IP address or localhost")
    .describe("Address on which to listen"),
  BIPED_TRUSTED_PROXIES: z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter((word) => word !== ""))
    .default([])
    .refine((list) => list.every(isAddressRange), "must be IP addresses or CIDR ranges")
    .describe("Proxies whose X-Forwarded-For is believed"),
  BIPED_LOG_LEVEL: z
    .enum(["debug", "info", "warn", "error", "silent"], "must be debug, info, warn, error or silent")
    .default("info")
    .describe("Least severe line that is logged"),
} as const;

/** A setting that is a whole number, in decimal digits. */
export function wholeNumber(min: number, max: number) {
  const rule = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^(?:0|[1-9]\d{0,8})$/, rule)
    .transform(Number)
    .refine((value) => value >= min && value <= max, rule);
}

function isAddressRange(text: string): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || address.includes("%") || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Its message has a line for each wrong setting. */
export class MistakenSettings extends Error {
  override readonly name = "MistakenSettings";
}

/** Reads any table of settings. An empty value counts as absent. @throws MistakenSettings naming every mistake at once. */
export function readSettings<Table extends z.ZodType>(table: Table, environment: Environment): z.infer<Table> {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const read = table.safeParse(present);
  if (read.success) return read.data;
  throw new MistakenSettings(read.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`).join("\n"));
}
