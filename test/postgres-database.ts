import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { inject } from "vitest";

const patienceMillis = 40_000;

/** A new empty database, on the run's own PostgreSQL if none is named; answers its URL. It goes with the server. */
export async function createPostgresDatabase(serverUrl: string = inject("postgresUrl")): Promise<string> {
  const url = new URL(serverUrl);
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  const client = await connectPatiently(url.href);
  try {
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  url.pathname = `/${name}`;
  return url.href;
}

/** The server may still be starting. */
export async function connectPatiently(url: string): Promise<pg.Client> {
  const deadline = performance.now() + patienceMillis;
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => {});
    try {
      await client.connect();
      return client;
    } catch (error) {
      if (performance.now() > deadline) throw new Error("PostgreSQL of the test run did not start.", { cause: error });
      await sleep(50);
    }
  }
}
