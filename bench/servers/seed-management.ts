/**
 * A large installation as its administrators find it: 1,000 accounts of ten projects of ten credentials, a year of
 * changes, a week of uses and refusals in each account; and who may look at it, by token and by session.
 */

import { randomBytes, randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { type AuditEntry, type AuditLink, linkAuditEntry } from "@biped/management-client/audit-chain";
import { createSecret } from "@biped/protocol";
import { digestText } from "../../apps/authorization-server/src/administrators/token-digest.ts";
import { openStorage } from "../../apps/authorization-server/src/storage/open-storage.ts";
import type { Author, Storage } from "../../apps/authorization-server/src/storage/storage.ts";
import type { BipedStore } from "./biped-store.ts";
import { firstId, openFast, prepareInsert, type Row, seedCredentials } from "./seed-credentials.ts";

export type ManagedStore = {
  readonly store: BipedStore;
  /** Access token of a platform owner, who sees everything. */
  readonly ownerToken: string;
  /** Access token of a viewer of `memberAccounts` accounts. */
  readonly memberToken: string;
  /** What the owner's browser holds. */
  readonly sessionCookie: string;
  readonly ownerId: string;
  /** Of the credential with the most uses and refusals. */
  readonly clientId: string;
};

const accounts = 1000;
const credentials = accounts * 10 * 10;
const memberAccounts = 200;
const auditEvents = 100_000;
const secondsPerHour = 3600;
const secondsPerDay = 86_400;
const week = 7 * 24;

export async function seedManagement(store: BipedStore): Promise<ManagedStore> {
  await seedCredentials(store, credentials);
  const now = Math.floor(Date.now() / 1000);
  const seen = await addCallers(store, now);
  const database = openFast(store.databaseFile);
  database.exec("begin");
  addAdministrators(database);
  addEnds(database, now);
  const clientIds = listClientIds(database);
  addAuditEvents(database, { now, clientIds });
  addUses(database, { now, clientIds });
  database.exec("commit");
  database.close();
  return { store, ...seen, clientId: clientIds[0] ?? "" };
}

/** By the storage's own ways, so that they are what the server makes. */
async function addCallers(store: BipedStore, now: number) {
  const storage = await openStorage(`sqlite:${store.databaseFile}`);
  const author = { at: now, actor: "operator", requestId: undefined };
  const ownerId = await addAdministrator(storage, { name: "Owner", isPlatformOwner: true }, author);
  const memberId = await addAdministrator(storage, { name: "Member", isPlatformOwner: false }, author);
  for (let index = 0; index < memberAccounts; index += 1) {
    await storage.setMembership(memberId, { accountId: firstId + 5 * index, role: "viewer" }, author);
  }
  const ownerToken = await addAccessToken(storage, ownerId, author);
  const memberToken = await addAccessToken(storage, memberId, author);
  const sessionCookie = await addSession(storage, ownerId, author);
  await storage.close();
  return { ownerToken, memberToken, sessionCookie, ownerId };
}

async function addAdministrator(
  storage: Storage,
  { name, isPlatformOwner }: { readonly name: string; readonly isPlatformOwner: boolean },
  author: Author,
): Promise<string> {
  const id = randomUUID();
  const passwordHash = `$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$${randomBytes(32).toString("base64url")}`;
  const email = `${name.toLowerCase()}@example.com`;
  await storage.createAdministrator({ id, name, email, passwordHash, isPlatformOwner }, author);
  await storage.beginTotp(id, "sealed");
  await storage.confirmTotp(id, 1, author);
  return id;
}

async function addAccessToken(storage: Storage, administratorId: string, author: Author): Promise<string> {
  const token = createSecret("admin", randomBytes);
  const expiresAt = author.at + secondsPerDay;
  const about = { id: randomUUID(), administratorId, name: "Benchmark", scopes: ["read"], accountId: undefined };
  await storage.createAccessToken({ ...about, digest: digestText(token), expiresAt }, author);
  return token;
}

async function addSession(storage: Storage, administratorId: string, author: Author): Promise<string> {
  const cookie = createSecret("session", randomBytes);
  const times = { createdAt: author.at, lastSeenAt: author.at, steppedUpAt: author.at, expiresAt: author.at + 43_200 };
  const from = { source: "127.0.0.1", userAgent: "Benchmark", failures: 0 };
  const session = { digest: digestText(cookie), administratorId, state: "complete", ...times, ...from } as const;
  await storage.createSession(session, author);
  return cookie;
}

/** One for each account, after the pattern of the member above. */
function addAdministrators(database: DatabaseSync): void {
  const pattern = database.prepare("select * from administrator where email = 'member@example.com'").get() ?? {};
  const addPerson = prepareInsert(database, "administrator", pattern);
  const addMembership = prepareInsert(database, "membership", { role: "owner", account_id: 1, administrator_id: "" });
  for (let index = 0; index < accounts; index += 1) {
    const id = randomUUID();
    const email = `owner-${index}@customer-${index % 100}.example.com`;
    addPerson({ id, name: `Owner ${index}`, email, email_key: email });
    addMembership({ administrator_id: id, account_id: firstId + index });
  }
}

/** One credential of fifty ends within a year; one secret of fifty is in a rotation; some objects are disabled. */
function addEnds(database: DatabaseSync, now: number): void {
  database.exec(`
    update credential set expires_at = ${now} + (rowid % 365) * ${secondsPerDay} + 1 where rowid % 50 = 0;
    update secret set expires_at = ${now} + (rowid % 7) * ${secondsPerDay} + 1 where rowid % 50 = 1;
    update credential set state = 'disabled' where rowid % 500 = 2;
    update project set state = 'disabled' where id % 100 = 3;
    update account set state = 'disabled' where id % 50 = 4;
  `);
}

function listClientIds(database: DatabaseSync): readonly string[] {
  const rows = database.prepare(`select client_id from credential where account_id >= ${firstId} order by rowid`).all();
  return rows.map(({ client_id }) => String(client_id));
}

type Facts = { readonly now: number; readonly clientIds: readonly string[] };

const actions = ["credential.created", "secret.created", "secret.ended", "credential.changed", "project.changed"];

/** A year of changes by many people, linked as the server links them. */
function addAuditEvents(database: DatabaseSync, { now, clientIds }: Facts): void {
  const people = database.prepare("select id from administrator order by rowid").all();
  const last = database.prepare("select sequence, hash from audit_head").get();
  let link: AuditLink = { sequence: Number(last?.sequence), hash: String(last?.hash) };
  const add = prepareInsert(database, "audit_event", emptyAuditRow);
  for (let index = 0; index < auditEvents; index += 1) {
    const clientId = clientIds[(index * 7) % clientIds.length] ?? "";
    const action = actions[index % actions.length] ?? "";
    const entry: AuditEntry = {
      at: now - Math.floor(((auditEvents - index) * 365 * secondsPerDay) / auditEvents),
      actor: `administrator:${people[(index * 13) % people.length]?.id}`,
      action,
      subject: action.startsWith("project") ? `project:${firstId + (index % 10_000)}` : `credential:${clientId}`,
      // Beside each other in the log stand different accounts, and each account has every action.
      accountId: firstId + ((index + Math.floor(index / accounts)) % accounts),
      requestId: randomUUID(),
      source: "192.0.2.7",
      before: { name: "Nightly export", scopes: ["metrics"] },
      after: { name: `Nightly export ${index}`, scopes: ["data-export", "metrics"] },
    };
    link = linkAuditEntry(link, entry);
    add(toAuditRow(entry, link));
  }
  database.prepare("update audit_head set sequence = ?, hash = ?").run(link.sequence, link.hash);
}

const columns = "sequence at actor action subject account_id request_id source before after hash".split(" ");
const emptyAuditRow: Row = Object.fromEntries(columns.map((column) => [column, null]));

function toAuditRow({ accountId, requestId, before, after, source, ...entry }: AuditEntry, link: AuditLink): Row {
  const ids = { account_id: accountId ?? null, request_id: requestId ?? null, source: source ?? null };
  return { ...entry, ...link, ...ids, before: JSON.stringify(before), after: JSON.stringify(after) };
}

/** Of each account something is used in every hour of a week, and refused in every eighth; one credential for long. */
function addUses(database: DatabaseSync, { now, clientIds }: Facts): void {
  const add = {
    use: prepareInsert(database, "usage", { client_id: "", secret_id: "", hour: 0, tokens: 60 }),
    uses: prepareInsert(database, "account_usage", { account_id: 0, hour: 0, tokens: 600 }),
    refusal: prepareInsert(database, "refusal_count", {
      client_id: "",
      account_id: 0,
      hour: 0,
      reason: "wrong secret",
      count: 3,
    }),
  };
  const hours = Array.from({ length: week + 1 }, (_, index) => now - (now % secondsPerHour) - index * secondsPerHour);
  for (const hour of hours) {
    for (let index = 0; index < accounts; index += 1) {
      const account_id = firstId + index;
      add.uses({ account_id, hour });
      if ((hour / secondsPerHour + index) % 8 === 0) {
        add.refusal({ account_id, hour, client_id: clientIds[index * 100] ?? "" });
      }
    }
  }
  const client_id = clientIds[0] ?? "";
  for (let index = 0; index < 90 * 24; index += 1) {
    add.use({ client_id, secret_id: "", hour: (hours[0] ?? 0) - index * secondsPerHour });
  }
}
