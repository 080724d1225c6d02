import { join } from "node:path";
import { StoreUnavailable } from "@biped/database";
import { createListener, type Listener, type Log, type Routes } from "@biped/listener";
import type { SecretEnvironment } from "@biped/protocol";
import { createAdminRoutes } from "./admin-routes.ts";
import { openSetup } from "./administrators/first-run.ts";
import { createPublicRoutes, type PublicEndpoints } from "./app.ts";
import { type AuditHeads, createAuditHeads } from "./audit-log/audit-heads.ts";
import { createHeadFile } from "./audit-log/head-file.ts";
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
import { createFailureLimit } from "./limits/failure-limit.ts";
import { createTokenBudget } from "./limits/token-budget.ts";
import { createManagement, type Management } from "./management/management.ts";
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import { createRevocationEndpoint } from "./revocation/revocation-endpoint.ts";
import type { KeyEncryptionKey } from "./signing/envelope.ts";
import { type KeyRing, openKeyRing } from "./signing/key-ring.ts";
import { createReadOwnToken } from "./signing/read-own-token.ts";
import { createSigner, type Signer } from "./signing/signer.ts";
import { openStorage } from "./storage/open-storage.ts";
import type { Storage } from "./storage/storage.ts";
import { createTokenEndpoint } from "./token-endpoint/token-endpoint.ts";
import { createTokenIds } from "./token-endpoint/token-ids.ts";
import { createRefusalCounter, type RefusalCounter } from "./usage/refusal-counter.ts";

/** What is not configuration: time, chance, the key-encryption key, and where lines are logged. */
export type ServerParts = {
  readonly kek: KeyEncryptionKey;
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
};

export type Server = {
  readonly publicUrl: string;
  readonly adminUrl: string;
  readonly storage: Storage;
  readonly digester: SecretDigester;
  readonly management: (actor: string) => Management;
  /** A new one-time token of the first run; undefined once there is an administrator. */
  readonly openSetup: () => Promise<{ readonly token: string } | undefined>;
  /** Answers what is under way, writes what is counted, and closes. */
  readonly stop: () => Promise<void>;
};

const tokenBodyLimitBytes = 8 * 1024;
const adminBodyLimitBytes = 64 * 1024;
const keyRefreshMilliseconds = 15_000;
const countFlushMilliseconds = 1_000;
const auditHeadMilliseconds = 600_000;
const sweepMilliseconds = 600_000;
const drainMilliseconds = 10_000;

/** @throws Error with one clear line for whatever keeps the server from starting. */
export async function start(config: Config, parts: ServerParts): Promise<Server> {
  const storage = await openStorage(config.databaseUrl);
  try {
    return await startOn(storage, config, parts);
  } catch (error) {
    await storage.close();
    throw error;
  }
}

async function startOn(opened: Storage, config: Config, parts: ServerParts): Promise<Server> {
  const { kek, log, nowSeconds, monotonicSeconds, randomBytes, secretEnvironment } = parts;
  const directory = createClientDirectory({ storage: opened, monotonicSeconds });
  const storage = forgetOnChange(opened, directory);
  const author = { at: nowSeconds(), actor: "system", requestId: undefined };
  const digester = await openSecretDigester({ storage, kek, randomBytes, author });
  const keyRing = await openKeyRing({ storage, kek, nowSeconds, log, policy: createKeyPolicy(config) });
  const uses = createUseCounter(storage, log);
  const refusals = createRefusalCounter(storage, log);
  const file = createHeadFile(join(config.dataDirectory, "audit-heads.jsonl"));
  const heads = createAuditHeads({ ...parts, storage, file });
  const signer = createSigner({ activeKey: keyRing.active, monotonicSeconds });
  const nextTokenId = createTokenIds(randomBytes);
  const made = { ...parts, storage, directory, digester, keyRing, signer, nextTokenId, uses, refusals, heads };
  const metrics = createMetrics();
  const adminRoutes = await createAdminRoutes(config, { ...made, policy: createKeyPolicy(config) });
  const listeners = createListeners(config, made, { endpoints: createEndpoints(config, made), adminRoutes, metrics });
  const urls = await listen(listeners, config);
  await heads.publishHead();
  const stopTimers = startTimers(made);
  const { catalogue, endpointHosts: allowedEndpoints } = config;
  const managed = { storage, digester, catalogue, allowedEndpoints, secretEnvironment, nowSeconds, randomBytes };
  return {
    ...urls,
    storage,
    digester,
    management: (actor) => createManagement(managed, actor),
    openSetup: () => openSetup(made),
    stop: async () => {
      stopTimers();
      await drain(listeners);
      await uses.flush();
      await refusals.flush();
      await heads.publishHead();
      await storage.close();
    },
  };
}

type Made = ServerParts & {
  readonly storage: Storage;
  readonly directory: ClientDirectory;
  readonly digester: SecretDigester;
  readonly keyRing: KeyRing;
  readonly signer: Signer;
  readonly nextTokenId: () => string;
  readonly uses: UseCounter;
  readonly refusals: RefusalCounter;
  readonly heads: AuditHeads;
};

/** Puts each endpoint together from its parts: the only place that knows them all. */
function createEndpoints({ issuer, catalogue, tokensPerSecond }: Config, made: Made): PublicEndpoints {
  const { keyRing, nowSeconds, monotonicSeconds } = made;
  const failures = createFailureLimit(monotonicSeconds);
  const authenticateCredential = createAuthenticateCredential({ ...made, failures });
  const readOwnToken = createReadOwnToken({ keyRing, issuer, nowSeconds });
  const budget = createTokenBudget(tokensPerSecond, monotonicSeconds);
  const parts = { ...made, authenticateCredential, readOwnToken, budget, issuer, catalogue };
  return {
    token: createTokenEndpoint(parts),
    credentialsInformation: createCredentialsEndpoint(parts),
    introspection: createIntrospectionEndpoint(parts),
    revocation: createRevocationEndpoint(parts),
    metadata: createMetadataEndpoint(parts),
    keySet: createKeySetEndpoint(keyRing),
  };
}

type ListenerParts = {
  readonly endpoints: PublicEndpoints;
  readonly adminRoutes: Routes;
  readonly metrics: Metrics;
};

type Listeners = { readonly public: Listener; readonly admin: Listener };

function createListeners(
  { trustedProxies }: Config,
  { log, adminRoutes: further, storage }: Made,
  { endpoints, adminRoutes, metrics }: ListenerParts,
): Listeners {
  const isUnavailable = (error: unknown): boolean => error instanceof StoreUnavailable;
  const both = { log, trustedProxies, isUnavailable, checkReady: storage.ping, onAnswered: metrics.observe };
  const routes = createPublicRoutes(endpoints);
  const admin = { ...adminRoutes, ...further, "/metrics": { GET: metrics.endpoint } };
  return {
    public: createListener({ ...both, name: "public", routes, bodyLimitBytes: tokenBodyLimitBytes }),
    admin: createListener({ ...both, name: "admin", routes: admin, bodyLimitBytes: adminBodyLimitBytes }),
  };
}

async function listen(listeners: Listeners, { host, publicPort, adminPort }: Config) {
  try {
    const publicUrl = await listeners.public.listen({ host, port: publicPort, setting: "BIPED_PUBLIC_PORT" });
    const adminUrl = await listeners.admin.listen({ host, port: adminPort, setting: "BIPED_ADMIN_PORT" });
    return { publicUrl, adminUrl };
  } catch (error) {
    await drain(listeners);
    throw error;
  }
}

async function drain(listeners: Listeners): Promise<void> {
  await Promise.all([listeners.public.drain(drainMilliseconds), listeners.admin.drain(drainMilliseconds)]);
}

export function createKeyPolicy(config: Config) {
  const { signingAlgorithm: algorithm, rsaBits, signingKeyLifetimeSeconds: lifetimeSeconds } = config;
  return { algorithm, rsaBits, lifetimeSeconds };
}

type Timed = Pick<Made, "storage" | "nowSeconds" | "keyRing" | "uses" | "refusals" | "heads" | "log">;

/** A store that is away must not end the process: the next turn of the timer tries again. */
function startTimers({ storage, nowSeconds, keyRing, uses, refusals, heads, log }: Timed): () => void {
  const refresh = (): void => {
    keyRing.refresh().catch((error: unknown) => log.warn("signing keys could not be read", { error }));
  };
  const sweep = (): void => {
    storage.sweepEphemera(nowSeconds()).catch((error: unknown) => log.warn("what is over was not swept", { error }));
  };
  const timers = [
    setInterval(sweep, sweepMilliseconds),
    setInterval(refresh, keyRefreshMilliseconds),
    setInterval(() => void uses.flush(), countFlushMilliseconds),
    setInterval(() => void refusals.flush(), countFlushMilliseconds),
    setInterval(() => void heads.publishHead(), auditHeadMilliseconds),
  ];
  return () => timers.forEach(clearInterval);
}
