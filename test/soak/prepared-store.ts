/** The facts and the access token with which writers change a store, put there by the storage itself. */

import { randomBytes, randomUUID } from "node:crypto";
import { createSecret } from "@biped/protocol";
import { digestText } from "../../apps/authorization-server/src/administrators/token-digest.ts";
import { migrateStorage, openStorage } from "../../apps/authorization-server/src/storage/open-storage.ts";
import type { Storage } from "../../apps/authorization-server/src/storage/storage.ts";

export type PreparedStore = {
  /** Of an administrator who may do everything. */
  readonly accessToken: string;
  /** As the audit log names who uses it. */
  readonly actor: string;
  readonly accountId: number;
  readonly projectIds: readonly number[];
  readonly endpoint: string;
};

const storeEndpoint = "https://api.eu-west-1.example.com";
const day = 86_400;

/** Migrates an empty store, and puts an account with so many projects into it. */
export async function prepareStore(databaseUrl: string, projectCount: number): Promise<PreparedStore> {
  await migrateStorage(databaseUrl);
  const storage = await openStorage(databaseUrl);
  try {
    const author = { at: Math.floor(Date.now() / 1000), actor: "operator", requestId: undefined };
    const account = await storage.createAccount({ name: "Northwind Retail" }, author);
    await storage.createCloud({ name: "aws", endpoint: storeEndpoint }, author);
    const projectIds = Array.from({ length: projectCount }, (_, index) => 42 + index);
    for (const id of projectIds) {
      const names = { name: `Project ${id}`, timeZone: "UTC", cloud: "aws" };
      await storage.createProject({ id, accountId: account.id, ...names }, author);
    }
    const token = await createToken(storage, author);
    return { ...token, accountId: account.id, projectIds, endpoint: storeEndpoint };
  } finally {
    await storage.close();
  }
}

async function createToken(storage: Storage, author: Parameters<Storage["createAccessToken"]>[1]) {
  const administratorId = randomUUID();
  const person = { email: "vera@example.com", name: "Vera Lind", passwordHash: undefined, isPlatformOwner: true };
  await storage.createAdministrator({ id: administratorId, ...person, passwordHash: "$argon2id$x" }, author);
  await storage.beginTotp(administratorId, "sealed");
  await storage.confirmTotp(administratorId, 1, author);
  const accessToken = createSecret("admin", randomBytes);
  const id = randomUUID();
  const scopes = ["credentials", "signing-keys", "projects", "accounts"] as const;
  const expiresAt = author.at + 300 * day;
  const made = { id, administratorId, name: "writers", digest: digestText(accessToken), scopes, expiresAt };
  await storage.createAccessToken({ ...made, accountId: undefined }, author);
  return { accessToken, actor: `access-token:${id}` };
}
