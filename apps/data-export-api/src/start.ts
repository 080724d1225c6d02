import { createGuard, type Guard, type GuardEvent, type GuardOptions } from "@biped/guard";
import { createListener, type Listener, type Log } from "@biped/listener";
import { appLimits, createRoutes, isUnavailable } from "./app.ts";
import type { DataSource } from "./data/data-source.ts";
import { createDirectorySource } from "./data/directory-source.ts";
import { createEngine, type Engine, type EngineSettings } from "./engine/engine.ts";
import { createFileStore, type FileStore } from "./files/file-store.ts";
import { createLinks } from "./files/links.ts";
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import type { RunSettings } from "./running/run-settings.ts";
import { createRunner, type Runner, type RunnerParts } from "./running/runner.ts";
import { openStorage } from "./storage/sql-storage.ts";
import type { Storage } from "./storage/storage.ts";

export type Config = {
  /** The cloud that this API serves; the name of its listener in the log. */
  readonly cloud: string;
  /** Base URL of the cloud, as tokens name it. */
  readonly endpoint: string;
  /** The authorization server whose tokens are accepted. */
  readonly issuer: string;
  /** What becomes of tokens while the authorization server does not say which were taken back. */
  readonly revocations: "open" | "closed";
  /** `sqlite:PATH` or `postgres://…`. */
  readonly databaseUrl: string;
  /** Directory of the sessions and views that `ingest` brings in. */
  readonly dataRoot: string;
  /** Directory of what was exported. */
  readonly filesDirectory: string;
  readonly engine: EngineSettings;
  readonly runs: RunSettings;
  readonly host: string;
  readonly port: number;
  /** The setting by which another port is chosen, for the message where this one is taken. */
  readonly portSetting: string;
  /** Of the loopback listener with the metrics; none if absent. */
  readonly metricsPort?: number | undefined;
  readonly trustedProxies: readonly string[];
};

export type WorkerSurroundings = {
  /** The wall clock, in epoch seconds. It tells what is due, and no one's turn to do it. */
  readonly nowSeconds: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly log: Log;
  /** Where sessions and views are; the directory of the configuration if absent. */
  readonly dataSource?: DataSource;
};

export type Surroundings = WorkerSurroundings & {
  /** How the issuer is asked for its keys; Node's own if absent. */
  readonly fetch?: NonNullable<GuardOptions["fetch"]>;
  /** `sandbox` also accepts an issuer on plain http or on this machine, and tolerates no skew. */
  readonly guardMode: "production" | "sandbox";
};

export type Worker = {
  /** Gives back what runs, then closes. */
  readonly stop: () => Promise<void>;
};

export type DataExportApi = {
  readonly url: string;
  /** For seeds. It does not ask what POST /v1/exports would. */
  readonly storage: Pick<Storage, "createJob" | "listJobs">;
  /** Answers what is under way, gives back what runs, then closes. */
  readonly stop: () => Promise<void>;
};

const bodyLimitBytes = 64 * 1024;
const drainMilliseconds = 10_000;

/** Runs exports without listening: any number of these share a database and the directories of one cloud. */
export async function startWorker(config: Config, surroundings: WorkerSurroundings): Promise<Worker> {
  const exporting = await startExporting(config, surroundings);
  return { stop: exporting.stop };
}

/** The keys are fetched with the first token, so the authorization server may be started later. */
export async function start(config: Config, surroundings: Surroundings): Promise<DataExportApi> {
  const guard = createGuardOf(config, surroundings);
  const exporting = await startExporting(config, { ...surroundings, listResting: guard.disabledProjects });
  const { storage, runner } = exporting;
  const parts = { ...surroundings, ...exporting, guard, links: createLinks({ ...config, ...surroundings, storage }) };
  const { revocations } = guard;
  const metrics = createMetrics({ ...exporting, stalenessSeconds: () => revocations().stalenessSeconds });
  const metricsListener = createMetricsListener(config, metrics, surroundings.log);
  const listener = createListener({
    name: config.cloud,
    onAnswered: metrics.observe,
    routes: createRoutes({ ...parts, wake: runner.wake, delaySeconds: config.runs.delaySeconds, limits: appLimits }),
    log: surroundings.log,
    bodyLimitBytes,
    trustedProxies: config.trustedProxies,
    isUnavailable,
    readyChecks: { store: () => storage.ping().then(() => ({ ok: true })) },
  });
  const stop = async (): Promise<void> => {
    // However long a caller takes to end, runs are given back at once.
    await Promise.all([listener.drain({ graceMilliseconds: drainMilliseconds }), runner.stop()]);
    guard.close();
    await metricsListener.drain({ graceMilliseconds: 0 });
    await exporting.stop();
  };
  try {
    const { host, port, portSetting, metricsPort } = config;
    if (metricsPort !== undefined) {
      await metricsListener.listen({ host: "127.0.0.1", port: metricsPort, setting: "BIPED_METRICS_PORT" });
    }
    return { url: await listener.listen({ host, port, setting: portSetting }), storage, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Apart from the public one: what it tells is for the operator alone. */
function createMetricsListener({ cloud }: Config, { endpoint }: Metrics, log: Log): Listener {
  return createListener({
    ...{ name: `${cloud} metrics`, routes: { "/metrics": { GET: endpoint } }, log, bodyLimitBytes },
    ...{ trustedProxies: [], isUnavailable, readyChecks: {} },
  });
}

type Exporting = Worker & {
  readonly storage: Storage;
  readonly engine: Engine;
  readonly dataSource: DataSource;
  readonly fileStore: FileStore;
  readonly runner: Runner;
};

async function startExporting(
  config: Config,
  surroundings: WorkerSurroundings & Pick<RunnerParts, "listResting">,
): Promise<Exporting> {
  const storage = await openStorage(config.databaseUrl);
  const engine = createEngine(config.engine);
  const fileStore = createFileStore(config.filesDirectory);
  const dataSource = surroundings.dataSource ?? createDirectorySource(config.dataRoot);
  const parts = { ...surroundings, storage, engine, fileStore, dataSource };
  const runner = createRunner({ ...parts, settings: config.runs });
  const stop = async (): Promise<void> => {
    await runner.stop();
    await engine.close();
    await storage.close();
  };
  return { storage, engine, fileStore, dataSource, runner, stop };
}

function createGuardOf(config: Config, surroundings: Surroundings): Guard {
  const { issuer, endpoint, cloud } = config;
  const { nowSeconds, log, guardMode: mode, fetch } = surroundings;
  return createGuard({
    ...{ issuer, endpoint, mode, nowSeconds },
    revocations: { mode: config.revocations },
    onEvent: createEventLog(log, cloud),
    ...(fetch === undefined ? {} : { fetch }),
  });
}

const failures = { "key set": "no key set", metadata: "no metadata", revocations: "no news of revocations" } as const;

/** Refusals stand in the request's own line. */
function createEventLog(log: Log, listener: string): (event: GuardEvent) => void {
  return (event) => {
    if (event.kind === "document-failed") log.warn(failures[event.document], { listener, reason: event.reason });
    if (event.kind === "key-ignored") log.warn("key ignored", { listener, reason: event.reason });
  };
}
