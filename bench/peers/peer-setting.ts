/** What every peer is told, and the claims that every peer signs: as many and as long as Biped's own. */

import { createPrivateKey, type KeyObject } from "node:crypto";

export type PeerSetting = {
  readonly port: number;
  readonly clientId: string;
  readonly clientSecret: string;
  /** RSA, 2048 bits. */
  readonly privateKey: KeyObject;
  /** Above one, the peer runs as a cluster. */
  readonly processes: number;
};

export const issuer = "https://auth.example.com";
export const audience = "https://api.eu-west-1.example.com";
export const scope = "data-export metrics";
export const keyId = "vzXnQ4mSsDPSa3Dp3IqEQ0gwNzXJX9a7mAoC3m0Kf2I";

export const ownClaims = {
  project_id: 42,
  account_id: 1,
  secret_id: "7d4e1b52-9d3c-4c55-8a5d-0a5d0f0e3f11",
  epochs: { account: 0, project: 0, credential: 0 },
};

export function readPeerSetting(): PeerSetting {
  const { PEER_PORT, PEER_CLIENT_ID, PEER_CLIENT_SECRET, PEER_PRIVATE_KEY, PEER_PROCESSES } = process.env;
  return {
    port: Number(PEER_PORT),
    clientId: PEER_CLIENT_ID ?? "",
    clientSecret: PEER_CLIENT_SECRET ?? "",
    privateKey: createPrivateKey(PEER_PRIVATE_KEY ?? ""),
    processes: Number(PEER_PROCESSES ?? 1),
  };
}
