import type { Database } from "@biped/database";
import type { Schema } from "./schema.ts";
import { createAccounts } from "./sql/accounts.ts";
import { createAdministration } from "./sql/administration.ts";
import { createAskings } from "./sql/askings.ts";
import { createAuditLog } from "./sql/audit-log.ts";
import { createClouds } from "./sql/clouds.ts";
import { createCopies } from "./sql/copies.ts";
import { createCredentials } from "./sql/credentials.ts";
import { createEnvelopes } from "./sql/envelopes.ts";
import { createIssueEvents } from "./sql/issue-events.ts";
import { createPeppers } from "./sql/peppers.ts";
import { createProjects } from "./sql/projects.ts";
import { createRestores } from "./sql/restores.ts";
import { createSecrets } from "./sql/secrets.ts";
import { createSigningKeys } from "./sql/signing-keys.ts";
import { createTokenRevocations } from "./sql/token-revocations.ts";
import { createUsage } from "./sql/usage.ts";
import { createUsageNodes } from "./sql/usage-nodes.ts";
import { createViews } from "./sql/views.ts";
import { changesChannel, createWrite, type SqlParts } from "./sql/write.ts";
import type { Storage } from "./storage.ts";

/** The storage on SQLite or PostgreSQL. Whatever goes wrong with the store throws `StoreUnavailable`. */
export function createSqlStorage(database: Database<Schema>): Storage {
  const parts: SqlParts = { database, write: createWrite(database) };
  return {
    ...createAccounts(parts),
    ...createClouds(parts),
    ...createProjects(parts),
    ...createCredentials(parts),
    ...createSecrets(parts),
    ...createSigningKeys(parts),
    ...createPeppers(parts),
    ...createEnvelopes(parts),
    ...createRestores(parts),
    ...createTokenRevocations(parts),
    ...createAskings(parts),
    ...createAdministration(parts),
    ...createUsage(parts),
    ...createUsageNodes(parts),
    ...createIssueEvents(parts),
    ...createAuditLog(parts),
    ...createViews(parts),
    ...createCopies(parts),
    listenForChanges: (onChange, onLost) => database.listen(changesChannel, onChange, onLost),
    readClock: database.readClock,
    ping: database.ping,
    close: database.close,
  };
}
