/** The other libraries' servers, each as its own process with one client in memory. */

import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RequestBodies } from "../load/load.ts";
import type { ServerProgram } from "./child-server.ts";
import { formatRecord, tokenRequestPrefix } from "./token-request.ts";

export type Peer = { readonly program: ServerProgram; readonly tokenPath: string; readonly bodies: RequestBodies };

export type PeerName = keyof typeof peers;

/** File, arguments, processes, and the paths that differ. */
const peers = {
  "oidc-provider": { file: "oidc-provider.ts", args: [], processes: 1 },
  "oidc-provider ×2": { file: "oidc-provider.ts", args: [], processes: 2 },
  "@jmondi": { file: "jmondi.ts", args: ["library"], processes: 1 },
  "@jmondi, our signing": { file: "jmondi.ts", args: ["thread-pool"], processes: 1 },
  "@node-oauth": { file: "node-oauth.ts", args: ["library"], processes: 1 },
  "@node-oauth, our signing": { file: "node-oauth.ts", args: ["thread-pool"], processes: 1 },
} as const;

const clientId = "c3133d76-6f0a-4a41-9b39-0a6b1c5a7d11";
const clientSecret = "biped_live_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm";

let privateKey: string | undefined;

export function createPeer(name: PeerName, folder: string): Peer {
  const { file, args, processes } = peers[name];
  privateKey ??= generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();
  const key = privateKey;
  const isOidc = file === "oidc-provider.ts";
  const program: ServerProgram = {
    name,
    nodeArgs: ["--conditions=biped-source", join(import.meta.dirname, "..", "peers", file), ...args],
    environment: (port) => ({
      PEER_PORT: String(port),
      PEER_CLIENT_ID: clientId,
      PEER_CLIENT_SECRET: clientSecret,
      PEER_PRIVATE_KEY: key,
      PEER_PROCESSES: String(processes),
    }),
    readyPath: isOidc ? "/.well-known/openid-configuration" : "/healthz",
    outputFile: join(folder, "peer.log"),
  };
  return { program, tokenPath: "/token", bodies: writeOnlyBody(folder) };
}

function writeOnlyBody(folder: string): RequestBodies {
  const recordsFile = join(folder, "peer-record");
  const record = formatRecord(clientId, clientSecret);
  writeFileSync(recordsFile, record);
  return { prefix: tokenRequestPrefix, recordsFile, recordBytes: record.length };
}
