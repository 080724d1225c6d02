import type { Transaction } from "kysely";
import { formatNameKey } from "../name-key.ts";
import type { Schema } from "../schema.ts";
import {
  type Author,
  type CoreStorage,
  type Credential,
  type CredentialChange,
  type CredentialWithSecret,
  credentialLimit,
  type NewCredential,
} from "../storage.ts";
import { lockCredential, selectClient, toClient, toCredential } from "./client.ts";
import { addEpoch, isOtherVersion, weighChange } from "./difference.ts";
import { findFormerAnswer } from "./idempotency.ts";
import { isUuid, toNumber, toUuid } from "./identifiers.ts";
import { clearSecrets, insertSecret, lockSecrets } from "./secrets.ts";
import { takesAway } from "./takes-away.ts";
import type { LockRows, Outcome, SqlParts } from "./write.ts";

type Credentials = Pick<
  CoreStorage,
  "createCredential" | "findCreatedCredential" | "findClient" | "changeCredential" | "deleteCredential"
>;
type Creation = CredentialWithSecret | "limit reached" | "unknown account" | "unknown project";
type Changed = Credential | undefined | "version mismatch";

export function createCredentials({ database, write }: SqlParts): Credentials {
  const { lockRows } = database;
  const findHeld = database.hold(selectClient(database.db));
  return {
    createCredential: (credential, secret, author) =>
      write<Creation>(author, async (trx) => {
        const hindrance = await findHindrance(trx, credential, lockRows);
        if (hindrance !== undefined) return { answer: hindrance };
        const created = await insertCredential(trx, credential, author.at);
        await insertSecret(trx, created.clientId, secret, author.at);
        const after = { ...describeMembers(created), secretId: secret.id, secretExpiresAt: secret.expiresAt };
        const change = { action: "credential.created", ...describe(created), before: undefined, after };
        return { answer: { credential: created, secretId: secret.id }, change };
      }),

    findCreatedCredential: (author) => findFormerAnswer<CredentialWithSecret>(database.db, author),

    findClient: async (clientId) => toClient(await findHeld(toUuid(clientId))),

    changeCredential: (clientId, change, author) =>
      write<Changed>(author, async (trx) => {
        const former = await lockCredential(trx, clientId, lockRows);
        return changeCredential(trx, { former, change }, author);
      }),

    deleteCredential: (clientId, author) =>
      write<boolean | "version mismatch">(author, async (trx) => {
        const former = await lockCredential(trx, clientId, lockRows);
        return deleteCredential(trx, { former, lockRows }, author);
      }),
  };
}

async function changeCredential(
  trx: Transaction<Schema>,
  { former: found, change }: { readonly former: Credential | undefined; readonly change: CredentialChange },
  author: Author,
): Promise<Outcome<Changed>> {
  const weighed = weighChange(found, ignoreOrder(found, change), author);
  if ("answer" in weighed) return weighed;
  const { former, difference } = weighed;
  const changed = { ...former, ...change };
  const epoch = former.epoch + (takesAway(former, changed) ? 1 : 0);
  const next: Credential = { ...changed, epoch, version: former.version + 1 };
  await trx.updateTable("credential").set(toChangedColumns(next)).where("client_id", "=", former.clientId).execute();
  const action = next.state === former.state ? "credential.changed" : `credential.${next.state}`;
  return { answer: next, change: { action, ...describe(former), ...addEpoch(difference, former, next) } };
}

/** Scopes and ranges are sets: another order of them is no change. */
function ignoreOrder(former: Credential | undefined, change: CredentialChange): CredentialChange {
  if (former === undefined) return change;
  const { scopes, allowedRanges } = change;
  return {
    ...change,
    ...(scopes !== undefined && isSameSet(former.scopes, scopes) && { scopes: former.scopes }),
    ...(allowedRanges !== undefined &&
      isSameSet(former.allowedRanges, allowedRanges) && { allowedRanges: former.allowedRanges }),
  };
}

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.every((item) => right.includes(item)) && right.every((item) => left.includes(item));
}

function toChangedColumns(next: Credential) {
  const { name, scopes, allowedRanges, expiresAt, state, epoch, version } = next;
  return {
    name,
    name_key: formatNameKey(name),
    scopes: JSON.stringify(scopes),
    allowed_ranges: JSON.stringify(allowedRanges),
    expires_at: expiresAt ?? null,
    state,
    epoch,
    version,
  };
}

async function deleteCredential(
  trx: Transaction<Schema>,
  { former, lockRows }: { readonly former: Credential | undefined; readonly lockRows: LockRows },
  author: Author,
): Promise<Outcome<boolean | "version mismatch">> {
  if (former === undefined) return { answer: false };
  if (isOtherVersion(former, author)) return { answer: "version mismatch" };
  const secrets = await lockSecrets(trx, former.clientId, lockRows);
  await clearSecrets(trx, secrets);
  const after = { state: "deleted", epoch: former.epoch + 1 } as const;
  await trx
    .updateTable("credential")
    .set({ ...after, version: former.version + 1 })
    .where("client_id", "=", former.clientId)
    .execute();
  const before = { ...describeMembers(former), secretIds: secrets.map(({ id }) => id) };
  return { answer: true, change: { action: "credential.deleted", ...describe(former), before, after } };
}

/** Locks what the limit counts for, so that two creations cannot both find the last place free. */
async function findHindrance(trx: Transaction<Schema>, { accountId, projectId }: NewCredential, lockRows: LockRows) {
  const account = trx.selectFrom("account").select("id").where("id", "=", toNumber(accountId));
  const isAccountLevel = projectId === undefined;
  const foundAccount = await (isAccountLevel ? account.$call(lockRows) : account).executeTakeFirst();
  if (foundAccount === undefined) return "unknown account";
  const credentials = trx
    .selectFrom("live_credential")
    .select((select) => select.fn.countAll<number>().as("count"))
    .where("account_id", "=", accountId);
  if (isAccountLevel) {
    const { count } = await credentials.where("project_id", "is", null).executeTakeFirstOrThrow();
    return count < credentialLimit ? undefined : "limit reached";
  }
  const project = trx.selectFrom("project").select("id").where("id", "=", toNumber(projectId));
  const found = await project.where("account_id", "=", accountId).$call(lockRows).executeTakeFirst();
  if (found === undefined) return "unknown project";
  const { count } = await credentials.where("project_id", "=", projectId).executeTakeFirstOrThrow();
  return count < credentialLimit ? undefined : "limit reached";
}

async function insertCredential(trx: Transaction<Schema>, credential: NewCredential, at: number): Promise<Credential> {
  if (!isUuid(credential.clientId)) throw new TypeError("A client id must be a UUID in lower case.");
  const row = {
    client_id: credential.clientId,
    account_id: credential.accountId,
    project_id: credential.projectId ?? null,
    name: credential.name,
    name_key: formatNameKey(credential.name),
    scopes: JSON.stringify(credential.scopes),
    allowed_ranges: JSON.stringify(credential.allowedRanges),
    expires_at: credential.expiresAt ?? null,
    state: "enabled",
    epoch: 0,
    created_at: at,
    version: 1,
  } as const;
  await trx.insertInto("credential").values(row).execute();
  return toCredential(row);
}

function describe({ clientId, accountId }: Credential) {
  return { subject: `credential:${clientId}`, accountId };
}

function describeMembers({ projectId, name, scopes, allowedRanges, expiresAt, state, epoch }: Credential) {
  return { projectId, name, scopes, allowedRanges, expiresAt, state, epoch };
}
