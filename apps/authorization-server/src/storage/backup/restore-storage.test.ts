import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "@biped/database";
import { verifyAuditLog } from "@biped/management-client/audit-chain";
import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, describe, expect, test } from "vitest";
import { createPostgresDatabase } from "../../../../../test/postgres-database.ts";
import { testProperty } from "../../../../../test/property.ts";
import { readEachEvent } from "../../audit-log/read-events.ts";
import { migrations } from "../migrations/migrations.ts";
import { migrateStorage, openStorage } from "../open-storage.ts";
import type { Schema } from "../schema.ts";
import type { AuditEvent, Author, SigningKey, Storage } from "../storage.ts";
import { backUpStorage } from "./back-up-storage.ts";
import { type Row, readRowsOfFile } from "./copy-rows.ts";
import { restoreStorage } from "./restore-storage.ts";
import { type StoredTable, tables } from "./tables.ts";

const at = 1_800_000_000;
const author: Author = { at, actor: "operator", requestId: undefined };
const restoredAt = at + 3600;
const step = 1_000_000;

const folder = mkdtempSync(join(tmpdir(), "biped-restore-test-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const createPath = (): string => {
  files += 1;
  return join(folder, `${files}.db`);
};

async function createUrl(engine: string): Promise<string> {
  const url = engine === "postgres" ? await createPostgresDatabase() : `sqlite:${createPath()}`;
  await migrateStorage(url);
  return url;
}

async function backUp(url: string): Promise<string> {
  const path = createPath();
  writeFileSync(path, "", { mode: 0o600 });
  await backUpStorage(url, path);
  return path;
}

type Rows = Readonly<Record<StoredTable, readonly Row[]>>;

async function readAll(url: string): Promise<Rows> {
  const database = await openDatabase<Schema>({ url: `sqlite:${await backUp(url)}`, migrations });
  const read = async (table: StoredTable) => {
    const rows: Row[] = [];
    for await (const page of readRowsOfFile(database.db, table)) rows.push(...page);
    return [table, rows.toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1))] as const;
  };
  const found = await Promise.all(tables.map(read));
  await database.close();
  return Object.fromEntries(found) as unknown as Rows;
}

async function listEvents(storage: Storage): Promise<readonly AuditEvent[]> {
  return Array.fromAsync(readEachEvent(storage));
}

/** A store that was backed up, changed and lost, and what was made of its backup and its log. */
async function loseAndRestore(engine: string, change: { before: Change; after: Change; replayed?: boolean }) {
  const url = await createUrl(engine);
  const storage = await openStorage(url);
  await change.before(storage);
  const { sequence } = await storage.findAuditHead();
  const path = await backUp(url);
  const backup = await readAll(url);
  await change.after(storage);
  const events = await listEvents(storage);
  const lost = await readAll(url);
  await storage.close();
  const target = await createUrl(engine);
  const later = change.replayed === false ? [] : events.slice(sequence);
  const restore = { lacksFrom: at, lacksTo: restoredAt };
  const restoring = { url: target, path, later: toStream(later), restore };
  await restoreStorage(restoring, { ...author, at: restoredAt });
  const restored = await readAll(target);
  return { url: target, backup, lost, restored, later, path };
}

type Change = (storage: Storage) => Promise<void>;

async function* toStream(events: readonly AuditEvent[]): AsyncGenerator<AuditEvent, void> {
  yield* events;
}

/** Epochs are beyond all that were given, versions too. */
const lower = (rows: readonly Row[]): readonly Row[] =>
  rows.map(({ version: _version, ...row }) => ("epoch" in row ? { ...row, epoch: Number(row.epoch) - step } : row));
const withoutVersion = (rows: readonly Row[]): readonly Row[] => rows.map(({ version: _version, ...row }) => row);

const engines = ["sqlite", "postgres"] as const;

describe.each(engines)("%s", (engine) => {
  test("every table of the schema is in a backup", async () => {
    const database = await openDatabase<Schema>({ url: await createUrl(engine), migrations });
    const found = await database.db.introspection.getTables();
    await database.close();
    const stored = found.filter(({ isView }) => !isView).map(({ name }) => name);
    // What nodes on PostgreSQL count together is good for minutes.
    const isKept = (name: string): boolean => !name.startsWith("kysely_") && name !== "shared_limit";
    expect(stored.filter(isKept).toSorted()).toEqual([...tables].toSorted());
  });

  test("R-70: restored without a log, all is there as it was, but for keys, sessions and what was promised to somebody", async () => {
    const { backup, restored } = await loseAndRestore(engine, { before: fill, after: async () => {}, replayed: false });
    for (const table of ["account", "project", "credential"] as const) {
      expect(lower(restored[table])).toEqual(withoutVersion(backup[table]));
    }
    const same = ["cloud", "secret", "pepper", "administrator", "membership", "totp_enrolment", "passkey"] as const;
    const more = ["recovery_code", "access_token", "usage", "account_usage", "idempotency_record"] as const;
    for (const table of [...same, ...more]) {
      expect([table, restored[table]]).toEqual([table, backup[table]]);
      expect([table, restored[table].length]).not.toEqual([table, 0]);
    }
    expect(backup.signing_key.map(({ state }) => state).toSorted()).toEqual(["active", "next"]);
    const gone = { state: "gone", sealed_private_key: null, state_since: restoredAt };
    expect(restored.signing_key).toEqual(backup.signing_key.map((key) => ({ ...key, ...gone })));
    const left = [backup.session, backup.invitation, backup.passkey_challenge, backup.sso_attempt];
    expect(left.map(({ length }) => length)).toEqual([1, 1, 1, 1]);
    const { session, invitation, passkey_challenge, sso_attempt, setup } = restored;
    expect([session, invitation, passkey_challenge, sso_attempt]).toEqual([[], [], [], []]);
    expect(setup).toMatchObject([{ digest: null, expires_at: null }]);
  });

  test("R-70: its log goes on from the backup's, tells the gap, and makes every token of before void", async () => {
    const { url, backup } = await loseAndRestore(engine, { before: fill, after: async () => {} });
    const storage = await openStorage(url);
    const { findAuditHead: findHead } = storage;
    const events = await listEvents(storage);
    expect(await verifyAuditLog({ events, heads: [], findHead })).toMatchObject({ fault: undefined });
    expect(events.slice(backup.audit_event.length)).toMatchObject([
      { action: "tokens.revoked-before", subject: "tokens", actor: "operator", after: { before: restoredAt + 1 } },
      { action: "store.restored", subject: "store", after: { lacksFrom: at, lacksTo: restoredAt } },
    ]);
    expect(await storage.findUnconfirmedRestore()).toEqual({ lacksFrom: at, lacksTo: restoredAt });
    const confirming = [1, 2, 3].map(() => storage.confirmRestore(author));
    const confirmed = (await Promise.all(confirming)).filter((answer) => answer !== undefined);
    expect(confirmed).toEqual([{ lacksFrom: at, lacksTo: restoredAt }]);
    expect(await storage.findUnconfirmedRestore()).toBeUndefined();
    expect((await listEvents(storage)).at(-1)).toMatchObject({ action: "store.confirmed" });
    await storage.close();
  });

  test("a store that is not empty is refused and stays as it is", async () => {
    const { url, path, restored } = await loseAndRestore(engine, { before: fill, after: async () => {} });
    const again = { url, path, later: toStream([]), restore: { lacksFrom: at, lacksTo: at } };
    await expect(restoreStorage(again, author)).rejects.toThrow("The store is not empty");
    expect(await readAll(url)).toEqual(restored);
  });

  test("F-14: no access of an administrator lives again that was taken away since", async () => {
    const people = [
      "password",
      "passkey",
      "totp",
      "codes",
      "member",
      "disabled",
      "demoted",
      "invited",
      "token",
      "kept",
    ];
    const ids = new Map(people.map((name) => [name, randomUUID()]));
    const id = (name: string): string => ids.get(name) ?? "";
    const before: Change = async (storage) => {
      await storage.createAccount({ name: "A" }, author);
      for (const name of people) await addPerson(storage, { id: id(name), name });
    };
    const after: Change = async (storage) => {
      await storage.setPassword(id("password"), "$argon2id$other", author);
      await storage.removePasskey(id("passkey"), `passkey-${id("passkey")}`, author);
      await storage.removeTotp(id("totp"), author);
      await storage.useRecoveryCode(id("codes"), `code-${id("codes")}`, author);
      await storage.removeMembership(id("member"), 1, author);
      await storage.changeAdministrator(id("disabled"), { state: "disabled" }, author);
      await storage.changeAdministrator(id("demoted"), { isPlatformOwner: false }, author);
      const invitation = { id: randomUUID(), digest: "d".repeat(64), expiresAt: at + 60 };
      await storage.reinviteAdministrator(id("invited"), invitation, author);
      await storage.deleteAccessToken(id("token"), `token-${id("token")}`, author);
      await storage.addPasskey(createPasskey(id("kept"), "new"), author);
    };
    const { restored } = await loseAndRestore(engine, { before, after });
    const all = { password: 1, state: "enabled", owner: 1, passkeys: 1, totp: 1, codes: 1, members: 1, tokens: 1 };
    const found = people.map((name) => [name, describePerson(restored, id(name))]);
    expect(Object.fromEntries(found)).toEqual({
      password: { ...all, password: 0 },
      passkey: { ...all, passkeys: 0 },
      totp: { ...all, totp: 0 },
      codes: { ...all, codes: 0 },
      member: { ...all, members: 0, tokens: 0 },
      disabled: { ...all, state: "disabled", tokens: 0 },
      demoted: { ...all, owner: 0, tokens: 0 },
      invited: { ...all, password: 0, state: "invited", passkeys: 0, totp: 0, codes: 0, tokens: 0 },
      token: { ...all, tokens: 0 },
      kept: all,
    });
  });

  testProperty(
    "F-14: whatever was changed after the backup, replaying the log gives every account, cloud and project as it was last, and of the backup's credentials and secrets what was left",
    engine === "sqlite" ? 6 : 2,
    fc.asyncProperty(steps(20), steps(60), async (before, after) => {
      const { backup, lost, restored, later } = await loseAndRestore(engine, {
        before: (storage) => takeSteps(storage, before),
        after: (storage) => takeSteps(storage, after),
      });
      for (const table of ["account", "project", "cloud"] as const) {
        expect(lower(restored[table])).toEqual(withoutVersion(lost[table]));
      }
      const known = (table: "credential" | "secret", key: string) => {
        const keys = new Set(backup[table].map((row) => row[key]));
        return lost[table].filter((row) => keys.has(row[key]));
      };
      expect(lower(restored.credential)).toEqual(withoutVersion(known("credential", "client_id")));
      expect(restored.secret).toEqual(known("secret", "id"));
      expect(restored.audit_event.length).toBe(lost.audit_event.length + 2);
      expect(later.length).toBe(lost.audit_event.length - backup.audit_event.length);
    }),
  );
});

test("a backup of the one engine is restored into the other", async () => {
  const url = await createUrl("postgres");
  const storage = await openStorage(url);
  await fill(storage);
  await storage.close();
  const path = await backUp(url);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const target = await createUrl("sqlite");
  const restoring = { url: target, path, later: toStream([]), restore: { lacksFrom: at, lacksTo: at } };
  await restoreStorage(restoring, author);
  const [restored, backup] = [await readAll(target), await readAll(url)];
  expect(lower(restored.credential)).toEqual(withoutVersion(backup.credential));
  expect(restored.secret).toEqual(backup.secret);
});

test("what was deleted is in no page of a backup", async () => {
  const url = await createUrl("sqlite");
  const database = await openDatabase<Schema>({ url, migrations });
  const canary = "canary-of-a-deleted-row";
  await database.db.insertInto("pepper").values({ id: canary, ordinal: 1, sealed: canary, created_at: at }).execute();
  await sql`delete from pepper`.execute(database.db);
  const path = await backUp(url);
  await database.close();
  expect(readFileSync(path).includes(canary)).toBe(false);
});

function createPasskey(administratorId: string, id: string) {
  const facts = { name: "Key", publicKey: "AA", counter: 0, transports: [], createdAt: at, lastUsedAt: undefined };
  return { id, administratorId, ...facts };
}

async function addPerson(storage: Storage, { id, name }: { readonly id: string; readonly name: string }) {
  const person = { id, name, email: `${name}@example.com`, passwordHash: "$argon2id$hash", isPlatformOwner: true };
  await storage.createAdministrator(person, author);
  await storage.setMembership(id, { accountId: 1, role: "owner" }, author);
  await storage.addPasskey(createPasskey(id, `passkey-${id}`), author);
  await storage.beginTotp(id, "sealed");
  await storage.confirmTotp(id, 1, author);
  await storage.setRecoveryCodes(id, [`code-${id}`], author);
  const token = { id: `token-${id}`, administratorId: id, name: "CI", digest: `digest-${id}`, scopes: ["read"] };
  await storage.createAccessToken({ ...token, accountId: 1, expiresAt: at + 9999 }, author);
}

function describePerson(rows: Rows, id: string) {
  const [person] = rows.administrator.filter((row) => row.id === id);
  const count = (table: StoredTable) => rows[table].filter((row) => row.administrator_id === id).length;
  return {
    password: person?.password_hash === "" ? 0 : 1,
    state: person?.state,
    owner: person?.is_platform_owner,
    passkeys: count("passkey"),
    totp: count("totp_enrolment"),
    codes: count("recovery_code"),
    members: count("membership"),
    tokens: count("access_token"),
  };
}

/** Something in every table that has rows for long. */
async function fill(storage: Storage): Promise<void> {
  await takeSteps(storage, []);
  await addPerson(storage, { id: "person", name: "person" });
  const key = (kid: string, state: SigningKey["state"]): SigningKey => {
    const facts = { algorithm: "Ed25519", publicJwk: "{}", sealedPrivateKey: "sealed" } as const;
    return { kid, state, ...facts, createdAt: at, stateSince: at };
  };
  await storage.addSigningKey(key("one", "active"), author);
  await storage.addSigningKey(key("two", "next"), author);
  await storage.addFirstPepper({ id: "pepper", sealed: "sealed", createdAt: at }, author);
  const times = { createdAt: at, lastSeenAt: at, expiresAt: at + 60, steppedUpAt: undefined };
  const origin = { failures: 0, source: "192.0.2.7", userAgent: "Browser" };
  const session = {
    digest: "e".repeat(64),
    administratorId: "person",
    state: "complete",
    ...times,
    ...origin,
  } as const;
  await storage.createSession(session, author);
  const invited = { id: randomUUID(), name: "Bob", email: "bob@example.com", isPlatformOwner: false };
  const invitation = { id: randomUUID(), digest: "a".repeat(64), expiresAt: at + 60 };
  const administrator = { ...invited, passwordHash: undefined };
  await storage.inviteAdministrator({ administrator, invitation, membership: undefined }, author);
  const challenge = {
    challenge: "challenge",
    purpose: "sign-in",
    administratorId: undefined,
    expiresAt: at + 60,
  } as const;
  await storage.addPasskeyChallenge(challenge);
  await storage.addSsoAttempt({ stateDigest: "b".repeat(64), nonce: "n", codeVerifier: "v", expiresAt: at + 60 });
  const { credential } = (await storage.findClient(clientIdOf(0))) ?? {};
  const use = { clientId: credential?.clientId ?? "", secretId: "secret-0-0", lastUsedAt: at, source: "192.0.2.7" };
  await storage.recordUse([{ ...use, tokens: 3 }]);
  const idempotency = { key: "key", fingerprint: "f" };
  await storage.changeAccount(1, { name: "Renamed" }, { ...author, idempotency });
}

type Step = { readonly kind: number; readonly on: number; readonly value: number };

function steps(count: number): fc.Arbitrary<readonly Step[]> {
  const step = fc.record({ kind: fc.nat(kinds.length - 1), on: fc.nat(5), value: fc.nat(7) });
  // A smaller example would take longer to find than the whole one to read.
  return fc.noShrink(fc.array(step, { minLength: count, maxLength: count }));
}

function clientIdOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
}

type Taken = { readonly storage: Storage; readonly on: number; readonly value: number; readonly author: Author };

const state = (value: number) => (value % 2 === 0 ? "disabled" : "enabled");
const project = (on: number): number => 40 + (on % 3);
const scopeLists = [["a"], ["a", "b"], ["a", "b", "c"], ["c"]];
const rangeLists = [[], ["192.0.2.0/24"], ["192.0.2.0/25"], ["10.0.0.0/8", "192.0.2.0/24"]];

const kinds: readonly ((taken: Taken) => Promise<unknown>)[] = [
  ({ storage, value, author: by }) => storage.createAccount({ name: `Account ${value}` }, by),
  ({ storage, on, value, author: by }) => storage.setAccountState(1 + (on % 3), state(value), by),
  ({ storage, on, value, author: by }) =>
    storage.changeAccount(1 + (on % 3), { credentialLifetimeLimitDays: value === 0 ? undefined : value }, by),
  ({ storage, value, author: by }) =>
    storage.createCloud({ name: `cloud-${value}`, endpoint: `https://${value}.test` }, by),
  ({ storage, value, author: by }) =>
    storage.setCloudEndpoint({ name: "cloud-0", endpoint: `https://moved-${value}.test` }, by),
  ({ storage, on, value, author: by }) => {
    const facts = { accountId: 1 + (on % 2), cloud: "cloud-0", name: `Project ${value}`, timeZone: "UTC" };
    return storage.createProject({ id: undefined, ...facts }, by);
  },
  ({ storage, on, value, author: by }) => storage.changeProject(project(on), { state: state(value) }, by),
  ({ storage, on, value, author: by }) =>
    storage.changeProject(project(on), { name: `É ${value}`, timeZone: "UTC" }, by),
  ({ storage, on, value, author: by }) => storage.moveProject(project(on), `cloud-${value}`, by),
  ({ storage, on, value, author: by }) => storage.changeCredential(clientIdOf(on), { state: state(value) }, by),
  ({ storage, on, value, author: by }) =>
    storage.changeCredential(clientIdOf(on), { scopes: scopeLists[value % 4] ?? [] }, by),
  ({ storage, on, value, author: by }) =>
    storage.changeCredential(clientIdOf(on), { allowedRanges: rangeLists[value % 4] ?? [] }, by),
  ({ storage, on, value, author: by }) =>
    storage.changeCredential(clientIdOf(on), { expiresAt: value % 3 === 0 ? undefined : at + value * 1000 }, by),
  ({ storage, on, author: by }) => storage.deleteCredential(clientIdOf(on), by),
  async ({ storage, on, value, author: by }) => {
    const secret = { id: randomUUID(), digest: "c".repeat(64), pepperId: "pepper", expiresAt: undefined };
    await storage.rotateSecret({ clientId: clientIdOf(on), secret, formerExpiresAt: by.at + value }, by);
  },
  async ({ storage, on, value, author: by }) => {
    const secret = (await storage.findClient(clientIdOf(on)))?.secrets.at(value % 2);
    if (secret !== undefined) await storage.retireSecret({ clientId: clientIdOf(on), secretId: secret.id }, by);
  },
  async ({ storage, on, author: by }) => {
    const secret = (await storage.findClient(clientIdOf(on)))?.secrets.at(-1);
    if (secret !== undefined) await storage.cancelRotation({ clientId: clientIdOf(on), secretId: secret.id }, by);
  },
  ({ storage, on, author: by }) => storage.revokeTokensOf({ kind: "credential", clientId: clientIdOf(on) }, by),
  ({ storage, on, author: by }) => storage.revokeTokensOf({ kind: "account", id: 1 + (on % 3) }, by),
  ({ storage, on, author: by }) => storage.revokeTokensOf({ kind: "project", id: project(on) }, by),
  ({ storage, on, value, author: by }) => {
    const token = { tokenId: `token-${value}`, clientId: clientIdOf(on), accountId: 1, until: at + 3600 };
    return storage.revokeToken(token, by);
  },
  ({ storage, on, value, author: by }) => {
    const facts = { clientId: randomUUID(), accountId: 1 + (on % 2), projectId: undefined, name: `New ${value}` };
    const more = { scopes: ["a"], allowedRanges: [], expiresAt: undefined };
    return storage.createCredential({ ...facts, ...more }, createSecret(randomUUID()), by);
  },
];

function createSecret(id: string) {
  return { id, digest: "c".repeat(64), pepperId: "pepper", expiresAt: undefined };
}

/** On a store of three accounts, three projects and six credentials, which it makes where there are none. */
async function takeSteps(storage: Storage, taken: readonly Step[]): Promise<void> {
  if ((await storage.listAccounts()).length === 0) {
    for (const name of ["One", "Two", "Three"]) await storage.createAccount({ name }, author);
    await storage.createCloud({ name: "cloud-0", endpoint: "https://0.test" }, author);
    for (const number of [0, 1, 2]) {
      const facts = { accountId: 1, cloud: "cloud-0", name: `P ${number}`, timeZone: "Europe/Paris" };
      await storage.createProject({ id: project(number), ...facts }, author);
    }
    for (const number of [0, 1, 2, 3, 4, 5]) {
      const facts = { clientId: clientIdOf(number), accountId: 1, name: `C ${number}`, scopes: ["a", "b"] };
      const credential = { ...facts, projectId: project(number), allowedRanges: [], expiresAt: at + 5000 };
      await storage.createCredential(credential, createSecret(`secret-${number}-0`), author);
    }
  }
  const start = (await storage.findAuditHead()).sequence;
  for (const [index, { kind, on, value }] of taken.entries()) {
    // Later than what came before, so that secrets come to their ends meanwhile.
    await kinds[kind]?.({ storage, on, value, author: { ...author, at: at + (start + index) * 3 } });
  }
}
