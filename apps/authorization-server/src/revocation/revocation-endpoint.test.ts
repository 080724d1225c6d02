import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase, StoreUnavailable } from "@biped/database";
import type { PresentedClaims } from "@biped/protocol";
import type { KyselyPlugin } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPostgresDatabase } from "../../../../test/postgres-database.ts";
import { type StartedListener, startListener } from "../../../../test/started-listener.ts";
import { migrations } from "../storage/migrations/migrations.ts";
import { migrateStorage } from "../storage/open-storage.ts";
import type { Schema } from "../storage/schema.ts";
import { createSqlStorage } from "../storage/sql-storage.ts";
import type { Storage } from "../storage/storage.ts";
import { createRevocationEndpoint } from "./revocation-endpoint.ts";

const now = 1_700_000_000;
const clientId = "c3133d76-0000-4000-8000-000000000001";
const claims: PresentedClaims = {
  iss: "https://auth.example.com",
  sub: clientId,
  client_id: clientId,
  aud: ["https://api.example.com"],
  iat: now - 60,
  exp: now + 3540,
  jti: "token-1",
  scope: "metrics",
  project_id: 42,
  account_id: 1,
  secret_id: "secret-1",
  epochs: { account: 0, project: 0, credential: 0 },
};

const folder = mkdtempSync(join(tmpdir(), "biped-revocation-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function createOwner(storage: Storage): Promise<void> {
  const author = { at: now, actor: "operator", requestId: undefined };
  const { id: accountId } = await storage.createAccount({ name: "Example" }, author);
  const rights = { scopes: ["metrics"], allowedRanges: [], expiresAt: undefined };
  const secret = { id: claims.secret_id, digest: "0a".repeat(32), pepperId: "pepper-1", expiresAt: undefined };
  const credential = { clientId, accountId, projectId: undefined, name: "Nightly export", ...rights };
  await storage.createCredential(credential, secret, author);
}

const engines = [
  { name: "SQLite", createUrl: async () => `sqlite:${join(folder, "revocation.db")}` },
  { name: "PostgreSQL", createUrl: createPostgresDatabase },
];

describe.for(engines)("$name", ({ createUrl }) => {
  let failing: FailingDatabase;
  let storage: Storage;
  let started: StartedListener;
  beforeAll(async () => {
    const url = await createUrl();
    await migrateStorage(url);
    failing = createFailingDatabase(await openDatabase<Schema>({ url, migrations }));
    storage = createSqlStorage(failing.database);
    await createOwner(storage);
    const endpoint = createRevocationEndpoint({
      storage,
      nowSeconds: () => now,
      // Only what takes the token back shall fail here: each statement of it, on the real store.
      authenticateCredential: async (_presented, _source, decide) => decide(undefined as never, undefined as never),
      readOwnToken: async (token) => (token.startsWith("good") ? { ...claims, jti: token } : undefined),
    });
    const isUnavailable = (error: unknown): boolean => error instanceof StoreUnavailable;
    started = await startListener({ isUnavailable, routes: { "/revoke": { POST: endpoint } } });
  });
  afterAll(async () => {
    await started.stop();
    await storage.close();
  });

  const revoke = async (token: string) => {
    const body = JSON.stringify({ token, client_id: clientId, client_secret: "x" });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${started.url}/revoke`, { method: "POST", headers, body });
    const text = await answer.text();
    return [answer.status, text === "" ? "" : JSON.parse(text).errorCode, answer.headers.get("retry-after")];
  };

  test("C-09: 503 whichever statement of it fails, the commit too, and nothing is revoked then", async () => {
    const head = await storage.findAuditHead();
    let statement = 1;
    for (; ; statement += 1) {
      failing.failAt(statement);
      const [status, errorCode] = await revoke("good-1");
      const hasFailed = failing.failAt(undefined);
      if (!hasFailed) break;
      expect([statement, status, errorCode]).toEqual([statement, 503, "TEMPORARILY_UNAVAILABLE"]);
      expect([await storage.isTokenRevoked("good-1"), await storage.findAuditHead()]).toEqual([false, head]);
    }
    // Known, count, insertion, the audit event's three, and the commit, at least.
    expect(statement).toBeGreaterThan(7);
    expect([await storage.isTokenRevoked("good-1"), (await storage.findAuditHead()).sequence]).toEqual([
      true,
      head.sequence + 1,
    ]);
  });

  test("429 RATE_LIMITED: a token beyond 10,000 of the account that live and are revoked; 200 again for one of them", async () => {
    const row = { client_id: clientId, account_id: 1, until: now + 1, revoked_at: now };
    for (let made = 0; made < 10_000; made += 1000) {
      const rows = Array.from({ length: 1000 }, (_, index) => ({ ...row, token_id: `good-bulk-${made + index}` }));
      await failing.database.db.insertInto("token_revocation").values(rows).execute();
    }
    expect(await revoke("good-next")).toEqual([429, "RATE_LIMITED", "60"]);
    expect(await storage.isTokenRevoked("good-next")).toBe(false);
    expect(await revoke("good-bulk-7")).toEqual([200, "", null]);
    expect(await revoke("no token of ours")).toEqual([200, "", null]);
  });
});

type FailingDatabase = {
  readonly database: Database<Schema>;
  /** From now on the statement of this number fails. Answers whether the one before did. */
  readonly failAt: (statement: number | undefined) => boolean;
};

/** A database of which one statement fails as a store does that is away; the commit counts as one. */
function createFailingDatabase(database: Database<Schema>): FailingDatabase {
  let left: number | undefined;
  let hasFailed = false;
  const pass = (): void => {
    if (left === undefined) return;
    left -= 1;
    if (left !== 0) return;
    hasFailed = true;
    throw new StoreUnavailable("a statement that was to fail");
  };
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      pass();
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  return {
    database: {
      ...database,
      transaction: (work) =>
        database.transaction(async (transaction) => {
          const answer = await work(transaction.withPlugin(plugin));
          pass();
          return answer;
        }),
    },
    failAt: (statement) => {
      left = statement;
      const had = hasFailed;
      hasFailed = false;
      return had;
    },
  };
}
