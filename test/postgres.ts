import type { TestProject } from "vitest/node";
import { type PostgresServer, startPostgresServer } from "./postgres-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Of the run's own PostgreSQL, as superuser; see `createPostgresDatabase`. */
    readonly postgresUrl: string;
  }
}

let server: PostgresServer | undefined;

/** Vitest's global set-up. It does not wait for the server, so that runs which need none lose no time. */
export async function setup(project: TestProject): Promise<void> {
  server = await startPostgresServer();
  project.provide("postgresUrl", server.url);
}

export async function teardown(): Promise<void> {
  const failure = server?.failure();
  await server?.stop();
  if (failure !== undefined) throw new Error(failure);
}
