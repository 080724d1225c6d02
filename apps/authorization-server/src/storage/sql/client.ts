import { textParameter } from "@biped/database";
import type { Kysely, Transaction } from "kysely";
import type { LiveCredentialView, LiveSecretView, Schema } from "../schema.ts";
import type { Account, Client, Credential, Project, Secret } from "../storage.ts";
import { nilUuid, toUuid } from "./identifiers.ts";
import { parseTexts } from "./json-text.ts";
import type { LockRows } from "./write.ts";

const clientColumns = [
  "credential.client_id",
  "credential.account_id",
  "credential.project_id",
  "credential.name",
  "credential.scopes",
  "credential.allowed_ranges",
  "credential.expires_at",
  "credential.state",
  "credential.epoch",
  "credential.created_at",
  "credential.version",
  "account.name as account_name",
  "account.state as account_state",
  "account.epoch as account_epoch",
  "account.created_at as account_created_at",
  "account.credential_lifetime_limit_days",
  "account.version as account_version",
  "project.cloud",
  "cloud.endpoint",
  "project.name as project_name",
  "project.time_zone",
  "project.state as project_state",
  "project.epoch as project_epoch",
  "project.created_at as project_created_at",
  "project.version as project_version",
  "secret.id as secret_id",
  "secret.digest",
  "secret.pepper_id",
  "secret.created_at as secret_created_at",
  "secret.expires_at as secret_expires_at",
  "secret.last_used_at",
  "secret.last_used_source",
] as const;

/** All that decides whether a credential may act, in one statement: a row for each of its secrets, oldest first. */
export function selectClient(db: Kysely<Schema>) {
  return db
    .selectFrom("live_credential as credential")
    .innerJoin("account", "account.id", "credential.account_id")
    .leftJoin("project", "project.id", "credential.project_id")
    .leftJoin("cloud", "cloud.name", "project.cloud")
    .leftJoin("live_secret as secret", "secret.client_id", "credential.client_id")
    .where("credential.client_id", "=", textParameter(nilUuid))
    .orderBy("secret.ordinal")
    .select(clientColumns);
}

export type ClientRow = Awaited<ReturnType<ReturnType<typeof selectClient>["execute"]>>[number];

/** Undefined for no rows. */
export function toClient(rows: readonly ClientRow[]): Client | undefined {
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    credential: toCredential(row),
    secrets: rows.flatMap(toSecrets),
    account: toAccount(row),
    project: toProject(row),
  };
}

export const credentialColumns = [
  "client_id",
  "account_id",
  "project_id",
  "name",
  "name_key",
  "scopes",
  "allowed_ranges",
  "expires_at",
  "state",
  "epoch",
  "created_at",
  "version",
] as const;

/** The credential, locked until the transaction ends; undefined if it is unknown or deleted. */
export async function lockCredential(
  trx: Transaction<Schema>,
  clientId: string,
  lockRows: LockRows,
): Promise<Credential | undefined> {
  const query = trx.selectFrom("live_credential").select(credentialColumns).where("client_id", "=", toUuid(clientId));
  const row = await query.$call(lockRows).executeTakeFirst();
  return row === undefined ? undefined : toCredential(row);
}

export function toCredential(row: Omit<LiveCredentialView, "name_key">): Credential {
  return {
    clientId: row.client_id,
    accountId: row.account_id,
    projectId: row.project_id ?? undefined,
    name: row.name,
    scopes: parseTexts(row.scopes),
    allowedRanges: parseTexts(row.allowed_ranges),
    expiresAt: row.expires_at ?? undefined,
    state: row.state,
    epoch: row.epoch,
    createdAt: row.created_at,
    version: row.version,
  };
}

export function toSecret(row: Omit<LiveSecretView, "client_id" | "ordinal" | "former_expires_at">): Secret {
  return {
    id: row.id,
    digest: row.digest,
    pepperId: row.pepper_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
    lastUsedSource: row.last_used_source ?? undefined,
  };
}

/** An outer join fills in all columns of a row or none. */
function toSecrets({ secret_id, digest, pepper_id, secret_created_at, secret_expires_at, ...row }: ClientRow) {
  if (secret_id === null || digest === null || pepper_id === null || secret_created_at === null) return [];
  const { last_used_at, last_used_source } = row;
  const dates = { created_at: secret_created_at, expires_at: secret_expires_at, last_used_at, last_used_source };
  return [toSecret({ id: secret_id, digest, pepper_id, ...dates })];
}

function toAccount(row: ClientRow): Account {
  return {
    id: row.account_id,
    name: row.account_name,
    state: row.account_state,
    epoch: row.account_epoch,
    createdAt: row.account_created_at,
    credentialLifetimeLimitDays: row.credential_lifetime_limit_days ?? undefined,
    version: row.account_version,
  };
}

function toProject(row: ClientRow): Project | undefined {
  const { project_id: id, cloud, endpoint, project_name: name, time_zone: timeZone, project_state: state } = row;
  const { project_epoch: epoch, project_created_at: createdAt, project_version: version } = row;
  if (id === null || cloud === null || endpoint === null || name === null || timeZone === null) return undefined;
  if (state === null || epoch === null || createdAt === null || version === null) return undefined;
  return { id, accountId: row.account_id, cloud, endpoint, name, timeZone, state, epoch, createdAt, version };
}
