import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

const needed = {
  BIPED_CLOUD: "aws-eu-west-1",
  BIPED_ENDPOINT: "https://api.eu-west-1.example.com",
  BIPED_ISSUER: "https://auth.example.com",
};

const runs = {
  retryDelaysSeconds: [60, 300, 900, 3600],
  leaseMilliseconds: 30_000,
  attemptLimitSeconds: 21_600,
  fileLifetimeSeconds: 604_800,
};

test("the three that must be given are enough", () => {
  expect(readConfig({ ...needed, PATH: "/bin", BIPED_PORT: "" })).toStrictEqual({
    dataDirectory: ".biped",
    logLevel: "info",
    config: {
      cloud: "aws-eu-west-1",
      endpoint: "https://api.eu-west-1.example.com",
      issuer: "https://auth.example.com",
      revocations: "open",
      databaseUrl: "sqlite:.biped/data-export-aws-eu-west-1.db",
      dataRoot: ".biped/data-export-aws-eu-west-1/data",
      filesDirectory: ".biped/data-export-aws-eu-west-1/files",
      engine: { memoryBytes: 192_000_000, threads: 2 },
      runs: {
        ...runs,
        runsAtOnce: 1,
        partBytes: 100_000_000,
        projectBytes: 100_000_000_000,
        delaySeconds: 600,
        catchUpSeconds: 604_800,
      },
      host: "127.0.0.1",
      port: 4001,
      portSetting: "BIPED_PORT",
      metricsPort: undefined,
      trustedProxies: [],
    },
  });
});

test("every setting is taken as it was given", () => {
  const given = {
    ...needed,
    BIPED_ENDPOINT: "http://127.0.0.1:4002",
    BIPED_ISSUER: "https://auth.example.com/tenant",
    BIPED_REVOCATIONS: "closed",
    BIPED_DATA_DIR: "/var/lib/biped",
    BIPED_DATABASE_URL: "postgres://biped@db.example.com/exports",
    BIPED_EXPORT_DATA_DIR: "/mnt/bucket",
    BIPED_EXPORT_FILES_DIR: "/mnt/files",
    BIPED_EXPORT_RUNS_AT_ONCE: "0",
    BIPED_EXPORT_THREADS: "4",
    BIPED_EXPORT_MEMORY_MEGABYTES: "1024",
    BIPED_EXPORT_PART_MEGABYTES: "1",
    BIPED_EXPORT_PROJECT_GIGABYTES: "2",
    BIPED_EXPORT_DELAY_SECONDS: "0",
    BIPED_EXPORT_CATCH_UP_DAYS: "31",
    BIPED_HOST: "::1",
    BIPED_PORT: "65535",
    BIPED_METRICS_PORT: "9400",
    BIPED_TRUSTED_PROXIES: "192.0.2.1, 2001:db8::/32",
    BIPED_LOG_LEVEL: "warn",
  };
  expect(readConfig(given)).toStrictEqual({
    dataDirectory: "/var/lib/biped",
    logLevel: "warn",
    config: {
      cloud: "aws-eu-west-1",
      endpoint: "http://127.0.0.1:4002",
      issuer: "https://auth.example.com/tenant",
      revocations: "closed",
      databaseUrl: "postgres://biped@db.example.com/exports",
      dataRoot: "/mnt/bucket",
      filesDirectory: "/mnt/files",
      engine: { memoryBytes: 1_024_000_000, threads: 4 },
      runs: {
        ...runs,
        runsAtOnce: 0,
        partBytes: 1_000_000,
        projectBytes: 2_000_000_000,
        delaySeconds: 0,
        catchUpSeconds: 2_678_400,
      },
      host: "::1",
      port: 65_535,
      portSetting: "BIPED_PORT",
      metricsPort: 9400,
      trustedProxies: ["192.0.2.1", "2001:db8::/32"],
    },
  });
});

test("every mistake is named at once", () => {
  const wrong = {
    BIPED_CLOUD: "-aws",
    BIPED_ENDPOINT: "https://api.example.com/",
    BIPED_REVOCATIONS: "shut",
    BIPED_DATABASE_URL: "mysql://db",
    BIPED_EXPORT_RUNS_AT_ONCE: "65",
    BIPED_EXPORT_MEMORY_MEGABYTES: "64",
    BIPED_EXPORT_DELAY_SECONDS: "-1",
    BIPED_HOST: "example.com",
    BIPED_PORT: "65536",
    BIPED_TRUSTED_PROXIES: "192.0.2.0/33",
    BIPED_LOG_LEVEL: "loud",
  };
  expect(() => readConfig(wrong)).toThrow(
    [
      "BIPED_CLOUD must have 1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end",
      "BIPED_ENDPOINT must be https (or http on a loopback address), a host and perhaps a port, in lower case, without path or trailing slash",
      "BIPED_ISSUER is required; it must be an https URL without query, fragment and trailing slash",
      "BIPED_REVOCATIONS must be open or closed",
      "BIPED_DATABASE_URL must be sqlite:PATH or postgres://…",
      "BIPED_EXPORT_RUNS_AT_ONCE must be a whole number from 0 to 64",
      "BIPED_EXPORT_MEMORY_MEGABYTES must be a whole number from 128 to 65536",
      "BIPED_EXPORT_DELAY_SECONDS must be a whole number from 0 to 86400",
      "BIPED_HOST must be an IP address or localhost",
      "BIPED_PORT must be a whole number from 1 to 65535",
      "BIPED_TRUSTED_PROXIES must be IP addresses or CIDR ranges",
      "BIPED_LOG_LEVEL must be debug, info, warn, error or silent",
    ].join("\n"),
  );
});

test.each(["http://auth.example.com", "https://auth.example.com/", "https://auth.example.com?x=1", "auth"])(
  "BIPED_ISSUER cannot be %s",
  (issuer) => {
    expect(() => readConfig({ ...needed, BIPED_ISSUER: issuer })).toThrow(/^BIPED_ISSUER must be an https URL/);
  },
);

test.each(["http://api.example.com", "https://API.example.com", "https://api.example.com:443", "https://u@h.example"])(
  "BIPED_ENDPOINT cannot be %s",
  (endpoint) => {
    expect(() => readConfig({ ...needed, BIPED_ENDPOINT: endpoint })).toThrow(/^BIPED_ENDPOINT must be https/);
  },
);
