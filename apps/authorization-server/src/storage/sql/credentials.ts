import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import { type Credential, credentialLimit, type NewCredential, type Storage } from "../storage.ts";
import { changeState } from "./accounts.ts";
import { lockCredential, selectClient, toClient, toCredential } from "./client.ts";
import { isUuid, toNumber, toUuid } from "./identifiers.ts";
import { clearSecrets, insertSecret, lockSecrets } from "./secrets.ts";
import type { LockRows, SqlParts } from "./write.ts";

type Credentials = Pick<
  Storage,
  "createCredential" | "findClient" | "setCredentialState" | "setCredentialScopes" | "deleteCredential"
>;

export function createCredentials(parts: SqlParts): Credentials {
  const { database, write } = parts;
  const findHeld = database.hold(selectClient(database.db));
  return {
    createCredential: (credential, secret, author) =>
      write<Credential | "limit reached" | "unknown account" | "unknown project">(author, async (trx) => {
        const hindrance = await findHindrance(trx, credential, database.lockRows);
        if (hindrance !== undefined) return { answer: hindrance };
        const created = await insertCredential(trx, credential, author.at);
        await insertSecret(trx, created.clientId, secret, author.at);
        const after = { ...describeMembers(created), secretId: secret.id, secretExpiresAt: secret.expiresAt };
        const change = { action: "credential.created", ...describe(created), before: undefined, after };
        return { answer: created, change };
      }),
    findClient: async (clientId) => toClient(await findHeld(toUuid(clientId))),
    ...createCredentialChanges(parts),
    deleteCredential: (clientId, author) =>
      write(author, async (trx) => {
        const former = await lockCredential(trx, clientId, database.lockRows);
        if (former === undefined) return { answer: false };
        const secrets = await lockSecrets(trx, clientId, database.lockRows);
        await clearSecrets(trx, secrets);
        const after = { state: "deleted", epoch: former.epoch + 1 } as const;
        await trx.updateTable("credential").set(after).where("client_id", "=", clientId).execute();
        const before = { ...describeMembers(former), secretIds: secrets.map(({ id }) => id) };
        return { answer: true, change: { action: "credential.deleted", ...describe(former), before, after } };
      }),
  };
}

type CredentialChanges = Pick<Storage, "setCredentialState" | "setCredentialScopes">;

function createCredentialChanges({ database: { lockRows }, write }: SqlParts): CredentialChanges {
  return {
    setCredentialState: (clientId, state, author) =>
      write<Credential | undefined>(author, async (trx) => {
        const former = await lockCredential(trx, clientId, lockRows);
        if (former === undefined || former.state === state) return { answer: former };
        const change = changeState(former, state);
        await trx.updateTable("credential").set(change.after).where("client_id", "=", clientId).execute();
        const action = `credential.${state}`;
        return { answer: { ...former, ...change.after }, change: { action, ...describe(former), ...change } };
      }),
    setCredentialScopes: (clientId, scopes, author) =>
      write<Credential | undefined>(author, async (trx) => {
        const former = await lockCredential(trx, clientId, lockRows);
        if (former === undefined) return { answer: undefined };
        const isTakenAway = former.scopes.some((scope) => !scopes.includes(scope));
        if (!isTakenAway && scopes.every((scope) => former.scopes.includes(scope))) return { answer: former };
        const epoch = former.epoch + (isTakenAway ? 1 : 0);
        const columns = { scopes: JSON.stringify(scopes), epoch };
        await trx.updateTable("credential").set(columns).where("client_id", "=", clientId).execute();
        const change = { before: { scopes: former.scopes, epoch: former.epoch }, after: { scopes, epoch } };
        const action = "credential.changed";
        return { answer: { ...former, scopes, epoch }, change: { action, ...describe(former), ...change } };
      }),
  };
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
    scopes: JSON.stringify(credential.scopes),
    allowed_ranges: JSON.stringify(credential.allowedRanges),
    expires_at: credential.expiresAt ?? null,
    state: "enabled",
    epoch: 0,
  } as const;
  await trx
    .insertInto("credential")
    .values({ ...row, created_at: at })
    .execute();
  return toCredential(row);
}

function describe({ clientId, accountId }: Credential) {
  return { subject: `credential:${clientId}`, accountId };
}

function describeMembers({ projectId, name, scopes, allowedRanges, expiresAt, state, epoch }: Credential) {
  return { projectId, name, scopes, allowedRanges, expiresAt, state, epoch };
}
