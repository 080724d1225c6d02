import { type Environment, MistakenSettings, readSettings } from "@biped/listener";
import { defaultScopes } from "@biped/protocol";
import { describe, expect, test } from "vitest";
import { createConfig, requireKeySource, serverSettings } from "./config.ts";

const read = (environment: Environment) => createConfig(readSettings(serverSettings, environment));

const mistakesOf = (environment: Environment): readonly string[] => {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof MistakenSettings) return error.message.split("\n");
    throw error;
  }
  return [];
};

test("an empty environment has the defaults of the contract", () => {
  expect(read({})).toEqual({
    dataDirectory: ".biped",
    databaseUrl: "sqlite:.biped/authorization-server.db",
    host: "127.0.0.1",
    reachableHost: "127.0.0.1",
    publicPort: 4000,
    adminPort: 4010,
    issuer: "http://127.0.0.1:4000",
    consoleUrl: "http://localhost:4010",
    signingAlgorithm: "RS256",
    rsaBits: 2048,
    signingKeyLifetimeSeconds: 90 * 86_400,
    keyEncryptionKey: undefined,
    formerKeyEncryptionKeyFile: undefined,
    tokensPerSecond: 50,
    accountTokensPerSecond: 0,
    sharedLimits: undefined,
    snapshotSeconds: 0,
    drainSeconds: 0,
    catalogue: defaultScopes,
    auditMode: "normal",
    tracing: "off",
    trustedProxies: [],
    logLevel: "info",
    endpointHosts: undefined,
    sso: undefined,
  });
});

test("every setting is taken", () => {
  const config = read({
    BIPED_DATA_DIR: "/var/lib/biped",
    BIPED_DATABASE_URL: "postgres://biped@db/biped",
    BIPED_HOST: "0.0.0.0",
    BIPED_PUBLIC_PORT: "8000",
    BIPED_ADMIN_PORT: "8010",
    BIPED_ISSUER: "https://auth.example.com",
    BIPED_CONSOLE_URL: "https://console.example.com",
    BIPED_SIGNING_ALG: "Ed25519",
    BIPED_RSA_BITS: "3072",
    BIPED_KEY_LIFETIME_DAYS: "1",
    BIPED_KEK_FILE: "/run/kek",
    BIPED_FORMER_KEK_FILE: "/run/former-kek",
    BIPED_TOKENS_PER_SECOND: "0",
    BIPED_ACCOUNT_TOKENS_PER_SECOND: "200",
    BIPED_SHARED_LIMITS: "rediss://limits.example.com:6380/1",
    BIPED_SNAPSHOT_SECONDS: "0",
    BIPED_DRAIN_SECONDS: "60",
    BIPED_SCOPES: "a b=exclusive",
    BIPED_AUDIT_MODE: "strict",
    BIPED_TRACING: "on",
    BIPED_TRUSTED_PROXIES: "10.0.0.0/8, 192.0.2.7 2001:db8::/32\n::1",
    BIPED_LOG_LEVEL: "warn",
    BIPED_ENDPOINT_HOSTS: "api.example.com, example.net",
    BIPED_SSO_ISSUER: "https://id.example.com",
    BIPED_SSO_CLIENT_ID: "biped",
    BIPED_SSO_CLIENT_SECRET_FILE: "/run/sso",
    BIPED_SSO_NAME: "Example ID",
    BIPED_SSO_ROLE_CLAIM: "roles",
    BIPED_SSO_ROLES: "ops=platform, support=1:viewer billing=2:owner",
  });
  expect({
    ...config,
    catalogue: [...config.catalogue.values()].map(({ name, exclusive }) => [name, exclusive]),
  }).toEqual({
    dataDirectory: "/var/lib/biped",
    databaseUrl: "postgres://biped@db/biped",
    host: "0.0.0.0",
    reachableHost: "127.0.0.1",
    publicPort: 8000,
    adminPort: 8010,
    issuer: "https://auth.example.com",
    consoleUrl: "https://console.example.com",
    signingAlgorithm: "Ed25519",
    rsaBits: 3072,
    signingKeyLifetimeSeconds: 86_400,
    keyEncryptionKey: { kind: "file", path: "/run/kek" },
    formerKeyEncryptionKeyFile: "/run/former-kek",
    tokensPerSecond: 0,
    accountTokensPerSecond: 200,
    sharedLimits: { redisUrl: "rediss://limits.example.com:6380/1" },
    snapshotSeconds: 0,
    drainSeconds: 60,
    catalogue: [
      ["a", false],
      ["b", true],
    ],
    auditMode: "strict",
    tracing: "on",
    trustedProxies: ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "::1"],
    logLevel: "warn",
    endpointHosts: ["api.example.com", "example.net"],
    sso: {
      issuer: "https://id.example.com",
      clientId: "biped",
      clientSecretFile: "/run/sso",
      name: "Example ID",
      roleClaim: "roles",
      roles: new Map<string, unknown>([
        ["ops", "platform"],
        ["support", { accountId: 1, role: "viewer" }],
        ["billing", { accountId: 2, role: "owner" }],
      ]),
    },
  });
});

describe("the key-encryption key", () => {
  const text = Buffer.alloc(32, 7).toString("base64");
  const token = "module=/usr/lib/softhsm/libsofthsm2.so;token=biped;key=kek=1;pin-file=/run/pin";

  test.each([
    [{ BIPED_KEK_FILE: "/run/kek" }, { kind: "file", path: "/run/kek" }],
    [{ BIPED_KEK_CREDENTIAL: "biped-kek" }, { kind: "credential", name: "biped-kek" }],
    [{ BIPED_KEK: text }, { kind: "text", text }],
    [
      { BIPED_KEK_PKCS11: token },
      {
        kind: "token",
        modulePath: "/usr/lib/softhsm/libsofthsm2.so",
        tokenLabel: "biped",
        keyLabel: "kek=1",
        pinFile: "/run/pin",
      },
    ],
  ])("%j says where it is", (environment, source) => {
    expect(read(environment).keyEncryptionKey).toEqual(source);
  });

  test("two of its settings, or none where one is needed: all are named, and no value", () => {
    const names = "BIPED_KEK_FILE, BIPED_KEK_CREDENTIAL, BIPED_KEK and BIPED_KEK_PKCS11";
    expect(mistakesOf({ BIPED_KEK_FILE: "/run/kek", BIPED_KEK: text })).toEqual([`Only one of ${names} may be set.`]);
    expect(() => requireKeySource(read({}))).toThrow(
      new MistakenSettings(`One of ${names} must be set. Make a key with: biped-server keys create-kek FILE`),
    );
  });

  test.each([
    ["BIPED_KEK_CREDENTIAL", "../kek", "must be the name of a credential of systemd"],
    ["BIPED_KEK", "canary", "must be 32 bytes in base64"],
    ["BIPED_KEK_PKCS11", "module=canary", "must be module=PATH;token=LABEL;key=LABEL;pin-file=PATH"],
    ["BIPED_KEK_PKCS11", `${token};slot=1`, "must be module=PATH;token=LABEL;key=LABEL;pin-file=PATH"],
  ])("%s=%s: refused, and the value is not repeated", (name, value, rule) => {
    expect(mistakesOf({ [name]: value })).toEqual([`${name} ${rule}`]);
  });
});

test("an empty value counts as absent, for every setting; what is not ours is not looked at", () => {
  const empty = Object.fromEntries(Object.keys(serverSettings.shape).map((name) => [name, ""]));
  expect(read({ ...empty, PATH: "x", BIPED_FUTURE: "y" })).toEqual(read({}));
  expect(read({ BIPED_PUBLIC_PORT: undefined })).toEqual(read({}));
});

test("limits are shared in the database of the nodes only where it is PostgreSQL", () => {
  const shared = { BIPED_SHARED_LIMITS: "postgres" };
  expect(read({ ...shared, BIPED_DATABASE_URL: "postgres://biped@db/biped" }).sharedLimits).toBe("postgres");
  const mistake = "BIPED_SHARED_LIMITS is postgres, but BIPED_DATABASE_URL is not";
  expect(mistakesOf(shared)).toEqual([mistake]);
  expect(mistakesOf({ ...shared, BIPED_DATABASE_URL: "sqlite:biped.db" })).toEqual([mistake]);
});

test.each([
  ["127.0.0.1", "127.0.0.1"],
  ["0.0.0.0", "127.0.0.1"],
  ["::", "127.0.0.1"],
  ["::1", "[::1]"],
  ["localhost", "localhost"],
])("the default issuer of a server on %s names %s and the port", (host, reachable) => {
  const config = read({ BIPED_HOST: host, BIPED_PUBLIC_PORT: "8000", BIPED_ADMIN_PORT: "8010" });
  expect([config.issuer, config.consoleUrl]).toEqual([`http://${reachable}:8000`, "http://localhost:8010"]);
});

describe("a snapshot", () => {
  const [url, snapshot] = [{ BIPED_DATABASE_URL: "postgres://biped@db/biped" }, { BIPED_SNAPSHOT_SECONDS: "900" }];

  test("of PostgreSQL may serve for so many seconds", () => {
    expect(read({ ...url, ...snapshot }).snapshotSeconds).toBe(900);
  });

  test.each([
    ["a SQLite file, which is in the same machine", snapshot, "BIPED_DATABASE_URL is not of PostgreSQL"],
    [
      "the audit mode strict",
      { ...url, ...snapshot, BIPED_AUDIT_MODE: "strict" },
      "with BIPED_AUDIT_MODE strict no token leaves without the database",
    ],
  ])("is of no use with %s", (_name, environment, reason) => {
    expect(mistakesOf(environment)).toEqual([`BIPED_SNAPSHOT_SECONDS is set, but ${reason}`]);
  });
});

test("every mistake is named at once, each on a line with its setting, and no value is repeated", () => {
  const mistakes = mistakesOf({
    BIPED_DATABASE_URL: "mysql://canary",
    BIPED_HOST: "canary.example",
    BIPED_PUBLIC_PORT: "canary",
    BIPED_ADMIN_PORT: "65536",
    BIPED_ISSUER: "canary",
    BIPED_CONSOLE_URL: "ftp://canary",
    BIPED_SIGNING_ALG: "canary",
    BIPED_RSA_BITS: "1024",
    BIPED_KEY_LIFETIME_DAYS: "0",
    BIPED_TOKENS_PER_SECOND: "-1",
    BIPED_ACCOUNT_TOKENS_PER_SECOND: "canary",
    BIPED_SHARED_LIMITS: "canary",
    BIPED_SNAPSHOT_SECONDS: "86401",
    BIPED_DRAIN_SECONDS: "61",
    BIPED_SCOPES: "canary canary",
    BIPED_AUDIT_MODE: "canary",
    BIPED_TRACING: "canary",
    BIPED_TRUSTED_PROXIES: "canary",
    BIPED_LOG_LEVEL: "canary",
  });
  expect(mistakes).toEqual([
    "BIPED_DATABASE_URL must be sqlite:PATH or postgres://…",
    "BIPED_HOST must be an IP address or localhost",
    "BIPED_PUBLIC_PORT must be a whole number from 1 to 65535",
    "BIPED_ADMIN_PORT must be a whole number from 1 to 65535",
    "BIPED_ISSUER must be an http or https URL",
    "BIPED_CONSOLE_URL must be an http or https URL",
    "BIPED_SIGNING_ALG must be one of RS256, ES256, Ed25519",
    "BIPED_RSA_BITS must be 2048, 3072 or 4096",
    "BIPED_KEY_LIFETIME_DAYS must be a whole number from 1 to 3650",
    "BIPED_TOKENS_PER_SECOND must be a whole number from 0 to 1000000",
    "BIPED_ACCOUNT_TOKENS_PER_SECOND must be a whole number from 0 to 1000000",
    "BIPED_SHARED_LIMITS must be postgres, redis://… or rediss://…",
    "BIPED_SNAPSHOT_SECONDS must be a whole number from 0 to 86400",
    "BIPED_DRAIN_SECONDS must be a whole number from 0 to 60",
    "BIPED_SCOPES must be different scope names, =exclusive after one that stands alone",
    "BIPED_AUDIT_MODE must be normal or strict",
    "BIPED_TRACING must be off or on",
    "BIPED_TRUSTED_PROXIES must be IP addresses or CIDR ranges",
    "BIPED_LOG_LEVEL must be debug, info, warn, error or silent",
  ]);
});

test("the scope of the admin listener's own tokens cannot be configured, so that no credential can own it", () => {
  expect(mistakesOf({ BIPED_SCOPES: "data-export data-export-administration" })).toEqual([
    "BIPED_SCOPES must not name data-export-administration, which only the server's own tokens have",
  ]);
});

describe("a value that is nearly right", () => {
  test.each([
    ...["0", "65536", "4e3", "0x10", " 80", "80 ", "80.0", "+80", "-80", "١"].map((value) => [
      "BIPED_PUBLIC_PORT",
      value,
    ]),
    ...["rs256", "EdDSA", "HS256", "none"].map((value) => ["BIPED_SIGNING_ALG", value]),
    ...["sqlite:", "sqlite", "postgres://", "POSTGRES://db"].map((value) => ["BIPED_DATABASE_URL", value]),
    ...["*", "127.1", "example.com", "[::1]"].map((value) => ["BIPED_HOST", value]),
    ...["1000001", "10.5"].map((value) => ["BIPED_TOKENS_PER_SECOND", value]),
    ...[
      "999.1.1.1",
      "10.0.0.0/33",
      "::/129",
      "10.0.0.0/",
      "10.0.0.0/8/8",
      "10.0.0.0/-1",
      "fe80::1%eth0",
      "loopback",
    ].map((value) => ["BIPED_TRUSTED_PROXIES", value]),
  ] as [string, string][])("%s: %j stops the start", (name, value) => {
    const mistakes = mistakesOf({ [name]: value });
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toMatch(new RegExp(`^${name} must `));
  });
});

describe("an issuer has one spelling", () => {
  test.each([
    "https://auth.example.com",
    "https://auth.example.com:8443",
    "http://127.0.0.1:4000",
    "http://[::1]:4000",
    "https://example.com/biped",
    "https://example.com/Biped/v1",
  ])("%s", (issuer) => {
    expect(read({ BIPED_ISSUER: issuer }).issuer).toBe(issuer);
  });

  test.each([
    "https://auth.example.com/",
    "https://example.com/biped/",
    "https://Auth.example.com",
    "HTTPS://auth.example.com",
    "https://auth.example.com:443",
    "http://auth.example.com:80",
    "https://user@auth.example.com",
    "https://user:password@auth.example.com",
    "https://auth.example.com?a",
    "https://auth.example.com#a",
    "https://auth.example.com?",
    "https://example.com/a/../b",
    " https://auth.example.com",
    "https://auth.example.com\n",
    "https:auth.example.com",
    "https:\\\\auth.example.com",
    "auth.example.com",
    "javascript:alert(1)",
  ])("not %j", (issuer) => {
    expect(mistakesOf({ BIPED_ISSUER: issuer })).toEqual([expect.stringMatching(/^BIPED_ISSUER must /)]);
    expect(mistakesOf({ BIPED_CONSOLE_URL: issuer })).toEqual([expect.stringMatching(/^BIPED_CONSOLE_URL must /)]);
  });
});

test.each([
  ["ops", "no role"],
  ["ops=root", "an unknown role"],
  ["ops=1:boss", "an unknown role in an account"],
  ["ops=0:viewer", "no account"],
  ["=platform", "no value"],
  ["a=b=platform", "two values"],
])("BIPED_SSO_ROLES %j is refused: %s", (text) => {
  expect(mistakesOf({ BIPED_SSO_ROLES: text })).toEqual([
    "BIPED_SSO_ROLES must be value=platform or value=ACCOUNT:ROLE, with blanks between",
  ]);
});

test("a provider without the settings beside it is refused: nobody could sign in, or anybody", () => {
  const complete = {
    BIPED_SSO_ISSUER: "https://id.example.com",
    BIPED_SSO_CLIENT_ID: "biped",
    BIPED_SSO_CLIENT_SECRET_FILE: "/run/sso",
    BIPED_SSO_ROLES: "ops=platform",
  };
  expect(mistakesOf(complete)).toEqual([]);
  for (const name of Object.keys(complete).slice(1)) {
    expect(mistakesOf({ ...complete, [name]: "" })).toEqual([
      "BIPED_SSO_ISSUER needs BIPED_SSO_CLIENT_ID, BIPED_SSO_CLIENT_SECRET_FILE and BIPED_SSO_ROLES beside it",
    ]);
  }
});
