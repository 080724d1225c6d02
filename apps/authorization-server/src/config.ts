import { join } from "node:path";
import { type LogLevel, listenerSettings, MistakenSettings, wholeNumber } from "@biped/listener";
import type { Role } from "@biped/management-client";
import { roles } from "@biped/management-client/contract";
import { defaultScopes, type ScopeCatalogue, type SigningAlgorithm, signingAlgorithms } from "@biped/protocol";
import { z } from "zod";
import { exportAdministrationScope, formatScopeCatalogue, parseScopeCatalogue } from "./scopes/scope-catalogue.ts";
import type { KeyEncryptionKeySource } from "./signing/open-key-encryption-key.ts";
import type { TokenKey } from "./signing/token-key.ts";

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
  readonly keyEncryptionKey: KeyEncryptionKeySource | undefined;
  /** Of the key that is being replaced: it opens what is not wrapped anew yet. */
  readonly formerKeyEncryptionKeyFile: string | undefined;
  readonly tokensPerSecond: number;
  readonly accountTokensPerSecond: number;
  readonly sharedLimits: SharedLimits;
  /** So long after the store was last heard of a copy of it may still allow tokens; 0 where none is kept. */
  readonly snapshotSeconds: number;
  /** For so long a server that was told to stop still serves whoever comes. */
  readonly drainSeconds: number;
  readonly catalogue: ScopeCatalogue;
  /** whether a token waits until the record of its issue is durable. */
  readonly auditMode: "normal" | "strict";
  readonly tracing: "off" | "on";
  readonly trustedProxies: readonly string[];
  readonly logLevel: LogLevel;
  /** Hosts at which clouds may have their endpoints, with all below them; undefined for any. */
  readonly endpointHosts: readonly string[] | undefined;
  readonly sso: SsoConfig | undefined;
};

/** Where nodes tell one another of failures and spent tokens; undefined where each node counts alone. */
export type SharedLimits = "postgres" | { readonly redisUrl: string } | undefined;

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

function isSharedLimits(text: string): boolean {
  return text === "postgres" || (/^rediss?:\/\/./.test(text) && URL.canParse(text));
}

const keySettings = "BIPED_KEK_FILE, BIPED_KEK_CREDENTIAL, BIPED_KEK and BIPED_KEK_PKCS11";

function parseTokenKey(text: string): TokenKey | undefined {
  const members = new Map(text.split(";").map((member) => splitAt(member, "=")));
  const [modulePath, tokenLabel] = [members.get("module"), members.get("token")];
  const [keyLabel, pinFile] = [members.get("key"), members.get("pin-file")];
  if (!modulePath || !tokenLabel || !keyLabel || !pinFile || members.size > 4) return undefined;
  return { modulePath, tokenLabel, keyLabel, pinFile };
}

function splitAt(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

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
  BIPED_KEK_CREDENTIAL: z
    .string()
    .regex(/^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/, "must be the name of a credential of systemd")
    .optional()
    .describe("Instead: the name under which systemd hands that key to the unit"),
  BIPED_KEK: z
    .string()
    .regex(/^[A-Za-z0-9+/]{43}=$/, "must be 32 bytes in base64")
    .optional()
    .describe("Instead: that key itself, where no file can be; whoever may read the process's environment has it"),
  BIPED_KEK_PKCS11: z
    .string()
    .transform((text, context) => {
      const token = parseTokenKey(text);
      if (token === undefined) context.addIssue("must be module=PATH;token=LABEL;key=LABEL;pin-file=PATH");
      return token ?? z.NEVER;
    })
    .optional()
    .describe("Instead: where in a token (PKCS #11) that key is, which it never leaves"),
  BIPED_FORMER_KEK_FILE: z.string().optional().describe("File with the key that is being replaced, until it is"),
  BIPED_TOKENS_PER_SECOND: wholeNumber(0, 1_000_000)
    .default(50)
    .describe("Tokens a second for one credential, with a burst of four seconds' worth; 0 is no limit"),
  BIPED_ACCOUNT_TOKENS_PER_SECOND: wholeNumber(0, 1_000_000)
    .default(0)
    .describe("Tokens a second for all credentials of one account, with the same burst; 0 is no limit"),
  BIPED_SHARED_LIMITS: z
    .string()
    .refine(isSharedLimits, "must be postgres, redis://… or rediss://…")
    .optional()
    .describe("Where several nodes count together: postgres (their database) or the URL of a Valkey or Redis"),
  BIPED_SNAPSHOT_SECONDS: wholeNumber(0, 86_400)
    .default(0)
    .describe("Seconds for which tokens are issued from a copy while PostgreSQL is away; 0 keeps none"),
  BIPED_DRAIN_SECONDS: wholeNumber(0, 60)
    .default(0)
    .describe("Seconds for which a server that stops says so and still serves, for its balancer to notice"),
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
  BIPED_AUDIT_MODE: z
    .enum(["normal", "strict"], "must be normal or strict")
    .default("normal")
    .describe("With strict no token leaves before the database has its record"),
  BIPED_TRACING: z
    .enum(["off", "on"], "must be off or on")
    .default("off")
    .describe("With on spans go to the OpenTelemetry SDK that was loaded with --import"),
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
    keyEncryptionKey: createKeySource(settings),
    formerKeyEncryptionKeyFile: settings.BIPED_FORMER_KEK_FILE,
    tokensPerSecond: settings.BIPED_TOKENS_PER_SECOND,
    accountTokensPerSecond: settings.BIPED_ACCOUNT_TOKENS_PER_SECOND,
    sharedLimits: createSharedLimits(settings),
    snapshotSeconds: createSnapshotSeconds(settings),
    drainSeconds: settings.BIPED_DRAIN_SECONDS,
    catalogue: settings.BIPED_SCOPES,
    auditMode: settings.BIPED_AUDIT_MODE,
    tracing: settings.BIPED_TRACING,
    trustedProxies: settings.BIPED_TRUSTED_PROXIES,
    logLevel: settings.BIPED_LOG_LEVEL,
    endpointHosts: settings.BIPED_ENDPOINT_HOSTS,
    sso: createSsoConfig(settings),
  };
}

/** @throws MistakenSettings where there is no PostgreSQL to count in. */
function createSharedLimits(settings: z.infer<typeof serverSettings>): SharedLimits {
  const { BIPED_SHARED_LIMITS: shared, BIPED_DATABASE_URL: databaseUrl = "sqlite:" } = settings;
  if (shared === undefined) return undefined;
  if (shared !== "postgres") return { redisUrl: shared };
  if (databaseUrl.startsWith("postgres")) return shared;
  throw new MistakenSettings("BIPED_SHARED_LIMITS is postgres, but BIPED_DATABASE_URL is not");
}

/** @throws MistakenSettings where a copy would be of no use. */
function createSnapshotSeconds(settings: z.infer<typeof serverSettings>): number {
  const { BIPED_SNAPSHOT_SECONDS: seconds, BIPED_DATABASE_URL: databaseUrl = "sqlite:" } = settings;
  if (seconds === 0) return seconds;
  if (settings.BIPED_AUDIT_MODE === "strict") {
    throw new MistakenSettings(
      "BIPED_SNAPSHOT_SECONDS is set, but with BIPED_AUDIT_MODE strict no token leaves without the database",
    );
  }
  if (databaseUrl.startsWith("postgres")) return seconds;
  throw new MistakenSettings("BIPED_SNAPSHOT_SECONDS is set, but BIPED_DATABASE_URL is not of PostgreSQL");
}

/** Exactly one of them; a command that needs no key may be without. @throws MistakenSettings for more than one. */
function createKeySource(settings: z.infer<typeof serverSettings>): KeyEncryptionKeySource | undefined {
  const { BIPED_KEK_FILE: path, BIPED_KEK_CREDENTIAL: name, BIPED_KEK: text, BIPED_KEK_PKCS11: token } = settings;
  const [source, ...others] = [
    path === undefined ? [] : [{ kind: "file", path } as const],
    name === undefined ? [] : [{ kind: "credential", name } as const],
    text === undefined ? [] : [{ kind: "text", text } as const],
    token === undefined ? [] : [{ kind: "token", ...token } as const],
  ].flat();
  if (others.length > 0) throw new MistakenSettings(`Only one of ${keySettings} may be set.`);
  return source;
}

/** @throws MistakenSettings where none is set. */
export function requireKeySource({ keyEncryptionKey }: Config): KeyEncryptionKeySource {
  if (keyEncryptionKey !== undefined) return keyEncryptionKey;
  const way = "Make a key with: biped-server keys create-kek FILE";
  throw new MistakenSettings(`One of ${keySettings} must be set. ${way}`);
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
