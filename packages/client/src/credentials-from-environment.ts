import type { ClientOptions } from "./client-options.ts";
import { readPositive } from "./read-options.ts";

type Environment = { readonly [name: string]: string | undefined };

/** Node's, which Bun and Deno have as well; browsers and some workers do not. */
declare const process: { readonly env: Environment } | undefined;

/**
 * The options that name a credential, from `BIPED_AUTH_URL`, `BIPED_CLIENT_ID`, `BIPED_CLIENT_SECRET`, `BIPED_SCOPE`,
 * and where set `BIPED_PROJECT_ID` and `BIPED_ALLOWED_HOSTS` (separated by commas).
 * @param environment Without it, the environment of the process, where the runtime has one.
 * @throws {TypeError} variables are missing or wrong; all that are missing are named, none is shown.
 */
export function credentialsFromEnvironment(
  environment: Environment = (typeof process === "object" && process.env) || {},
): Pick<ClientOptions, "authUrl" | "clientId" | "clientSecret" | "scope" | "projectId" | "allowedHosts"> {
  const read = (name: string): string => environment[`BIPED_${name}`]?.trim() ?? "";
  const needed = ["AUTH_URL", "CLIENT_ID", "CLIENT_SECRET", "SCOPE"];
  const missing = needed.filter((name) => !read(name)).map((name) => `BIPED_${name}`);
  if (missing.length > 0) throw new TypeError(`Missing in the environment: ${missing.join(", ")}.`);
  const [authUrl = "", clientId = "", clientSecret = "", scope = ""] = needed.map(read);
  const project = read("PROJECT_ID");
  const hosts = read("ALLOWED_HOSTS");
  return {
    authUrl,
    clientId,
    clientSecret,
    scope,
    projectId: project ? readPositive("BIPED_PROJECT_ID", /^\d+$/.test(project) && Number(project)) : undefined,
    allowedHosts: hosts ? hosts.split(/\s*,\s*/) : undefined,
  };
}
