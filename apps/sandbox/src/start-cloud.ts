import { join } from "node:path";
import { type DataExportApi, type Surroundings, start } from "@biped/data-export-api";
import type { SandboxCloud, SandboxConfig } from "./config.ts";

const engine = { memoryBytes: 192_000_000, threads: 2 };

/**
 * As in production, but that runs neither wait for late data, which there is not, nor long after a failure, and that a
 * clock moved by weeks leaves the hours of one day to be done.
 */
const runs = {
  runsAtOnce: 1,
  delaySeconds: 0,
  catchUpSeconds: 86_400,
  retryDelaysSeconds: [5, 30, 120],
  leaseMilliseconds: 30_000,
  attemptLimitSeconds: 3600,
  partBytes: 100_000_000,
  projectBytes: 10_000_000_000,
  fileLifetimeSeconds: 7 * 86_400,
};

/** The Data Export API of one cloud. */
export function startCloud(
  cloud: SandboxCloud,
  { server }: SandboxConfig,
  surroundings: Omit<Surroundings, "guardMode">,
): Promise<DataExportApi> {
  const own = join(server.dataDirectory, `data-export-${cloud.name}`);
  const config = {
    databaseUrl: `sqlite:${own}.db`,
    dataRoot: join(own, "data"),
    filesDirectory: join(own, "files"),
    engine,
    runs,
    host: server.host,
    port: cloud.port,
    portSetting: "BIPED_CLOUD_PORTS",
    issuer: server.issuer,
    revocations: "open" as const,
    endpoint: cloud.endpoint,
    cloud: cloud.name,
    trustedProxies: server.trustedProxies,
  };
  return start(config, { ...surroundings, guardMode: "sandbox" });
}
