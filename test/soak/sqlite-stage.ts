/** One server process on one SQLite file, what changes it, and what checks it after whatever happened to it. */

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import Database from "better-sqlite3";
import { openStorage } from "../../apps/authorization-server/src/storage/open-storage.ts";
import { findFreePorts } from "../free-ports.ts";
import { createRandom } from "../simulated-services.ts";
import type { HeldCredential } from "../started-server.ts";
import { createStoreChecker, type StoreChecker } from "./check-store.ts";
import { type Journal, openJournal, type Site } from "./journal.ts";
import { createTokenJudge, type TokenJudge } from "./judge-token.ts";
import { type PreparedStore, prepareStore } from "./prepared-store.ts";
import { runServerCommand, type ServerOrder, type ServerProcess, startServerProcess } from "./server-process.ts";
import { createWriter, type Writer } from "./writers.ts";

export type SqliteStage = {
  readonly site: Site;
  readonly environment: Readonly<Record<string, string>>;
  /** For the key and the journal, never full. */
  readonly directory: string;
  /** Where the server keeps its files, and nobody else has any. */
  readonly dataDirectory: string;
  readonly store: PreparedStore;
  readonly journal: Journal;
  readonly judge: TokenJudge;
  readonly random: () => number;
  readonly writers: readonly Writer[];
  /** By a command of the server, while it runs or not. */
  readonly addCredential: () => Promise<HeldCredential>;
  /** @throws ServerEnded */
  readonly start: (order?: Omit<ServerOrder, "environment">) => Promise<ServerProcess>;
  /**
   * `integrity_check` and I1 to I6, while the server runs and nobody writes.
   * @param dataDirectory Where its files are seen.
   */
  readonly check: (which: keyof StoreChecker, dataDirectory?: string) => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export type SqliteStageOptions = { readonly writerCount: number; readonly seed: number };

const databaseFile = "authorization-server.db";

const noGrace = { connected: 0, cut: 0, wasCutSince: () => false };

export async function createSqliteStage({ writerCount, seed }: SqliteStageOptions): Promise<SqliteStage> {
  const directory = await mkdtemp(path.join(tmpdir(), "biped-soak-"));
  const dataDirectory = path.join(directory, "data");
  const [publicPort = 0, adminPort = 0] = await findFreePorts(2);
  const site = { publicUrl: `http://127.0.0.1:${publicPort}`, adminUrl: `http://127.0.0.1:${adminPort}` };
  const environment = createEnvironment({ directory, dataDirectory, publicPort, adminPort });
  await runServerCommand(environment, ["keys", "create-kek", environment.BIPED_KEK_FILE]);
  await mkdir(dataDirectory);
  const store = await prepareStore(`sqlite:${path.join(dataDirectory, databaseFile)}`, writerCount);
  const journal = openJournal(path.join(directory, "journal.jsonl"));
  const judge = createTokenJudge(site, site.publicUrl);
  const random = createRandom(seed);
  const parts = { site, store, journal, judge, random };
  const checker = createStoreChecker(parts);
  const servers: ServerProcess[] = [];
  return {
    ...parts,
    environment,
    directory,
    dataDirectory,
    writers: store.projectIds.map((projectId) => createWriter({ ...parts, projectId, grace: noGrace })),
    addCredential: async () => {
      const names = ["--account", `${store.accountId}`, "--project", "42", "--name", "Load", "--scopes", "data-export"];
      const made = JSON.parse(await runServerCommand(environment, ["create", "credential", ...names]));
      return { clientId: made.credential.clientId, clientSecret: made.clientSecret };
    },
    start: async (order = {}) => {
      const server = await startServerProcess({ ...order, environment });
      servers.push(server);
      return server;
    },
    check: (which, seenAt = dataDirectory) => check(checker, which, path.join(seenAt, databaseFile)),
    [Symbol.asyncDispose]: async () => {
      for (const server of servers) await server.end("SIGKILL");
      journal.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

type Places = Pick<SqliteStage, "directory" | "dataDirectory"> & Readonly<Record<"publicPort" | "adminPort", number>>;

function createEnvironment({ directory, dataDirectory, publicPort, adminPort }: Places) {
  return {
    PATH: process.env.PATH ?? "",
    BIPED_DATA_DIR: dataDirectory,
    BIPED_KEK_FILE: path.join(directory, "kek"),
    BIPED_SIGNING_ALG: "Ed25519",
    BIPED_PUBLIC_PORT: String(publicPort),
    BIPED_ADMIN_PORT: String(adminPort),
    BIPED_TOKENS_PER_SECOND: "0",
    // What Node has compiled once it need not compile at every start.
    NODE_COMPILE_CACHE: path.join(directory, "compiled"),
  };
}

async function check(checker: StoreChecker, which: keyof StoreChecker, file: string): Promise<void> {
  const database = new Database(file, { readonly: true });
  const found = ["integrity_check", "foreign_key_check"].flatMap((name) => database.pragma(name) as object[]);
  database.close();
  const told = found.flatMap((row) => Object.values(row)).join();
  if (told !== "ok") throw new Error(`The file is damaged: ${told}`);
  const storage = await openStorage(`sqlite:${file}`);
  await checker[which](storage).finally(() => storage.close());
}

/** Lets them change until the signal, or until there are so many acknowledged changes more. */
export async function writeFor(
  { writers, journal }: Pick<SqliteStage, "writers" | "journal">,
  changes: number,
): Promise<void> {
  const end = journal.count() + changes;
  const stop = new AbortController();
  const stopAtEnd = setInterval(() => {
    if (journal.count() >= end) stop.abort();
  }, 2);
  await Promise.all(writers.map((writer) => writer.run(stop.signal))).finally(() => clearInterval(stopAtEnd));
}
