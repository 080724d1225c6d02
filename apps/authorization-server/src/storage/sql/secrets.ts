import { sql, type Transaction } from "kysely";
import type { LiveSecretView, Schema } from "../schema.ts";
import type { NewSecret, Secret, SecretRotation, Storage } from "../storage.ts";
import { lockCredential, toSecret } from "./client.ts";
import type { LockRows, SqlParts } from "./write.ts";

type Secrets = Pick<Storage, "rotateSecret" | "retireSecret">;

/** So many secrets of one credential have a digest at most, expired ones among them. */
const secretLimit = 2;

export function createSecrets({ database: { lockRows }, write }: SqlParts): Secrets {
  return {
    rotateSecret: (rotation, author) =>
      write<Secret | "two live secrets" | "unknown credential">(author, async (trx) => {
        const owner = await lockCredential(trx, rotation.clientId, lockRows);
        if (owner === undefined) return { answer: "unknown credential" };
        const secrets = await lockSecrets(trx, owner.clientId, lockRows);
        const expired = secrets.filter(({ expires_at }) => expires_at !== null && expires_at <= author.at);
        if (secrets.length - expired.length >= secretLimit) return { answer: "two live secrets" };
        const replaced = secrets.length < secretLimit ? undefined : expired[0];
        if (replaced !== undefined) await clearSecrets(trx, [replaced]);
        const former = secrets.find((secret) => secret !== replaced);
        const formerChange = former && (await limitFormer(trx, former, rotation));
        const { id, expiresAt } = rotation.secret;
        const answer = await insertSecret(trx, owner.clientId, rotation.secret, author.at);
        const before = { ...formerChange?.before, replacedId: replaced?.id };
        const after = { clientId: owner.clientId, expiresAt, ...formerChange?.after };
        const described = { subject: `secret:${id}`, accountId: owner.accountId };
        return { answer, change: { action: "secret.rotated", ...described, before, after } };
      }),

    retireSecret: (clientId, secretId, author) =>
      write(author, async (trx) => {
        const owner = await lockCredential(trx, clientId, lockRows);
        if (owner === undefined) return { answer: false };
        const secrets = await lockSecrets(trx, clientId, lockRows);
        const secret = secrets.find(({ id }) => id === secretId);
        if (secret === undefined) return { answer: false };
        const cleared = { digest: null, pepper_id: null, retired_at: author.at };
        await trx.updateTable("secret").set(cleared).where("id", "=", secretId).execute();
        const before = { clientId, expiresAt: secret.expires_at ?? undefined };
        const after = { clientId, retiredAt: author.at };
        const described = { subject: `secret:${secretId}`, accountId: owner.accountId };
        return { answer: true, change: { action: "secret.retired", ...described, before, after } };
      }),
  };
}

/** The secrets that have a digest, oldest first, locked in the order of their ids as `recordUse` locks them. */
export async function lockSecrets(
  trx: Transaction<Schema>,
  clientId: string,
  lockRows: LockRows,
): Promise<readonly LiveSecretView[]> {
  const query = trx
    .selectFrom("live_secret")
    .select(["id", "client_id", "ordinal", "digest", "pepper_id", "created_at", "expires_at", "last_used_at"])
    .where("client_id", "=", clientId)
    .orderBy("id");
  const secrets = await query.$call(lockRows).execute();
  return secrets.toSorted((left, right) => left.ordinal - right.ordinal);
}

/** Takes the digests away; the rows stay. */
export async function clearSecrets(trx: Transaction<Schema>, secrets: readonly LiveSecretView[]): Promise<void> {
  for (const { id } of secrets) {
    await trx.updateTable("secret").set({ digest: null, pepper_id: null }).where("id", "=", id).execute();
  }
}

export async function insertSecret(
  trx: Transaction<Schema>,
  clientId: string,
  secret: NewSecret,
  at: number,
): Promise<Secret> {
  const row = {
    id: secret.id,
    digest: secret.digest,
    pepper_id: secret.pepperId,
    created_at: at,
    expires_at: secret.expiresAt ?? null,
    last_used_at: null,
  };
  // Cleared secrets count too: no ordinal is given twice.
  const ordinal = sql<number>`(select coalesce(max(ordinal), 0) + 1 from secret where client_id = ${clientId})`;
  await trx
    .insertInto("secret")
    .values({ ...row, client_id: clientId, ordinal })
    .execute();
  return toSecret(row);
}

/** Brings the end of the former secret forward, never back. */
async function limitFormer(trx: Transaction<Schema>, former: LiveSecretView, { formerExpiresAt }: SecretRotation) {
  const expiresAt = Math.min(former.expires_at ?? formerExpiresAt, formerExpiresAt);
  await trx.updateTable("secret").set({ expires_at: expiresAt }).where("id", "=", former.id).execute();
  return {
    before: { formerId: former.id, formerExpiresAt: former.expires_at ?? undefined },
    after: { formerId: former.id, formerExpiresAt: expiresAt },
  };
}
