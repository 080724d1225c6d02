/** M-07: 200 events × five kinds of tampering, each at every event, by somebody who writes past the server. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase } from "@biped/database";
import { createLog } from "@biped/listener";
import { chainStart, linkAuditEntry } from "@biped/management-client/audit-chain";
import { sql, type Transaction } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPostgresDatabase } from "../../../../test/postgres-database.ts";
import { createKeyEncryptionKey } from "../signing/envelope.ts";
import { migrations } from "../storage/migrations/migrations.ts";
import { migrateStorage } from "../storage/open-storage.ts";
import type { Schema } from "../storage/schema.ts";
import { createAuditLog } from "../storage/sql/audit-log.ts";
import { createSqlStorage } from "../storage/sql-storage.ts";
import type { AuditEvent } from "../storage/storage.ts";
import { type AuditLogVerdict, createAuditHeads } from "./audit-heads.ts";

const folder = mkdtempSync(join(tmpdir(), "biped-tampered-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const count = 200;
const places = Array.from({ length: count }, (_, index) => index + 1);
const limitMilliseconds = 120_000;

type Tamper = (trx: Transaction<Schema>, place: number) => Promise<unknown>;
type Kept = "stored head alone" | "kept heads too";

const run = (trx: Transaction<Schema>, statement: string) => sql.raw(statement).execute(trx);

const engines = [
  {
    name: "SQLite",
    createUrl: async () => `sqlite:${join(folder, "audit.db")}`,
    dropTriggers: ["drop trigger audit_event_no_update", "drop trigger audit_event_no_delete"],
  },
  {
    name: "PostgreSQL",
    createUrl: async () => {
      const url = await createPostgresDatabase();
      await migrateStorage(url);
      return url;
    },
    dropTriggers: [
      "drop trigger audit_event_no_change on audit_event",
      "drop trigger audit_event_no_truncate on audit_event",
    ],
  },
];

describe.for(engines)("$name", ({ createUrl, dropTriggers }) => {
  let database: Database<Schema>;
  let events: readonly AuditEvent[];
  let keptLines: readonly string[];

  beforeAll(async () => {
    database = await openDatabase<Schema>({ url: await createUrl(), migrations });
    const storage = createSqlStorage(database);
    const author = (at: number) => ({ at, actor: "operator", requestId: `request-${at}`, source: "192.0.2.7" });
    const lines: string[] = [];
    const heads = createHeads(storage, lines);
    for (let place = 1; place <= count; place += 2) {
      const { id } = await storage.createAccount({ name: `Account ${place}` }, author(1_800_000_000 + place));
      await storage.changeAccount(id, { name: `Renamed ${place}` }, author(1_800_000_001 + place));
      if (place === 99) await heads.publishHead();
    }
    await heads.publishHead();
    keptLines = lines;
    events = await storage.listAuditEvents(0, count + 1);
    expect([events.length, keptLines.length]).toEqual([count, 2]);
    for (const statement of dropTriggers) await sql.raw(statement).execute(database.db);
  });
  afterAll(() => database.close());

  /** What is found after the tampering, all of which is then rolled back. */
  async function verifyAfter(tamper: Tamper, place: number, kept: Kept = "stored head alone") {
    const rollback = new Error("rolled back");
    let verdict: AuditLogVerdict | undefined;
    await database
      .transaction(async (trx) => {
        await tamper(trx, place);
        const log = createAuditLog({ database: { ...database, db: trx }, write: () => Promise.reject(rollback) });
        verdict = await createHeads(log, kept === "kept heads too" ? [...keptLines] : []).verifyLog();
        throw rollback;
      })
      .catch((error: unknown) => {
        if (error !== rollback) throw error;
      });
    return verdict?.fault;
  }

  async function findAll(tamper: Tamper, kept?: Kept) {
    const faults: unknown[] = [];
    for (const place of places) faults.push(await verifyAfter(tamper, place, kept));
    return faults;
  }

  const altered = (sequence: number) => ({ sequence, reason: "altered" });
  const missing = (sequence: number) => ({ sequence, reason: "missing or out of order" });

  test("untouched: intact, and its head and all kept heads agree", async () => {
    expect(await verifyAfter(async () => undefined, 1, "kept heads too")).toBeNull();
  });

  test("flip: any member of any event", { timeout: limitMilliseconds }, async () => {
    const edits = [
      "at = at + 1",
      "actor = 'system'",
      "action = 'account.x'",
      "subject = 'account:0'",
      "account_id = 0",
      "account_id = null",
      "request_id = null",
      "source = '192.0.2.8'",
      "source = null",
      'before = \'{"name":"x"}\'',
      "after = '{}'",
      "after = '{'",
      "after = null",
      "hash = 'f'",
    ];
    const tamper: Tamper = (trx, place) =>
      run(trx, `update audit_event set ${edits[place % edits.length]} where sequence = ${place}`);
    expect(await findAll(tamper)).toEqual(places.map(altered));
  });

  test("delete: any event", { timeout: limitMilliseconds }, async () => {
    const tamper: Tamper = (trx, place) => run(trx, `delete from audit_event where sequence = ${place}`);
    expect(await findAll(tamper)).toEqual(places.map(missing));
  });

  test("delete and number anew: any event, though the head is rewritten", { timeout: limitMilliseconds }, async () => {
    const tamper: Tamper = async (trx, place) => {
      await run(trx, `delete from audit_event where sequence = ${place}`);
      await shift(trx, place, -1);
      await run(trx, `update audit_head set sequence = sequence - 1`);
    };
    // The hash of the head is still that of the event that was cut off.
    expect(await findAll(tamper)).toEqual(places.map((place) => altered(Math.min(place, count - 1))));
  });

  test("insert: before any event, linked as the server would", { timeout: limitMilliseconds }, async () => {
    const tamper: Tamper = async (trx, place) => {
      const forged = { ...events[place - 1]!, actor: "system" };
      const link = linkAuditEntry(events[place - 2] ?? chainStart, forged);
      await shift(trx, place, 1);
      await insert(trx, { ...forged, ...link });
      await run(trx, `update audit_head set sequence = sequence + 1`);
    };
    expect(await findAll(tamper)).toEqual(places.map((place) => altered(place + 1)));
  });

  test("insert behind the last event, linked as the server would", async () => {
    const tamper: Tamper = async (trx) => {
      const last = events.at(-1)!;
      await insert(trx, { ...last, ...linkAuditEntry(last, last) });
    };
    expect(await verifyAfter(tamper, count)).toEqual(missing(count + 1));
  });

  test("reorder: any event with the next one, the last one with the first", {
    timeout: limitMilliseconds,
  }, async () => {
    const tamper: Tamper = async (trx, place) => {
      const other = place === count ? 1 : place + 1;
      await run(trx, `update audit_event set sequence = -1 where sequence = ${place}`);
      await run(trx, `update audit_event set sequence = ${place} where sequence = ${other}`);
      await run(trx, `update audit_event set sequence = ${other} where sequence = -1`);
    };
    expect(await findAll(tamper)).toEqual(places.map((place) => altered(place === count ? 1 : place)));
  });

  test("truncate: from any event on", { timeout: limitMilliseconds }, async () => {
    const tamper: Tamper = (trx, place) => run(trx, `delete from audit_event where sequence >= ${place}`);
    expect(await findAll(tamper)).toEqual(places.map(missing));
  });

  const cutReason = "before a signed head, and the log ends there";
  const truncateWithHead: Tamper = async (trx, place) => {
    await run(trx, `delete from audit_event where sequence >= ${place}`);
    const { sequence, hash } = events[place - 2] ?? chainStart;
    await run(trx, `update audit_head set sequence = ${sequence}, hash = '${hash}'`);
  };

  test("truncate and rewrite the head: any, by the kept heads", { timeout: limitMilliseconds }, async () => {
    const cut = places.map((sequence) => ({ sequence, reason: cutReason }));
    expect(await findAll(truncateWithHead, "kept heads too")).toEqual(cut);
    expect(await verifyAfter(truncateWithHead, 7)).toBeNull();
  });

  test("write anew from any event to the head: any, by the kept heads", { timeout: limitMilliseconds }, async () => {
    const tamper: Tamper = async (trx, place) => {
      await run(trx, `delete from audit_event where sequence >= ${place}`);
      let last = events[place - 2] ?? chainStart;
      for (const event of events.slice(place - 1)) {
        const forged = { ...event, actor: "system" };
        last = linkAuditEntry(last, forged);
        await insert(trx, { ...forged, ...last });
      }
      await run(trx, `update audit_head set sequence = ${last.sequence}, hash = '${last.hash}'`);
    };
    // Writing that many rows anew takes its time, so that some places have to do: beside each kept head, and in between.
    for (const place of [1, 50, 99, 100, 101, 150, 199, 200]) {
      const sequence = place <= 100 ? 100 : count;
      const fault = { sequence, reason: "not the event of a signed head" };
      expect(await verifyAfter(tamper, place, "kept heads too")).toEqual(fault);
    }
    expect(await verifyAfter(tamper, 150)).toBeNull();
  });
});

function createHeads(storage: Parameters<typeof createAuditHeads>[0]["storage"], lines: string[]) {
  return createAuditHeads({
    storage,
    kek: createKeyEncryptionKey(Buffer.alloc(32, 7)),
    nowSeconds: () => 1_800_000_000,
    log: createLog("silent", () => undefined),
    file: {
      append: async (line) => {
        lines.push(line);
      },
      replaceLines: async (next: readonly string[]) => {
        lines.splice(0, lines.length, ...next);
      },
      readLines: async () => lines,
    },
  });
}

/** Numbers all events from a place on anew, without two of one number at any time. */
async function shift(trx: Transaction<Schema>, place: number, by: 1 | -1): Promise<void> {
  await run(trx, `update audit_event set sequence = -(sequence + ${by}) where sequence >= ${place}`);
  await run(trx, `update audit_event set sequence = -sequence where sequence < 0`);
}

async function insert(trx: Transaction<Schema>, event: AuditEvent): Promise<void> {
  const { accountId, requestId, source, before, after, ...rest } = event;
  const row = {
    ...rest,
    account_id: accountId ?? null,
    request_id: requestId ?? null,
    source: source ?? null,
    before: before === undefined ? null : JSON.stringify(before),
    after: after === undefined ? null : JSON.stringify(after),
  };
  await trx.insertInto("audit_event").values(row).execute();
}
