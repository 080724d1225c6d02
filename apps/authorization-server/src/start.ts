import { join } from "node:path";
import { StoreUnavailable } from "@biped/database";
import { createListener, type Listener, type Log, type Routes } from "@biped/listener";
import { longestClockToleranceSeconds, type SecretEnvironment } from "@biped/protocol";
import { createAdminRoutes } from "./admin-routes.ts";
import { openSetup } from "./administrators/first-run.ts";
import { createPublicRoutes, type PublicEndpoints } from "./app.ts";
import { type AuditHeads, createAuditHeads } from "./audit-log/audit-heads.ts";
import { createHeadFile } from "./audit-log/head-file.ts";
import { createIssueRecorder } from "./audit-log/issue-recorder.ts";
import { refuseUnconfirmedRestore } from "./backup/restored-store.ts";
import { type ChangeWatcher, openChangeWatcher } from "./changes/change-watcher.ts";
import { createStoreClock, type StoreClock } from "./changes/store-clock.ts";
import type { Config } from "./config.ts";
import { createAuthenticateCredential } from "./credentials/authenticate-credential.ts";
import { type ClientDirectory, createClientDirectory } from "./credentials/client-directory.ts";
import { forgetOnChange } from "./credentials/forget-on-change.ts";
import { openSecretDigester, type SecretDigester } from "./credentials/secret-digest.ts";
import { createUseCounter, type UseCounter } from "./credentials/use-counter.ts";
import { createCredentialsEndpoint } from "./credentials-endpoint/credentials-endpoint.ts";
import type { Fetch } from "./data-export/data-export-client.ts";
import { createKeySetEndpoint, createMetadataEndpoint } from "./discovery/discovery-endpoints.ts";
import { createIntrospectionEndpoint } from "./introspection/introspection-endpoint.ts";
import { type Limits, openLimits } from "./limits/limits.ts";
import { createOverload, type Overload } from "./limits/overload.ts";
import { createManagement, type Management } from "./management/management.ts";
import { createUuid } from "./management/uuid.ts";
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import { createReadings } from "./metrics/readings.ts";
import { createReadyChecks } from "./metrics/ready-checks.ts";
import { createRevocationEndpoint } from "./revocation/revocation-endpoint.ts";
import { createFeedEndpoint } from "./revocation-feed/feed-endpoint.ts";
import { createHoldIssuing, type HoldIssuing } from "./revocation-feed/hold-issuing.ts";
import { createRevocationFeed, type RevocationFeed } from "./revocation-feed/revocation-feed.ts";
import type { KeyEncryptionKey } from "./signing/envelope.ts";
import { type KeyRing, openKeyRing } from "./signing/key-ring.ts";
import type { HeldKey } from "./signing/open-key-encryption-key.ts";
import { createReadOwnToken } from "./signing/read-own-token.ts";
import { openSeeds } from "./signing/seeds.ts";
import { createSigner, type Signer } from "./signing/signer.ts";
import { createSigningQueue, type SigningQueue } from "./signing/signing-queue.ts";
import { openSnapshot, type Snapshot } from "./snapshot/snapshot.ts";
import { openStorage } from "./storage/open-storage.ts";
import type { Storage } from "./storage/storage.ts";
import { createTokenEndpoint } from "./token-endpoint/token-endpoint.ts";
import { createTokenIds } from "./token-endpoint/token-ids.ts";
import { noTracing, openTracing, type Tracing } from "./tracing/tracing.ts";
import { createRefusalCounter, type RefusalCounter } from "./usage/refusal-counter.ts";
import { createUsageReports, type UsageReports } from "./usage/usage-reports.ts";

/** What is not configuration: time, chance, the key-encryption key, and where lines are logged. */
export type ServerParts = {
  readonly kek: HeldKey;
  readonly log: Log;
  /** Wall clock in whole epoch seconds. */
  readonly nowSeconds: () => number;
  /** Never goes back; ages caches, limits and queues. */
  readonly monotonicSeconds: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly secretEnvironment: SecretEnvironment;
  /** Added to the admin listener. */
  readonly adminRoutes: Routes;
  /** How the clouds' Data Export APIs are asked for the console; Node's own if absent. */
  readonly fetch?: Fetch;
  /** This machine's wall clock, which is compared with the store's; Node's own if absent. */
  readonly machineMilliseconds?: () => number;
  /** How long a failure waits for the store of shared limits; 100 if absent. */
  readonly patienceMilliseconds?: number;
  /** Ends the process: its store was put back to a backup that nobody has confirmed. Nothing is ended if absent. */
  readonly end?: (error: Error) => void;
  /** Of a log that can lose lines; for metrics. */
  readonly lostLogLines?: () => number;
};

export type Server = {
  readonly publicUrl: string;
  readonly adminUrl: string;
  readonly storage: Storage;
  readonly digester: SecretDigester;
  readonly management: (actor: string) => Management;
  /** A new one-time token of the first run; undefined once there is an administrator. */
  readonly openSetup: () => Promise<{ readonly token: string } | undefined>;
  /** Answers what is under way, writes what is counted, and closes. Once, however often it is called. */
  readonly stop: () => Promise<void>;
};

const tokenBodyLimitBytes = 8 * 1024;
const adminBodyLimitBytes = 64 * 1024;
const keyRefreshMilliseconds = 15_000;
const countFlushMilliseconds = 1_000;
const auditHeadMilliseconds = 600_000;
const sweepMilliseconds = 600_000;
const drainMilliseconds = 10_000;
const machineClocks = { machineMilliseconds: Date.now, steadyMilliseconds: () => performance.now() };

/** @throws Error with one clear line for whatever keeps the server from starting. */
export async function start(config: Config, parts: ServerParts): Promise<Server> {
  const metrics = createMetrics();
  const tracing = config.tracing === "on" ? await openTracing(config.trustedProxies) : noTracing;
  const storage = await openStorage(config.databaseUrl, tracing.traceStatements(metrics.countStatement));
  const limits = await openLimits({ ...config, ...parts });
  try {
    await refuseUnconfirmedRestore(storage);
    const storeClock = createStoreClock({ ...machineClocks, ...parts, storage });
    await storeClock.read();
    const nowSeconds = (): number => parts.nowSeconds() + storeClock.offsetSeconds();
    const author = { at: nowSeconds(), actor: "system", requestId: undefined };
    const kek = await openSeeds(parts.kek, { ...parts, storage, author });
    return await startOn(storage, config, { ...parts, nowSeconds, storeClock, kek, metrics, tracing, limits });
  } catch (error) {
    await limits.stop();
    await storage.close();
    throw error;
  }
}

type OpenedParts = ServerParts & {
  readonly kek: KeyEncryptionKey;
  readonly storeClock: StoreClock;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly limits: Limits;
};

async function startOn(opened: Storage, config: Config, parts: OpenedParts): Promise<Server> {
  const made = await makeParts(opened, config, parts);
  try {
    return await serve(made, config);
  } catch (error) {
    await made.changes.stop();
    await made.snapshot?.stop();
    throw error;
  }
}

async function serve(made: Made, config: Config): Promise<Server> {
  const { storage, digester, heads, queue, nowSeconds, randomBytes, secretEnvironment, metrics, limits } = made;
  // It is the event loop that is measured, whatever time a tester has made of it.
  const monotonicSeconds = (): number => performance.now() / 1000;
  const overload = createOverload({ signingWaitSeconds: queue.expectedWaitSeconds, monotonicSeconds });
  const adminRoutes = await createAdminRoutes(config, { ...made, policy: createKeyPolicy(config) });
  const endpoints = createEndpoints(config, made);
  const listeners = createListeners(config, made, { endpoints, adminRoutes, metrics, shed: overload.shed });
  metrics.addReadings(createReadings({ ...made, ...limits, overload }));
  const reports = await beginReports(made);
  const urls = await listen(listeners, config).catch(async (error: unknown) => {
    await reports.end();
    throw error;
  });
  await heads.publishHead();
  const stopTimers = startTimers({ ...made, reports });
  const { catalogue, endpointHosts: allowedEndpoints } = config;
  let stopped: Promise<void> | undefined;
  const managed = { storage, digester, catalogue, allowedEndpoints, secretEnvironment, nowSeconds, randomBytes };
  return {
    ...urls,
    storage,
    digester,
    management: (actor) => createManagement(managed, actor),
    openSetup: () => openSetup(made),
    stop: () => {
      stopped ??= stop(made, config, { listeners, stopTimers, overload, reports });
      return stopped;
    },
  };
}

type Running = {
  readonly listeners: Listeners;
  readonly stopTimers: () => void;
  readonly overload: Overload;
  readonly reports: UsageReports;
};

async function stop(made: Made, { drainSeconds }: Config, running: Running): Promise<void> {
  made.feed.close();
  await drain(running.listeners, drainSeconds);
  // Not before: whoever is still served is served by what is true now.
  running.stopTimers();
  await made.changes.stop();
  await made.snapshot?.stop();
  running.overload.stop();
  await running.reports.end();
  await made.heads.publishHead();
  await made.limits.stop();
  await made.storage.close();
}

/** All that endpoints, listeners and timers are made of, in the order in which one needs the other. */
export async function makeParts(opened: Storage, config: Config, parts: OpenedParts): Promise<Made> {
  const { kek, log, nowSeconds, monotonicSeconds, randomBytes, metrics } = parts;
  const directory = createClientDirectory({ storage: opened, monotonicSeconds });
  const snapshot = await openSnapshotIfAsked(opened, config, parts);
  const forgetful = forgetOnChange(opened, directory);
  const storage = snapshot === undefined ? forgetful : forgetOnChange(forgetful, snapshot);
  const author = { at: nowSeconds(), actor: "system", requestId: undefined };
  const digester = await openSecretDigester({ storage, kek, randomBytes, author });
  const keyRing = await openKeyRing({ storage, kek, nowSeconds, log, policy: createKeyPolicy(config) });
  const uses = createUseCounter(storage, log);
  const refusals = createRefusalCounter(storage, log, metrics.countRefusal);
  const file = createHeadFile(join(config.dataDirectory, "audit-heads.jsonl"));
  const heads = createAuditHeads({ ...parts, storage, file });
  const queue = createSigningQueue(monotonicSeconds);
  const signing = { activeKey: keyRing.active, settling: keyRing.settling, monotonicSeconds, queue };
  const signer = parts.tracing.traceSigner(createSigner(signing));
  const nextTokenId = createTokenIds(randomBytes);
  const feed = createRevocationFeed({ ...parts, ...config, storage, keyRing });
  const changes = await openChangeWatcher({ ...parts, storage, directory, snapshot, keyRing, feed });
  const kept = { ...parts, storage, directory, snapshot, digester, keyRing, uses, refusals, heads };
  const holdIssuing = createHoldIssuing({ feed, nowSeconds });
  return { ...kept, queue, signer, holdIssuing, nextTokenId, feed, changes };
}

function openSnapshotIfAsked(storage: Storage, config: Config, parts: OpenedParts): Promise<Snapshot> | undefined {
  const { snapshotSeconds, dataDirectory } = config;
  if (snapshotSeconds === 0) return undefined;
  return openSnapshot({ ...parts, storage, snapshotSeconds, path: join(dataDirectory, "snapshot.db") });
}

type Made = OpenedParts & {
  readonly storage: Storage;
  readonly directory: ClientDirectory;
  readonly snapshot: Snapshot | undefined;
  readonly digester: SecretDigester;
  readonly keyRing: KeyRing;
  readonly queue: SigningQueue;
  readonly signer: Signer;
  readonly holdIssuing: HoldIssuing;
  readonly nextTokenId: () => string;
  readonly uses: UseCounter;
  readonly refusals: RefusalCounter;
  readonly heads: AuditHeads;
  readonly feed: RevocationFeed;
  readonly changes: ChangeWatcher;
};

/** Puts each endpoint together from its parts: the only place that knows them all. */
export function createEndpoints(config: Config, made: Made): PublicEndpoints {
  const { issuer, catalogue, auditMode } = config;
  const { keyRing, nowSeconds, feed, changes, tracing, limits } = made;
  const authenticateCredential = tracing.traceAuthentication(createAuthenticateCredential({ ...made, ...limits }));
  const recordIssue = auditMode === "strict" ? createIssueRecorder(made.storage) : undefined;
  const ownTokens = { keyRing, issuer, nowSeconds };
  const readOwnToken = createReadOwnToken(ownTokens);
  // As long as some guard may take a token it can be taken back.
  const readRevocable = createReadOwnToken({ ...ownTokens, clockToleranceSeconds: longestClockToleranceSeconds });
  const parts = { ...made, ...limits, authenticateCredential, readOwnToken, issuer, catalogue, recordIssue };
  return {
    token: tracing.traceEndpoint("token", createTokenEndpoint(parts)),
    credentialsInformation: createCredentialsEndpoint(parts),
    introspection: createIntrospectionEndpoint(parts),
    revocation: createRevocationEndpoint({ ...parts, readOwnToken: readRevocable }),
    metadata: createMetadataEndpoint(parts),
    keySet: createKeySetEndpoint(keyRing),
    revocations: tracing.traceEndpoint("revocations", createFeedEndpoint({ feed, lagSeconds: changes.lagSeconds })),
  };
}

type ListenerParts = {
  readonly endpoints: PublicEndpoints;
  readonly adminRoutes: Routes;
  readonly metrics: Metrics;
  readonly shed: Overload["shed"];
};

type Listeners = { readonly public: Listener; readonly admin: Listener };

function createListeners(
  { trustedProxies }: Config,
  made: Made,
  { endpoints, adminRoutes, metrics, shed }: ListenerParts,
): Listeners {
  const isUnavailable = (error: unknown): boolean => error instanceof StoreUnavailable;
  const { log, adminRoutes: further } = made;
  const readyChecks = createReadyChecks(made);
  const both = { log, trustedProxies, isUnavailable, readyChecks, onAnswered: metrics.observe };
  const routes = createPublicRoutes(endpoints);
  const admin = { ...adminRoutes, ...further, "/metrics": { GET: metrics.endpoint } };
  return {
    public: createListener({ ...both, name: "public", routes, shed, bodyLimitBytes: tokenBodyLimitBytes }),
    admin: createListener({ ...both, name: "admin", routes: admin, bodyLimitBytes: adminBodyLimitBytes }),
  };
}

async function listen(listeners: Listeners, { host, publicPort, adminPort }: Config) {
  try {
    const publicUrl = await listeners.public.listen({ host, port: publicPort, setting: "BIPED_PUBLIC_PORT" });
    const adminUrl = await listeners.admin.listen({ host, port: adminPort, setting: "BIPED_ADMIN_PORT" });
    return { publicUrl, adminUrl };
  } catch (error) {
    await drain(listeners, 0);
    throw error;
  }
}

async function drain(listeners: Listeners, delaySeconds: number): Promise<void> {
  const times = { delayMilliseconds: delaySeconds * 1000, graceMilliseconds: drainMilliseconds };
  await Promise.all([listeners.public.drain(times), listeners.admin.drain(times)]);
}

export function createKeyPolicy(config: Config) {
  const { signingAlgorithm: algorithm, rsaBits, signingKeyLifetimeSeconds: lifetimeSeconds } = config;
  return { algorithm, rsaBits, lifetimeSeconds };
}

/** Each process is another node, so that one which was killed and started anew leaves its mark. */
async function beginReports(made: Made): Promise<UsageReports> {
  const { uses, refusals, randomBytes } = made;
  const counted = { counters: [uses, refusals], lostRefusals: refusals.lost };
  const reports = createUsageReports({ ...made, ...counted, nodeId: createUuid(randomBytes) });
  await reports.begin();
  return reports;
}

type Timed = Pick<Made, "storage" | "nowSeconds" | "keyRing" | "heads" | "log"> & { readonly reports: UsageReports };

/** A store that is away must not end the process: the next turn of the timer tries again. */
function startTimers({ storage, nowSeconds, keyRing, reports, heads, log }: Timed): () => void {
  const refresh = (): void => {
    keyRing.refresh().catch((error: unknown) => log.warn("signing keys could not be read", { error }));
  };
  const sweep = (): void => {
    storage.sweepEphemera(nowSeconds()).catch((error: unknown) => log.warn("what is over was not swept", { error }));
  };
  const timers = [
    setInterval(sweep, sweepMilliseconds),
    setInterval(refresh, keyRefreshMilliseconds),
    setInterval(() => void reports.flush(), countFlushMilliseconds),
    setInterval(() => void heads.publishHead(), auditHeadMilliseconds),
  ];
  return () => timers.forEach(clearInterval);
}
