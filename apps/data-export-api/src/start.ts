import { StoreUnavailable } from "@biped/database";
import { createGuard, type GuardEvent, type GuardOptions } from "@biped/guard";
import { createListener, type Log } from "@biped/listener";
import { createRoutes } from "./app.ts";
import { openStorage } from "./storage/sql-storage.ts";
import type { Storage } from "./storage/storage.ts";

export type Config = {
  /** The cloud that this API serves; the name of its listener in the log. */
  readonly cloud: string;
  /** Base URL of the cloud, as tokens name it. */
  readonly endpoint: string;
  /** The authorization server whose tokens are accepted. */
  readonly issuer: string;
  /** `sqlite:PATH` or `postgres://…`. */
  readonly databaseUrl: string;
  readonly host: string;
  readonly port: number;
  /** The setting by which another port is chosen, for the message where this one is taken. */
  readonly portSetting: string;
  readonly trustedProxies: readonly string[];
};

export type Surroundings = {
  /** The wall clock, in epoch seconds. */
  readonly nowSeconds: () => number;
  /** How the issuer is asked for its keys; Node's own if absent. */
  readonly fetch?: NonNullable<GuardOptions["fetch"]>;
  readonly log: Log;
  /** `sandbox` also accepts an issuer on plain http or on this machine, and tolerates no skew. */
  readonly guardMode: "production" | "sandbox";
};

export type DataExportApi = {
  readonly url: string;
  /** For seeds. It does not ask what POST /v1/exports would. */
  readonly storage: Pick<Storage, "createJob" | "listJobs">;
  /** Answers what is under way, then closes. */
  readonly stop: () => Promise<void>;
};

const bodyLimitBytes = 64 * 1024;
const drainMilliseconds = 10_000;

/** The keys are fetched with the first token, so the authorization server may be started later. */
export async function start(config: Config, surroundings: Surroundings): Promise<DataExportApi> {
  const { nowSeconds, log, guardMode, fetch } = surroundings;
  const guard = createGuard({
    issuer: config.issuer,
    endpoint: config.endpoint,
    mode: guardMode,
    nowSeconds,
    onEvent: createEventLog(log, config.cloud),
    ...(fetch === undefined ? {} : { fetch }),
  });
  const storage = await openStorage(config.databaseUrl);
  const listener = createListener({
    name: config.cloud,
    routes: createRoutes({ guard, storage, nowSeconds }),
    log,
    bodyLimitBytes,
    trustedProxies: config.trustedProxies,
    isUnavailable: (error) => error instanceof StoreUnavailable,
    checkReady: storage.ping,
  });
  const stop = async (): Promise<void> => {
    await listener.drain(drainMilliseconds);
    guard.close();
    await storage.close();
  };
  try {
    const { host, port, portSetting } = config;
    return { url: await listener.listen({ host, port, setting: portSetting }), storage, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Refusals stand in the request's own line. */
function createEventLog(log: Log, listener: string): (event: GuardEvent) => void {
  return (event) => {
    if (event.kind === "document-failed") log.warn(`no ${event.document}`, { listener, reason: event.reason });
    if (event.kind === "key-ignored") log.warn("key ignored", { listener, reason: event.reason });
  };
}
