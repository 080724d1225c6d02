import { sql, type Transaction } from "kysely";
import type { LiveSecretView, Schema } from "../schema.ts";
import type { Author, CoreStorage, Credential, CredentialWithSecret, NewSecret, SecretRotation } from "../storage.ts";
import { lockCredential } from "./client.ts";
import { isOtherVersion } from "./difference.ts";
import type { Change, LockRows, Outcome, SqlParts } from "./write.ts";

type Secrets = Pick<CoreStorage, "rotateSecret" | "retireSecret" | "cancelRotation">;
type Rotated = CredentialWithSecret | "two live secrets" | "unknown credential" | "version mismatch";
type SecretId = { readonly clientId: string; readonly secretId: string };

/** So many secrets of one credential have a digest at most, expired ones among them. */
const secretLimit = 2;

export function createSecrets({ database: { lockRows }, write }: SqlParts): Secrets {
  return {
    rotateSecret: (rotation, author) =>
      write<Rotated>(author, async (trx) => {
        const owner = await lockOwner(trx, rotation, { lockRows, ifVersion: author.ifVersion });
        if (typeof owner === "string") return { answer: owner };
        return rotateSecret(trx, { ...owner, rotation }, author.at);
      }),

    retireSecret: ({ unlessUsedSince, ...of }, author) =>
      write<boolean | "in use" | "version mismatch">(author, async (trx) => {
        const owner = await lockOwner(trx, of, { lockRows, ifVersion: author.ifVersion });
        if (typeof owner === "string") return { answer: owner === "version mismatch" ? owner : false };
        const secret = owner.secrets.find(({ id }) => id === of.secretId);
        if (secret === undefined) return { answer: false };
        if (unlessUsedSince !== undefined && (secret.last_used_at ?? -1) >= unlessUsedSince)
          return { answer: "in use" };
        const change = await retire(trx, { ...owner, secret }, author.at);
        return { answer: true, change };
      }),

    cancelRotation: (of, author) =>
      write<boolean | "no rotation" | "version mismatch">(author, async (trx) => {
        const owner = await lockOwner(trx, of, { lockRows, ifVersion: author.ifVersion });
        if (typeof owner === "string") return { answer: owner === "version mismatch" ? owner : false };
        return cancelRotation(trx, { ...owner, secretId: of.secretId }, author);
      }),
  };
}

export const secretColumns = [
  "id",
  "client_id",
  "ordinal",
  "digest",
  "pepper_id",
  "created_at",
  "expires_at",
  "last_used_at",
  "last_used_source",
  "former_expires_at",
] as const;

type Owner = { readonly credential: Credential; readonly secrets: readonly LiveSecretView[] };

async function lockOwner(
  trx: Transaction<Schema>,
  { clientId }: { readonly clientId: string },
  { lockRows, ifVersion }: { readonly lockRows: LockRows; readonly ifVersion: number | undefined },
): Promise<Owner | "unknown credential" | "version mismatch"> {
  const credential = await lockCredential(trx, clientId, lockRows);
  if (credential === undefined) return "unknown credential";
  if (isOtherVersion(credential, { ifVersion })) return "version mismatch";
  return { credential, secrets: await lockSecrets(trx, clientId, lockRows) };
}

async function rotateSecret(
  trx: Transaction<Schema>,
  { credential, secrets, rotation }: Owner & { readonly rotation: SecretRotation },
  at: number,
): Promise<Outcome<Rotated>> {
  const expired = secrets.filter(({ expires_at }) => expires_at !== null && expires_at <= at);
  if (secrets.length - expired.length >= secretLimit) return { answer: "two live secrets" };
  const replaced = secrets.length < secretLimit ? undefined : expired[0];
  if (replaced !== undefined) await clearSecrets(trx, [replaced]);
  const former = secrets.find((secret) => secret !== replaced);
  const formerChange = former && (await limitFormer(trx, former, rotation));
  const { clientId } = credential;
  const { id, expiresAt } = rotation.secret;
  await insertSecret(trx, clientId, rotation.secret, at);
  const before = { ...formerChange?.before, replacedId: replaced?.id };
  const after = { clientId, expiresAt, ...formerChange?.after };
  const change = { action: "secret.rotated", ...describe(credential, id), before, after };
  return { answer: { credential: await raiseVersion(trx, credential), secretId: id }, change };
}

async function retire(
  trx: Transaction<Schema>,
  { credential, secret }: { readonly credential: Credential; readonly secret: LiveSecretView },
  at: number,
): Promise<Change> {
  const { clientId } = credential;
  await endSecret(trx, secret.id, at);
  await raiseVersion(trx, credential);
  const before = { clientId, expiresAt: secret.expires_at ?? undefined };
  return { action: "secret.retired", ...describe(credential, secret.id), before, after: { clientId, retiredAt: at } };
}

/** A former secret that has ended stays so: then there is nothing to go back to. */
async function cancelRotation(
  trx: Transaction<Schema>,
  { credential, secrets, secretId }: Owner & Pick<SecretId, "secretId">,
  { at }: Author,
): Promise<Outcome<boolean | "no rotation">> {
  if (!secrets.some(({ id }) => id === secretId)) return { answer: false };
  const [former, newest] = secrets;
  const isUnderWay = newest?.id === secretId && (former?.expires_at ?? -1) > at;
  if (former === undefined || !isUnderWay) return { answer: "no rotation" };
  await endSecret(trx, secretId, at);
  const restored = { expires_at: former.former_expires_at, former_expires_at: null };
  await trx.updateTable("secret").set(restored).where("id", "=", former.id).execute();
  await raiseVersion(trx, credential);
  const { clientId } = credential;
  const named = { clientId, formerId: former.id };
  const before = { ...named, formerExpiresAt: former.expires_at ?? undefined };
  const after = { ...named, formerExpiresAt: former.former_expires_at ?? undefined, retiredAt: at };
  return {
    answer: true,
    change: { action: "secret.rotation-cancelled", ...describe(credential, secretId), before, after },
  };
}

async function endSecret(trx: Transaction<Schema>, secretId: string, at: number): Promise<void> {
  const cleared = { digest: null, pepper_id: null, retired_at: at };
  await trx.updateTable("secret").set(cleared).where("id", "=", secretId).execute();
}

async function raiseVersion(trx: Transaction<Schema>, credential: Credential): Promise<Credential> {
  const version = credential.version + 1;
  await trx.updateTable("credential").set({ version }).where("client_id", "=", credential.clientId).execute();
  return { ...credential, version };
}

function describe({ accountId }: Credential, secretId: string) {
  return { subject: `secret:${secretId}`, accountId };
}

/** The secrets that have a digest, oldest first, locked in the order of their ids as `recordUse` locks them. */
export async function lockSecrets(
  trx: Transaction<Schema>,
  clientId: string,
  lockRows: LockRows,
): Promise<readonly LiveSecretView[]> {
  const query = trx.selectFrom("live_secret").select(secretColumns).where("client_id", "=", clientId).orderBy("id");
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
): Promise<void> {
  // Cleared secrets count too: no ordinal is given twice.
  const ordinal = sql<number>`(select coalesce(max(ordinal), 0) + 1 from secret where client_id = ${clientId})`;
  const row = {
    id: secret.id,
    client_id: clientId,
    ordinal,
    digest: secret.digest,
    pepper_id: secret.pepperId,
    created_at: at,
    expires_at: secret.expiresAt ?? null,
    last_used_at: null,
    last_used_source: null,
    former_expires_at: null,
    retired_at: null,
  };
  await trx.insertInto("secret").values(row).execute();
}

/** Brings the end of the former secret forward, never back. */
async function limitFormer(trx: Transaction<Schema>, former: LiveSecretView, { formerExpiresAt }: SecretRotation) {
  const expiresAt = Math.min(former.expires_at ?? formerExpiresAt, formerExpiresAt);
  const ends = { expires_at: expiresAt, former_expires_at: former.expires_at };
  await trx.updateTable("secret").set(ends).where("id", "=", former.id).execute();
  return {
    before: { formerId: former.id, formerExpiresAt: former.expires_at ?? undefined },
    after: { formerId: former.id, formerExpiresAt: expiresAt },
  };
}
