import { join } from "node:path";
import { type LogLevel, listenerSettings, MistakenSettings, wholeNumber } from "@biped/listener";
import type { Role } from "@biped/management-client";
import { roles } from "@biped/management-client/contract";
import { defaultScopes, type ScopeCatalogue, type SigningAlgorithm, signingAlgorithms } from "@biped/protocol";
import { z } from "zod";
import { exportAdministrationScope, formatScopeCatalogue, parseScopeCatalogue } from "./scopes/scope-catalogue.ts";

/** All that a server is told from outside. Only a `main` reads the environment. */
export type Config = {
  readonly dataDirectory: string;
  /** `sqlite:PATH` or `postgres://…`. */
  readonly databaseUrl: string;
  readonly host: string;
  /** The host as it stands in URLs; where the listeners take every address, the loopback one. */
  readonly reachableHost: string;
  readonly publicPort: number;
  readonly adminPort: number;
  readonly issuer: string;
  readonly consoleUrl: string;
  readonly signingAlgorithm: SigningAlgorithm;
  readonly rsaBits: number;
  readonly signingKeyLifetimeSeconds: number;
  readonly keyEncryptionKeyFile: string | undefined;
  readonly tokensPerSecond: number;
  readonly catalogue: ScopeCatalogue;
  readonly trustedProxies: readonly string[];
  readonly logLevel: LogLevel;
  /** Hosts at which clouds may have their endpoints, with all below them; undefined for any. */
  readonly endpointHosts: readonly string[] | undefined;
  readonly sso: SsoConfig | undefined;
};

/** Sign-in by an OpenID provider. */
export type SsoConfig = {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecretFile: string;
  /** What the button says. */
  readonly name: string;
  readonly roleClaim: string;
  /** By a value of the claim; who has none of them does not get in. */
  readonly roles: ReadonlyMap<string, SsoRole>;
};

export type SsoRole = "platform" | { readonly accountId: number; readonly role: Role };

export const port = wholeNumber(1, 65_535);

/** Issuers are compared letter by letter, so that one has to have its one spelling. */
const baseUrl = z.string().superRefine((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) context.addIssue("must be an http or https URL");
  else if (text.endsWith("/") || text !== `${url.origin}${url.pathname === "/" ? "" : url.pathname}`) {
    const without = "user, query, fragment, usual port (80, 443) and trailing slash";
    context.addIssue(`must have its host in lower case and no ${without}`);
  }
});

/** Of a list in one setting or argument: parted by blanks or commas. */
export const words = (text: string): readonly string[] => text.split(/[\s,]+/).filter((word) => word !== "");

/** `value=platform` or `value=ACCOUNT:ROLE`. A value may hold whatever is neither blank, comma nor `=`. */
function parseSsoRole(word: string): readonly [string, SsoRole] | undefined {
  const [value = "", target = "", ...rest] = word.split("=");
  if (value === "" || rest.length > 0) return undefined;
  if (target === "platform") return [value, target];
  const [account = "", named] = target.split(":");
  const role = roles.find((candidate) => candidate === named);
  return role !== undefined && /^[1-9]\d{0,14}$/.test(account)
    ? [value, { accountId: Number(account), role }]
    : undefined;
}

/** Every setting of a server: its name in the environment, what it may be, and what it is for. */
export const serverSettings = z.object({
  BIPED_DATA_DIR: z.string().default(".biped").describe("Directory of the SQLite files"),
  BIPED_DATABASE_URL: z
    .string()
    .regex(/^(?:sqlite:.+|postgres(?:ql)?:\/\/.+)$/s, "must be sqlite:PATH or postgres://…")
    .optional()
    .describe("sqlite:PATH or postgres://…; a SQLite file in the data directory if absent"),
  BIPED_HOST: listenerSettings.BIPED_HOST,
  BIPED_PUBLIC_PORT: port.default(4000).describe("Port of the public listener"),
  BIPED_ADMIN_PORT: port.default(4010).describe("Port of the admin listener"),
  BIPED_ISSUER: baseUrl.optional().describe("The issuer in tokens and metadata; the public listener's URL if absent"),
  BIPED_CONSOLE_URL: baseUrl
    .optional()
    .describe("Where people reach the console; localhost and the admin port if absent"),
  BIPED_SIGNING_ALG: z
    .enum(signingAlgorithms, `must be one of ${signingAlgorithms.join(", ")}`)
    .default("RS256")
    .describe("Algorithm of new signing keys"),
  BIPED_RSA_BITS: z
    .enum(["2048", "3072", "4096"], "must be 2048, 3072 or 4096")
    .default("2048")
    .transform(Number)
    .describe("Size of new RSA keys"),
  BIPED_KEY_LIFETIME_DAYS: wholeNumber(1, 3650).default(90).describe("Days for which a signing key signs"),
  BIPED_KEK_FILE: z.string().optional().describe("File (mode 0600) with the key that wraps signing keys and pepper"),
  BIPED_TOKENS_PER_SECOND: wholeNumber(0, 1_000_000)
    .default(50)
    .describe("Tokens a second for one credential, with a burst of four seconds' worth; 0 is no limit"),
  BIPED_SCOPES: z
    .string()
    .default(formatScopeCatalogue(defaultScopes))
    .transform((text, context) => {
      const catalogue = parseScopeCatalogue(text);
      if (catalogue === undefined)
        context.addIssue("must be different scope names, =exclusive after one that stands alone");
      else if (catalogue.has(exportAdministrationScope))
        context.addIssue(`must not name ${exportAdministrationScope}, which only the server's own tokens have`);
      return catalogue ?? z.NEVER;
    })
    .describe("All scopes; =exclusive after one that combines with no other"),
  BIPED_ENDPOINT_HOSTS: z
    .string()
    .transform(words)
    .refine((hosts) => hosts.every((host) => /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(host)), "must be host names")
    .optional()
    .describe("Hosts, with all below them, at which clouds may have endpoints; any if absent"),
  BIPED_SSO_ISSUER: z
    .string()
    .refine((text) => URL.canParse(text) && /^https?:/.test(text), "must be an http or https URL, letter by letter")
    .optional()
    .describe("OpenID provider by which administrators may sign in"),
  BIPED_SSO_CLIENT_ID: z.string().optional().describe("What the provider calls this server"),
  BIPED_SSO_CLIENT_SECRET_FILE: z.string().optional().describe("File with the secret that the provider gave"),
  BIPED_SSO_NAME: z.string().max(60).default("Single sign-on").describe("What the sign-in button says"),
  BIPED_SSO_ROLE_CLAIM: z.string().default("groups").describe("Claim of the ID token that tells roles"),
  BIPED_SSO_ROLES: z
    .string()
    .default("")
    .transform((text, context) => {
      const parsed = words(text).map(parseSsoRole);
      const known = parsed.filter((entry) => entry !== undefined);
      if (known.length < parsed.length)
        context.addIssue("must be value=platform or value=ACCOUNT:ROLE, with blanks between");
      return new Map(known);
    })
    .describe("Roles by value of that claim: value=platform or value=ACCOUNT:ROLE, with blanks between"),
  BIPED_TRUSTED_PROXIES: listenerSettings.BIPED_TRUSTED_PROXIES,
  BIPED_LOG_LEVEL: listenerSettings.BIPED_LOG_LEVEL,
});

export function createConfig(settings: z.infer<typeof serverSettings>): Config {
  const dataDirectory = settings.BIPED_DATA_DIR;
  const reachableHost = formatReachableHost(settings.BIPED_HOST);
  return {
    dataDirectory,
    databaseUrl: settings.BIPED_DATABASE_URL ?? `sqlite:${join(dataDirectory, "authorization-server.db")}`,
    host: settings.BIPED_HOST,
    reachableHost,
    publicPort: settings.BIPED_PUBLIC_PORT,
    adminPort: settings.BIPED_ADMIN_PORT,
    issuer: settings.BIPED_ISSUER ?? `http://${reachableHost}:${settings.BIPED_PUBLIC_PORT}`,
    consoleUrl: settings.BIPED_CONSOLE_URL ?? `http://localhost:${settings.BIPED_ADMIN_PORT}`,
    signingAlgorithm: settings.BIPED_SIGNING_ALG,
    rsaBits: settings.BIPED_RSA_BITS,
    signingKeyLifetimeSeconds: settings.BIPED_KEY_LIFETIME_DAYS * 86_400,
    keyEncryptionKeyFile: settings.BIPED_KEK_FILE,
    tokensPerSecond: settings.BIPED_TOKENS_PER_SECOND,
    catalogue: settings.BIPED_SCOPES,
    trustedProxies: settings.BIPED_TRUSTED_PROXIES,
    logLevel: settings.BIPED_LOG_LEVEL,
    endpointHosts: settings.BIPED_ENDPOINT_HOSTS,
    sso: createSsoConfig(settings),
  };
}

/** @throws MistakenSettings where only some of what sign-in by a provider needs is there. */
function createSsoConfig(settings: z.infer<typeof serverSettings>): SsoConfig | undefined {
  const { BIPED_SSO_ISSUER: issuer, BIPED_SSO_CLIENT_ID: clientId } = settings;
  const { BIPED_SSO_CLIENT_SECRET_FILE: clientSecretFile, BIPED_SSO_ROLES: ssoRoles } = settings;
  if (issuer === undefined) return undefined;
  if (clientId === undefined || clientSecretFile === undefined || ssoRoles.size === 0) {
    throw new MistakenSettings(
      "BIPED_SSO_ISSUER needs BIPED_SSO_CLIENT_ID, BIPED_SSO_CLIENT_SECRET_FILE and BIPED_SSO_ROLES beside it",
    );
  }
  const { BIPED_SSO_NAME: name, BIPED_SSO_ROLE_CLAIM: roleClaim } = settings;
  return { issuer, clientId, clientSecretFile, name, roleClaim, roles: ssoRoles };
}

function formatReachableHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
