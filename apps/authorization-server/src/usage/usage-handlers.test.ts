import { operations } from "@biped/management-client/contract";
import { isRefusal } from "@biped/protocol";
import { describe, expect, test } from "vitest";
import type { Caller } from "../administrators/caller.ts";
import type { ManagementRequest } from "../management-api/handlers.ts";
import type { Account, AuditEvent } from "../storage/storage.ts";
import type { Reach } from "../storage/views.ts";
import { createUsageHandlers, type UsageOperation } from "./usage-handlers.ts";

/** 2027-01-15T08:00:40Z. */
const now = 1_800_000_040;
const clientId = "c3133d76-a768-4f5a-8f0e-000000000001";
const secretId = "c3133d76-a768-4f5a-8f0e-000000000002";

const viewer = {
  administrator: { isPlatformOwner: false, memberships: [{ accountId: 7, role: "viewer" }] },
  via: { kind: "session" },
} as unknown as Caller;
const owner = {
  administrator: { isPlatformOwner: true, memberships: [] },
  via: { kind: "session" },
} as unknown as Caller;

function createParts() {
  const asked: Record<string, unknown> = {};
  const note = <Value>(name: string, args: unknown, value: Value): Promise<Value> => {
    asked[name] = args;
    return Promise.resolve(value);
  };
  const change = { sequence: 9, at: now, actor: "operator", action: "cloud.created", subject: "cloud:x", hash: "00" };
  const handlers = createUsageHandlers({
    storage: {
      findAccount: async (id) => (id === 7 ? ({ id } as Account) : undefined),
      findEmails: async () => new Map(),
      listTokenCreations: async () => [],
      listUsageGaps: (since) =>
        note("gaps", since, [{ nodeId: "a", from: now - 60, until: now - 57, cause: "node ended" }]),
      countObjects: (reach) => note("counts", reach, { accounts: 1, projects: 2, credentials: 3 }),
      readUsage: (of, period) => {
        const at = now - (now % period.bucketSeconds);
        return note("usage", { of, period }, [
          { at: at - period.bucketSeconds, tokens: 5, refusals: 0 },
          { at, tokens: 2, refusals: 1 },
        ]);
      },
      countRefusals: (reach, since) => note("refusals", { reach, since }, [{ reason: "wrong secret", count: 4 }]),
      listRefusals: (id) =>
        note("credentialRefusals", id, [{ clientId, at: now, reason: "wrong secret", source: "192.0.2.7", count: 4 }]),
      listExpiring: (reach, period) => {
        const ends = { clientId, credentialName: "Nightly", accountId: 7, expiresAt: now + 86_400 };
        return note("expiring", { reach, period }, [
          { ...ends, secretId, lastUsedAt: now - 86_399 },
          { ...ends, secretId: undefined, lastUsedAt: now - 86_400 },
          { ...ends, secretId: undefined, lastUsedAt: undefined },
        ]);
      },
      pageAuditEvents: (reach, filter, page) => note("changes", { reach, filter, page }, [change as AuditEvent]),
    },
    nowSeconds: () => now,
  });
  return { handlers, asked };
}

function createRequest<Name extends UsageOperation>(parts: { readonly caller: Caller; readonly query?: unknown }) {
  return {
    ...parts,
    target: { accountId: 7, project: undefined, credential: { clientId } },
  } as unknown as ManagementRequest<Name>;
}

async function readOverview(caller: Caller, accountId?: number) {
  const parts = createParts();
  const request = createRequest<"GET /api/overview">({ caller, query: { accountId } });
  const answer = await parts.handlers["GET /api/overview"](request);
  if (isRefusal(answer)) return { refusal: answer };
  return { body: operations["GET /api/overview"].answer.parse(answer.body), asked: parts.asked };
}

describe("GET /api/overview", () => {
  test("seven days by hour with none left out, refusals in words, what ends within 30 days, the last ten changes", async () => {
    const { body, asked } = await readOverview(viewer);
    const reach: Reach = { accountIds: [7] };
    const since = 1_799_398_800;
    expect(asked).toEqual({
      counts: reach,
      usage: { of: reach, period: { since, bucketSeconds: 3600, count: 168 } },
      refusals: { reach, since },
      expiring: { reach, period: { from: now, until: now + 2_592_000, limit: 20 } },
      changes: { reach, filter: {}, page: { limit: 10, before: undefined } },
    });
    expect(body?.counts).toEqual({ accounts: 1, projects: 2, credentials: 3 });
    expect(body?.usage).toHaveLength(168);
    expect(body?.usage[0]).toEqual({ at: "2027-01-08T09:00:00Z", tokens: 0, refusals: 0 });
    expect(body?.usage.slice(-2)).toEqual([
      { at: "2027-01-15T07:00:00Z", tokens: 5, refusals: 0 },
      { at: "2027-01-15T08:00:00Z", tokens: 2, refusals: 1 },
    ]);
    expect(body?.refusals).toEqual([
      {
        reason: "wrong secret",
        explanation:
          "The client_id is right, the secret is not. Deploy the secret that was shown last, or rotate and deploy the new one.",
        count: 4,
      },
    ]);
    const ends = { clientId, credentialName: "Nightly", accountId: 7, expiresAt: "2027-01-16T08:00:40Z" };
    expect(body?.expiring).toEqual([
      { ...ends, what: "secret", secretId, isInUse: true },
      { ...ends, what: "credential", secretId: null, isInUse: false },
      { ...ends, what: "credential", secretId: null, isInUse: false },
    ]);
    expect(body?.changes).toMatchObject([{ sequence: 9, actorName: null, before: null }]);
  });

  test("of one account, which the caller may see", async () => {
    expect((await readOverview(owner)).asked?.counts).toBe("every account");
    expect((await readOverview(owner, 7)).asked?.counts).toEqual({ accountIds: [7] });
    expect((await readOverview(viewer, 7)).asked?.counts).toEqual({ accountIds: [7] });
  });

  test("404 NOT_FOUND: an account out of reach, just like one that there is not", async () => {
    const { refusal } = await readOverview(viewer, 8);
    expect(refusal).toMatchObject({ status: 404, code: "NOT_FOUND", description: "There is nothing here." });
    expect((await readOverview(owner, 8)).refusal).toEqual(refusal);
  });
});

test("GET /api/credentials/:clientId/usage: days of UTC with none left out, 30 of them if nothing is said, and gaps", async () => {
  const { handlers, asked } = createParts();
  const name = "GET /api/credentials/:clientId/usage";
  const read = async (query: unknown) => {
    const answer = await handlers[name](createRequest<typeof name>({ caller: viewer, query }));
    return isRefusal(answer) ? undefined : operations[name].answer.parse(answer.body);
  };
  expect(await read({ days: 2 })).toEqual({
    items: [
      { at: "2027-01-14T00:00:00Z", tokens: 5, refusals: 0 },
      { at: "2027-01-15T00:00:00Z", tokens: 2, refusals: 1 },
    ],
    gaps: [{ from: "2027-01-15T07:59:40Z", to: "2027-01-15T07:59:43Z" }],
  });
  expect(asked.gaps).toBe(1_799_884_800);
  expect(asked.usage).toMatchObject({ of: { clientId }, period: { since: 1_799_884_800, bucketSeconds: 86_400 } });
  expect((await read({}))?.items).toHaveLength(30);
});

test("GET /api/credentials/:clientId/refusals: with the reason in plain words", async () => {
  const name = "GET /api/credentials/:clientId/refusals";
  const { handlers, asked } = createParts();
  const answer = await handlers[name](createRequest<typeof name>({ caller: viewer }));
  expect(asked.credentialRefusals).toBe(clientId);
  expect(isRefusal(answer) ? undefined : operations[name].answer.parse(answer.body).items).toEqual([
    {
      at: "2027-01-15T08:00:40Z",
      reason: "wrong secret",
      explanation:
        "The client_id is right, the secret is not. Deploy the secret that was shown last, or rotate and deploy the new one.",
      source: "192.0.2.7",
      count: 4,
    },
  ]);
});
