import { BlockList, isIPv4 } from "node:net";
import { formatAddress } from "@biped/listener";
import { type AuthenticatedCredential, type Refusal, refuseClient } from "@biped/protocol";
import { formatTime } from "../instant.ts";
import type { Client, Secret } from "../storage/storage.ts";
import { matchesDigest, type PresentedDigests } from "./secret-digest.ts";

export type Circumstances = {
  readonly digests: PresentedDigests;
  readonly nowSeconds: number;
  /** IP address of the caller. */
  readonly source: string;
};

export type Authenticated = { readonly credential: AuthenticatedCredential; readonly client: Client };

/**
 * Whether a credential may act: the whole decision, from values alone. Both places for a secret are
 * compared whatever is known, so that an unknown credential costs what a known one does.
 */
export function judgeCredential(client: Client | undefined, circumstances: Circumstances): Authenticated | Refusal {
  const secret = findPresentedSecret(client, circumstances.digests);
  if (client === undefined) return refuseClient("unknown credential");
  if (secret === undefined) return refuseClient("wrong secret");
  const reason = findObstacle(client, secret, circumstances);
  if (reason !== undefined) return refuseClient(reason);
  return { client, credential: readAuthenticated(client, secret) };
}

function readAuthenticated({ credential, account }: Client, secret: Secret): AuthenticatedCredential {
  const ends = [secret.expiresAt, credential.expiresAt].filter((end) => end !== undefined);
  return {
    clientId: credential.clientId,
    secretId: secret.id,
    accountId: account.id,
    projectId: credential.projectId,
    scopes: credential.scopes,
    accountEpoch: account.epoch,
    credentialEpoch: credential.epoch,
    secretExpiresAt: ends.length === 0 ? undefined : formatTime(Math.min(...ends)),
  };
}

function findPresentedSecret(client: Client | undefined, digests: PresentedDigests): Secret | undefined {
  const [first, second] = [client?.secrets[0], client?.secrets[1]];
  const firstMatches = matchesDigest(digests, first);
  const secondMatches = matchesDigest(digests, second);
  if (firstMatches) return first;
  return secondMatches ? second : undefined;
}

/** Why a credential with the right secret may still not act; undefined if it may. */
function findObstacle(client: Client, secret: Secret, { nowSeconds, source }: Circumstances): string | undefined {
  const { credential, account, project } = client;
  if (isPast(secret.expiresAt, nowSeconds)) return "expired secret";
  if (isPast(credential.expiresAt, nowSeconds)) return "expired credential";
  if (credential.state !== "enabled") return "disabled credential";
  if (account.state !== "enabled") return "disabled account";
  if (credential.projectId !== undefined && project?.state !== "enabled") return "disabled project";
  if (!isAllowedSource(credential.allowedRanges, source)) return "source address not allowed";
  return undefined;
}

export function isPast(time: number | undefined, nowSeconds: number): boolean {
  return time !== undefined && time <= nowSeconds;
}

function isAllowedSource(ranges: readonly string[], source: string): boolean {
  if (ranges.length === 0) return true;
  const caller = formatAddress(source);
  if (caller === undefined) return false;
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", prefix] = range.split("/");
    // A range without its prefix must not become one with the prefix 0, which is everybody.
    list.addSubnet(address, Number(prefix), isIPv4(address) ? "ipv4" : "ipv6");
  }
  return list.check(caller, isIPv4(caller) ? "ipv4" : "ipv6");
}
