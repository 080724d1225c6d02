/** Several authorization servers on one PostgreSQL, each with the machine's own time, as in production. */

import { createPublicKey, type JsonWebKey, randomBytes, verify } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createConfig,
  createKeyEncryptionKeyFile,
  migrateStorage,
  readKeyEncryptionKeyFile,
  type Server,
  type ServerParts,
  serverSettings,
  start,
} from "@biped/authorization-server";
import { createLog, readSettings } from "@biped/listener";
import { parseRevocations, type RevocationDocument } from "@biped/protocol";
import pg from "pg";
import { onTestFinished } from "vitest";
import { compromiseSigningKey } from "../apps/authorization-server/src/signing/change-signing-keys.ts";
import { findFreePorts } from "./free-ports.ts";
import { createPostgresDatabase } from "./postgres-database.ts";
import { watchTokens } from "./watched-tokens.ts";

export type Node = { readonly url: string; readonly server: Server };

export type Nodes = {
  /** As `biped admin` or the management API does it on this node. */
  readonly compromiseKey: (node: Node, kid: string) => Promise<void>;
  readonly execute: (statement: string) => Promise<void>;
  readonly startNode: (parts?: Partial<ServerParts>) => Promise<Node>;
};

const nowSeconds = (): number => Math.floor(Date.now() / 1000);
const issuer = "https://auth.example.com";

/** Nodes with one issuer and one key-encryption key; they end with the test. */
export async function createNodes(): Promise<Nodes> {
  const directory = await mkdtemp(join(tmpdir(), "biped-nodes-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const databaseUrl = await createPostgresDatabase();
  await migrateStorage(databaseUrl);
  const kekFile = join(directory, "kek");
  createKeyEncryptionKeyFile(kekFile, randomBytes(32));
  const execute = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  const startNode = async (parts: Partial<ServerParts> = {}): Promise<Node> => {
    const [publicPort = 0, adminPort = 0] = await findFreePorts(2);
    const settings = {
      BIPED_DATA_DIR: await mkdtemp(join(directory, "node-")),
      BIPED_PUBLIC_PORT: String(publicPort),
      BIPED_ADMIN_PORT: String(adminPort),
      BIPED_DATABASE_URL: databaseUrl,
      BIPED_ISSUER: issuer,
      BIPED_SIGNING_ALG: "Ed25519",
    };
    const config = createConfig(readSettings(serverSettings, settings));
    const running = await start(config, {
      kek: readKeyEncryptionKeyFile(kekFile),
      log: createLog("silent", () => {}),
      nowSeconds,
      monotonicSeconds: () => performance.now() / 1000,
      randomBytes,
      secretEnvironment: "test",
      adminRoutes: {},
      ...parts,
    });
    const server = watchTokens(running, config, databaseUrl);
    onTestFinished(server.stop);
    return { url: server.publicUrl, server };
  };
  const compromiseKey = async ({ server: { storage } }: Node, kid: string): Promise<void> => {
    const kek = readKeyEncryptionKeyFile(kekFile);
    const policy = { algorithm: "Ed25519", rsaBits: 2048, lifetimeSeconds: 86_400 } as const;
    const parts = { storage, kek, policy, nowSeconds, log: createLog("silent", () => {}) };
    await compromiseSigningKey(parts, kid, { at: nowSeconds(), actor: "operator", requestId: undefined });
  };
  return { compromiseKey, execute, startNode };
}

/** What the feed of a node answers, its signature checked by the key in the metadata of the same node. */
export async function readFeed(url: string, query = ""): Promise<RevocationDocument> {
  const answer = await fetch(`${url}/v1/oauth/revocations${query}`);
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(text);
  const metadata = await (await fetch(`${url}/.well-known/oauth-authorization-server`)).json();
  const [header = "", payload = "", signature = ""] = text.split(".");
  const { kid } = JSON.parse(Buffer.from(header, "base64url").toString());
  const jwk = metadata.revocations_jwks.keys.find((key: JsonWebKey & { kid: string }) => key.kid === kid);
  const key = createPublicKey({ key: jwk, format: "jwk" });
  if (!verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url"))) {
    throw new Error("The feed has a wrong signature.");
  }
  const document = parseRevocations(Buffer.from(payload, "base64url").toString("latin1"));
  if (document === undefined) throw new Error("The feed is malformed.");
  return document;
}
