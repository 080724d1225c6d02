import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { openSidePool } from "@biped/database";
import type { Log } from "@biped/listener";
import type { SharedLimits } from "../config.ts";
import { createSharedCounts, createStoreHealth, type SharedCounts, type WindowCounter } from "./shared-counts.ts";

/** What all nodes count together; undefined where each counts alone. */
export type SharedStore = {
  readonly failures: SharedCounts;
  readonly tokens: SharedCounts;
  readonly close: () => Promise<void>;
};

export type SharedStoreParts = {
  readonly sharedLimits: SharedLimits;
  readonly databaseUrl: string;
  readonly monotonicSeconds: () => number;
  readonly log: Log;
  /** How long a caller waits for the store at most. */
  readonly patienceMilliseconds?: number;
};

const windowSeconds = 60;
/** So long a start waits for it, too. */
const connectMilliseconds = 1_000;

/** A store that is away is no error: it is tried again by whoever counts. The libraries are loaded when needed. */
export async function openSharedStore(parts: SharedStoreParts): Promise<SharedStore | undefined> {
  const { sharedLimits, databaseUrl, monotonicSeconds, log, patienceMilliseconds = 100 } = parts;
  if (sharedLimits === undefined) return undefined;
  const opened = sharedLimits === "postgres" ? await openOnPostgres(databaseUrl) : await openOnRedis(sharedLimits);
  const { counter, close } = opened;
  const made = { counter, health: createStoreHealth(monotonicSeconds, log), patienceMilliseconds };
  return {
    failures: createSharedCounts("auth-fail", made),
    tokens: createSharedCounts("tokens", made),
    close,
  };
}

type Opened = { readonly counter: WindowCounter; readonly close: () => Promise<void> };

/** It counts alone: the points that it would allow are of no interest. */
const counting = { keyPrefix: "biped", points: 1, duration: windowSeconds } as const;

async function openOnPostgres(url: string): Promise<Opened> {
  const { RateLimiterPostgres } = await import("rate-limiter-flexible");
  const pool = await openSidePool(url);
  // To be connected: the first count has no time for that.
  await pool.query({ text: "select 1" }).catch(() => undefined);
  const store = { storeClient: pool, storeType: "pool", tableName: "shared_limit", tableCreated: true } as const;
  return { counter: new RateLimiterPostgres({ ...counting, ...store }), close: pool.close };
}

async function openOnRedis({ redisUrl }: { readonly redisUrl: string }): Promise<Opened> {
  const [{ RateLimiterRedis }, { Redis }] = await Promise.all([import("rate-limiter-flexible"), import("iovalkey")]);
  const client = new Redis(redisUrl, {
    // What cannot be asked at once is not asked later: the caller has gone on without it.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: connectMilliseconds,
    socketTimeout: 1_000,
    retryStrategy: (tries) => Math.min(tries * 100, 2_000),
  });
  // Each failed question says so itself; without a listener an 'error' is printed, with the address.
  client.on("error", () => {});
  await Promise.race([once(client, "ready"), sleep(connectMilliseconds, undefined, { ref: false })]).catch(
    () => undefined,
  );
  return {
    counter: new RateLimiterRedis({ ...counting, storeClient: client }),
    close: async () => client.disconnect(),
  };
}
