/** What a cluster serves where nobody checks each change: the usual facts, and somebody who may do everything. */

import { randomBytes, randomUUID } from "node:crypto";
import {
  createConfig,
  readKeyEncryptionKeyFile,
  type Server,
  serverSettings,
  start,
} from "@biped/authorization-server";
import { createLog, readSettings } from "@biped/listener";
import { createSecret } from "@biped/protocol";
import { digestText } from "../../apps/authorization-server/src/administrators/token-digest.ts";
import { findFreePorts } from "../free-ports.ts";
import { addAdministrator } from "../management-server.ts";
import { createFacts, type Facts } from "../started-server.ts";
import type { Cluster } from "./cluster.ts";

export type ClusterWorld = {
  readonly facts: Facts;
  /** Headers with a platform owner's access token of every scope. */
  readonly owner: Readonly<Record<string, string>>;
};

const scopes = ["read", "accounts", "projects", "clouds", "credentials", "signing-keys", "administrators"] as const;
const day = 86_400;

export async function createClusterWorld(cluster: Cluster): Promise<ClusterWorld> {
  return withFurtherNode(cluster, async (server) => ({
    facts: await createFacts({ server }),
    owner: await createOwner(server),
  }));
}

/** By a further node in this process, which then stops. */
export async function withFurtherNode<Result>(
  { settings }: Cluster,
  work: (server: Server) => Promise<Result>,
): Promise<Result> {
  const [publicPort, adminPort] = await findFreePorts(2);
  const ports = { BIPED_PUBLIC_PORT: String(publicPort), BIPED_ADMIN_PORT: String(adminPort) };
  const server = await start(createConfig(readSettings(serverSettings, { ...settings, ...ports })), {
    kek: readKeyEncryptionKeyFile(settings.BIPED_KEK_FILE ?? ""),
    log: createLog("silent", () => {}),
    nowSeconds: () => Math.floor(Date.now() / 1000),
    monotonicSeconds: () => performance.now() / 1000,
    randomBytes,
    secretEnvironment: "live",
    adminRoutes: {},
  });
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

async function createOwner({ storage }: Server): Promise<Readonly<Record<string, string>>> {
  const at = Math.floor(Date.now() / 1000);
  const author = { at, actor: "operator", requestId: undefined };
  const administratorId = await addAdministrator(storage, { email: "root@example.com", isPlatformOwner: true }, author);
  const token = createSecret("admin", randomBytes);
  const digest = digestText(token);
  const held = { id: randomUUID(), administratorId, name: "soak", digest, scopes, accountId: undefined };
  await storage.createAccessToken({ ...held, expiresAt: at + day }, author);
  return { authorization: `Bearer ${token}` };
}
