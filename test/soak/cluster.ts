/** Nodes as real processes on one PostgreSQL database, with a balancer before each of their listeners. */

import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKeyEncryptionKeyFile } from "@biped/authorization-server";
import { findFreePorts } from "../free-ports.ts";
import { type Balancer, createBalancer } from "./balancer.ts";
import { type ClusterNode, createNode, currentMain, runCommand, type Settings, until } from "./cluster-node.ts";

export type Cluster = {
  readonly databaseUrl: string;
  /** Of every node: the URL of the balancer before the public listeners. */
  readonly issuer: string;
  readonly directory: string;
  /** Of a further node, but for its ports. */
  readonly settings: Settings;
  readonly nodes: readonly ClusterNode[];
  readonly public: Balancer;
  readonly admin: Balancer;
  /** A command of the server, beside the nodes and with their settings. @returns the JSON that it printed. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever was printed.
  readonly command: (...args: readonly string[]) => Promise<any>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export type ClusterOptions = {
  readonly count: number;
  /** It is migrated by the program of the nodes. */
  readonly databaseUrl: string;
  /** Where a node finds it, if by another way than this. */
  readonly databaseUrlOf?: (index: number) => string;
  readonly settings?: Settings;
  /** The program of the nodes, by default the server of this source. */
  readonly main?: string;
};

/** All nodes are started, and in the balancers. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { count, databaseUrl, databaseUrlOf = () => databaseUrl, main = currentMain } = options;
  const directory = await mkdtemp(join(tmpdir(), "biped-cluster-"));
  const ports = await findFreePorts(2 * count);
  const pairs = Array.from({ length: count }, (_, at) => [ports[2 * at] ?? 0, ports[2 * at + 1] ?? 0] as const);
  const balancers = {
    public: await createBalancer(pairs.map(([port]) => `http://127.0.0.1:${port}`)),
    admin: await createBalancer(pairs.map(([, port]) => `http://127.0.0.1:${port}`)),
  };
  const { url: issuer } = balancers.public;
  const settings = { ...createSettings(directory, databaseUrl), BIPED_ISSUER: issuer, ...options.settings };
  const nodes = pairs.map(([publicPort, adminPort], index) =>
    createNode(main, {
      ...settings,
      BIPED_DATA_DIR: join(directory, `node-${index}`),
      BIPED_DATABASE_URL: databaseUrlOf(index),
      BIPED_PUBLIC_PORT: String(publicPort),
      BIPED_ADMIN_PORT: String(adminPort),
    }),
  );
  const command = (...args: readonly string[]) => runCommand(main, settings, args);
  const dispose = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.end("SIGKILL")));
    await Promise.all([balancers.public.stop(), balancers.admin.stop()]);
    await rm(directory, { recursive: true });
  };
  try {
    await command("migrate");
    await Promise.all(nodes.map((node) => node.start()));
    const all = Object.values(balancers);
    await until("every node is in the balancers", () => all.every((each) => each.listReady().length === count));
  } catch (error) {
    await dispose();
    throw error;
  }
  return { databaseUrl, issuer, directory, settings, nodes, ...balancers, command, [Symbol.asyncDispose]: dispose };
}

function createSettings(directory: string, databaseUrl: string): Settings {
  const kekFile = join(directory, "kek");
  createKeyEncryptionKeyFile(kekFile, randomBytes(32));
  return {
    BIPED_DATA_DIR: directory,
    BIPED_DATABASE_URL: databaseUrl,
    BIPED_KEK_FILE: kekFile,
    BIPED_TOKENS_PER_SECOND: "0",
    BIPED_LOG_LEVEL: "warn",
    // What Node has compiled once it need not compile at every start.
    NODE_COMPILE_CACHE: join(directory, "compiled"),
  };
}
