/** Puts many credentials into a store at once: the real schema, real secrets and digests, only without the audit log. */

import { randomBytes, randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { createSecret } from "@biped/protocol";
import { openSecretDigester } from "../../apps/authorization-server/src/credentials/secret-digest.ts";
import { readKeyEncryptionKeyFile } from "../../apps/authorization-server/src/signing/key-encryption-key-file.ts";
import { formatNameKey } from "../../apps/authorization-server/src/storage/name-key.ts";
import { openStorage } from "../../apps/authorization-server/src/storage/open-storage.ts";
import type { RequestBodies } from "../load/load.ts";
import type { BipedStore } from "./biped-store.ts";
import { nameAccount, nameCredential, nameProject } from "./names.ts";
import { formatRecord, tokenRequestPrefix } from "./token-request.ts";

export type Row = Readonly<Record<string, SQLInputValue>>;
export type Insert = (changes: Row) => void;

const credentialsPerProject = 10;
const projectsPerAccount = 10;
/** Above the ids that the store has already. */
export const firstId = 1000;

/** @returns bodies that draw from the new credentials alone. */
export async function seedCredentials(store: BipedStore, count: number): Promise<RequestBodies> {
  const digest = await openDigest(store);
  const database = openFast(store.databaseFile);
  const records: string[] = [];
  const insert = prepareInserts(database, store.clientId);
  const drawBytes = createPool();
  database.exec("begin");
  for (let index = 0; index < count; index += 1) {
    const ids = insertParents(insert, index);
    const [client_id, secret] = [randomUUID(), createSecret("live", drawBytes)];
    insert.credential({ client_id, ...ids, ...nameRow(nameCredential(index)) });
    insert.secret({ client_id, id: randomUUID(), digest: digest(secret) });
    records.push(formatRecord(client_id, secret));
  }
  database.exec("commit");
  database.close();
  const recordsFile = join(store.folder, "records");
  writeFileSync(recordsFile, records.join(""));
  return { prefix: tokenRequestPrefix, recordsFile, recordBytes: records[0]?.length ?? 0 };
}

/** The system is asked once for many secrets: asked for each, it would take most of the time. */
function createPool(): (count: number) => Uint8Array {
  let pool: Uint8Array = new Uint8Array(0);
  return (count) => {
    if (pool.length < count) pool = randomBytes(65_536);
    const drawn = pool.subarray(0, count);
    pool = pool.subarray(count);
    return drawn;
  };
}

async function openDigest(store: BipedStore): Promise<(secret: string) => string> {
  const storage = await openStorage(`sqlite:${store.databaseFile}`);
  const kek = readKeyEncryptionKeyFile(store.kekFile);
  const author = { at: Math.floor(Date.now() / 1000), actor: "operator", requestId: undefined };
  const digester = await openSecretDigester({ storage, kek, randomBytes, author });
  await storage.close();
  return (secret) => digester.digestForStorage(secret).digest;
}

/** Nothing here must survive a crash; the server takes the log into use again when it opens the file. */
export function openFast(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  for (const pragma of ["journal_mode = off", "synchronous = off", "cache_size = -2000000"]) {
    database.exec(`pragma ${pragma}`);
  }
  return database;
}

/** The rows that the program itself has written are the pattern of all others. */
function prepareInserts(database: DatabaseSync, clientId: string) {
  const credential = database.prepare("select * from credential where client_id = ?").get(clientId) ?? {};
  const secret = database.prepare("select * from secret where client_id = ?").get(clientId) ?? {};
  const project = database.prepare("select * from project where id = ?").get(credential.project_id ?? 0) ?? {};
  const account = database.prepare("select * from account where id = ?").get(credential.account_id ?? 0) ?? {};
  return {
    account: prepareInsert(database, "account", account),
    project: prepareInsert(database, "project", project),
    credential: prepareInsert(database, "credential", credential),
    secret: prepareInsert(database, "secret", secret),
  };
}

export function prepareInsert(database: DatabaseSync, table: string, pattern: Row): Insert {
  const columns = Object.keys(pattern);
  const places = columns.map(() => "?").join(", ");
  const statement = database.prepare(`insert into ${table} (${columns.join(", ")}) values (${places})`);
  return (changes) => {
    statement.run(...columns.map((column) => changes[column] ?? pattern[column] ?? null));
  };
}

/** A new project for each ten credentials, a new account for each ten projects: the most that the rules allow. */
function insertParents(insert: ReturnType<typeof prepareInserts>, index: number) {
  const project = Math.floor(index / credentialsPerProject);
  const account_id = firstId + Math.floor(project / projectsPerAccount);
  const project_id = firstId + project;
  if (index % (credentialsPerProject * projectsPerAccount) === 0) {
    insert.account({ id: account_id, ...nameRow(nameAccount(account_id)) });
  }
  if (index % credentialsPerProject === 0) {
    insert.project({ id: project_id, account_id, ...nameRow(nameProject(project_id)) });
  }
  return { account_id, project_id };
}

function nameRow(name: string): Row {
  return { name, name_key: formatNameKey(name) };
}
