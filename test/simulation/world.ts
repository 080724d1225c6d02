/** What every run of the simulation starts with, and the parts that are drawn from its seed. */

import { createPublicKey } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConfig, serverSettings } from "@biped/authorization-server";
import { createLog, readSettings } from "@biped/listener";
import { isRefusal, type Refusal } from "@biped/protocol";
import { createKeyEncryptionKey, seal } from "../../apps/authorization-server/src/signing/envelope.ts";
import { createSeededKey } from "../../apps/authorization-server/src/signing/seeded-key.ts";
import { createPublicJwk } from "../../apps/authorization-server/src/signing/signing-key.ts";
import { openStorage } from "../../apps/authorization-server/src/storage/open-storage.ts";
import type { SigningKey } from "../../apps/authorization-server/src/storage/storage.ts";
import { type LocalNodeParts, openLocalNode } from "../local-node.ts";
import { createRandom } from "../simulated-services.ts";

export const issuer = "https://auth.example.com";
export const startSeconds = 1_800_000_000;
export const endpoints = { east: "https://api.east.example.com", west: "https://api.west.example.com" } as const;
export type CloudName = keyof typeof endpoints;
export const scopes = ["data-export", "metrics"] as const;

export type WorldCredential = {
  readonly clientId: string;
  readonly accountId: number;
  /** Its own, or for an account's credential the one that is asked for. */
  readonly projectId: number;
  readonly isAccountLevel: boolean;
  readonly secrets: readonly WorldSecret[];
};
export type WorldSecret = { readonly id: string; readonly text: string };

export const config = createConfig(
  readSettings(serverSettings, {
    BIPED_DATA_DIR: "/nowhere",
    BIPED_ISSUER: issuer,
    BIPED_SIGNING_ALG: "Ed25519",
    BIPED_TOKENS_PER_SECOND: "0",
  }),
);

const kek = createKeyEncryptionKey(new Uint8Array(32));

export type Clocks = {
  /** Epoch milliseconds on this machine. */
  readonly wallMilliseconds: () => number;
  readonly steadyMilliseconds: () => number;
};

export function createNodeParts(
  { wallMilliseconds, steadyMilliseconds }: Clocks,
  random: () => number,
): LocalNodeParts {
  return {
    kek,
    log: createLog("silent", () => {}),
    nowSeconds: () => Math.floor(wallMilliseconds() / 1000),
    monotonicSeconds: () => steadyMilliseconds() / 1000,
    machineMilliseconds: wallMilliseconds,
    steadyMilliseconds,
    randomBytes: (count) => Uint8Array.from({ length: count }, () => random() * 256),
    secretEnvironment: "test",
    adminRoutes: {},
  };
}

/** A signing key that follows from its number: with keys by chance no run would be like the one before it. */
export function createNumberedKey(number: number, atSeconds: number): SigningKey {
  const privateKey = createSeededKey(new Uint8Array(32).fill(number));
  const publicJwk = createPublicJwk(createPublicKey(privateKey), "Ed25519");
  const binding = { kid: publicJwk.kid, algorithm: "Ed25519", createdAt: atSeconds, state: "active" } as const;
  const content = privateKey.export({ format: "der", type: "pkcs8" });
  const sealedPrivateKey = seal(content, { ...binding, use: "sig" }, kek);
  return { ...binding, publicJwk: JSON.stringify(publicJwk), sealedPrivateKey, stateSince: atSeconds };
}

export type Template = {
  readonly credentials: readonly WorldCredential[];
  /** A new store with all of it; answers its URL and what removes it. */
  readonly copy: () => Promise<{ readonly url: string; readonly remove: () => Promise<void> }>;
  readonly remove: () => Promise<void>;
};

/** In memory where the machine has a place for it: nothing here is about disks. */
const parent = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

export async function createTemplate(): Promise<Template> {
  const directory = await mkdtemp(join(parent, "biped-simulation-"));
  const file = join(directory, "template.db");
  const credentials = await fillTemplate(`sqlite:${file}`);
  let copies = 0;
  return {
    credentials,
    copy: async () => {
      copies += 1;
      const copied = join(directory, `${copies}.db`);
      await copyFile(file, copied);
      return {
        url: `sqlite:${copied}`,
        remove: async () => {
          for (const side of ["", "-wal", "-shm"]) await rm(`${copied}${side}`, { force: true });
        },
      };
    },
    remove: () => rm(directory, { recursive: true }),
  };
}

/** The usual facts, in a store that is empty. */
export async function fillTemplate(url: string): Promise<readonly WorldCredential[]> {
  const storage = await openStorage(url);
  const milliseconds = (): number => startSeconds * 1000;
  const parts = createNodeParts({ wallMilliseconds: milliseconds, steadyMilliseconds: milliseconds }, createRandom(1));
  const timed = { ...storage, readClock: async () => startSeconds * 1000 };
  await storage.addSigningKey(createNumberedKey(0, startSeconds), {
    at: startSeconds,
    actor: "operator",
    requestId: undefined,
  });
  const node = await openLocalNode(timed, config, parts);
  const make = node.management("operator");
  for (const [name, endpoint] of Object.entries(endpoints)) must(await make.createCloud({ name, endpoint }));
  const first = must(await make.createAccount({ name: "Northwind Retail" }));
  const second = must(await make.createAccount({ name: "Harbour Travel" }));
  const places = [
    [1, first.id, "east"],
    [2, first.id, "west"],
    [3, second.id, "west"],
  ] as const;
  for (const [id, accountId, cloud] of places) {
    must(await make.createProject({ id, accountId, cloud, name: `Project ${id}`, timeZone: "UTC" }));
  }
  const wanted = [
    [first.id, 1, false],
    [first.id, 2, false],
    [first.id, 1, true],
    [second.id, 3, true],
  ] as const;
  const credentials: WorldCredential[] = [];
  for (const [accountId, projectId, isAccountLevel] of wanted) {
    const owner = { accountId, projectId: isAccountLevel ? undefined : projectId };
    const further = { scopes, allowedRanges: [], expiresAt: undefined };
    const name = `Credential ${credentials.length}`;
    const {
      credential,
      secretId,
      clientSecret = "",
    } = must(await make.createCredential({ ...owner, ...further, name }));
    const secrets = [{ id: secretId, text: clientSecret }];
    credentials.push({ clientId: credential.clientId, accountId, projectId, isAccountLevel, secrets });
  }
  await node.stop();
  await storage.close();
  return credentials;
}

const must = <Value>(value: Value | Refusal): Value => {
  if (isRefusal(value)) throw new Error(value.description);
  return value;
};
