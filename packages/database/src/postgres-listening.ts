import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { readPostgresUrl } from "./postgres-url.ts";

const connectMillis = 800;
const pauseMillis = 1_000;

export type Heard = {
  readonly onNotification: () => void;
  /** The connection went: nobody knows what was notified meanwhile. */
  readonly onLost: () => void;
};

/**
 * Listens on a connection of its own, which is made anew whenever it goes. A server that cannot be reached, or a
 * pooler that lets nobody listen, is no error: whoever needs to know must ask from time to time as well.
 * @param channel A name that is an identifier of SQL.
 * @returns once the first attempt has been made, what ends it.
 */
export async function listenOnPostgres(url: string, channel: string, heard: Heard): Promise<() => Promise<void>> {
  const ending = new AbortController();
  const read = readPostgresUrl(url);
  const first = await connect(read, channel, heard.onNotification);
  const listening = keepListening({ url: read, channel, heard, first, signal: ending.signal });
  return async () => {
    ending.abort();
    await listening;
  };
}

type Listening = {
  readonly url: string;
  readonly channel: string;
  readonly heard: Heard;
  readonly first: Connection | undefined;
  readonly signal: AbortSignal;
};

async function keepListening({ url, channel, heard, first, signal }: Listening): Promise<void> {
  const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  let connection = first;
  while (!signal.aborted) {
    if (connection !== undefined) {
      await Promise.race([connection.lost, ended]);
      if (signal.aborted) break;
      connection.client.end().catch(() => {});
      heard.onLost();
    }
    await sleep(pauseMillis, undefined, { signal }).catch(() => {});
    connection = signal.aborted ? undefined : await connect(url, channel, heard.onNotification);
  }
  await connection?.client.end().catch(() => {});
}

type Connection = { readonly client: pg.Client; readonly lost: Promise<void> };

/** Undefined where it cannot be had. */
async function connect(url: string, channel: string, onNotification: () => void): Promise<Connection | undefined> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: connectMillis,
    query_timeout: connectMillis,
    keepAlive: true,
    fallback_application_name: "biped listening",
  });
  const lost = new Promise<void>((resolve) => {
    client.on("error", () => resolve());
    client.on("end", () => resolve());
  });
  client.on("notification", onNotification);
  try {
    await client.connect();
    await client.query(`listen ${channel}`);
    return { client, lost };
  } catch {
    client.end().catch(() => {});
    return undefined;
  }
}
