/** PostgreSQL with a synchronous standby, and what sends connections to whichever of them takes writes. */

import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { connectPatiently } from "../postgres-database.ts";
import { type PostgresServer, startPostgresServer } from "../postgres-server.ts";
import { until } from "./cluster-node.ts";

const standbyName = "standby_1";

/** It acknowledges nothing that the standby has not on its disk, from when this returns. */
export async function startStandby(primary: PostgresServer): Promise<PostgresServer> {
  const client = await connectPatiently(primary.url);
  const copy = mkdtempSync(join(tmpdir(), "biped-standby-"));
  // The user who runs PostgreSQL goes through it; the data itself is theirs alone.
  chmodSync(copy, 0o755);
  try {
    await client.query("select pg_backup_start('standby', true)");
    execFileSync("cp", ["-a", primary.dataDirectory, join(copy, "data")]);
    const { rows } = await client.query("select labelfile from pg_backup_stop()");
    prepareCopy(join(copy, "data"), rows[0].labelfile, primary.url);
    const standby = await startPostgresServer([], join(copy, "data"));
    const streaming = "select from pg_stat_replication where application_name = $1 and state = 'streaming'";
    await until("the standby follows", async () => (await client.query(streaming, [standbyName])).rowCount === 1);
    await client.query(`alter system set synchronous_standby_names = '${standbyName}'`);
    await client.query("select pg_reload_conf()");
    const synchronous = "select from pg_stat_replication where sync_state = 'sync'";
    await until("the standby is waited for", async () => (await client.query(synchronous)).rowCount === 1);
    return standby;
  } finally {
    await client.end();
    rmSync(copy, { recursive: true });
  }
}

function prepareCopy(directory: string, label: string, primaryUrl: string): void {
  const { hostname, port, username, password } = new URL(primaryUrl);
  const source = `host=${hostname} port=${port} user=${username} password=${password} application_name=${standbyName}`;
  const { uid, gid } = statSync(directory);
  const files = {
    backup_label: label,
    "standby.signal": "",
    "postgresql.auto.conf": `primary_conninfo = '${source}'\n`,
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(directory, name), text);
    chownSync(join(directory, name), uid, gid);
  }
  rmSync(join(directory, "postmaster.pid"), { force: true });
}

export async function promote(standby: PostgresServer): Promise<void> {
  const client = await connectPatiently(standby.url);
  await client.query("select pg_promote()");
  await client.end();
}

export type PrimarySwitch = {
  /** Of the database, at whichever server takes writes. */
  readonly url: string;
  /** From now on to this server; connections to the one before are reset. */
  readonly pointTo: (server: PostgresServer) => void;
  readonly stop: () => Promise<void>;
};

/** What a virtual address, HAProxy or a pooler is elsewhere. @param databaseUrl At the first server. */
export async function createPrimarySwitch(databaseUrl: string): Promise<PrimarySwitch> {
  const url = new URL(databaseUrl);
  const target = { port: Number(url.port) };
  const sockets = new Set<Socket>();
  const reset = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const server: Server = createServer((near) => {
    const far = connect(target.port, url.hostname);
    for (const [from, to] of [[near, far] as const, [far, near] as const]) {
      sockets.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  url.port = String(typeof address === "object" && address !== null ? address.port : 0);
  return {
    url: url.href,
    pointTo: (other) => {
      target.port = Number(new URL(other.url).port);
      reset();
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      reset();
      await closed;
    },
  };
}

const checkMilliseconds = 500;
const failedChecks = 3;

/** @returns when the server has not answered three times, one after the other. */
export async function waitUntilAway(server: PostgresServer): Promise<void> {
  for (let failed = 0; failed < failedChecks; failed += 1) {
    if (await isThere(server)) failed = -1;
    await sleep(checkMilliseconds);
  }
}

async function isThere({ url }: PostgresServer): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: checkMilliseconds });
  client.on("error", () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
