import type { Readable } from "node:stream";
import type { HttpRequest } from "@biped/listener";
import { parseExportedEvent } from "@biped/management-client/audit-chain";
import { operations } from "@biped/management-client/contract";
import { isRefusal } from "@biped/protocol";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import type { Caller } from "../administrators/caller.ts";
import type { ManagementAnswer, ManagementRequest } from "../management-api/handlers.ts";
import type { Administrator } from "../storage/administration.ts";
import type { AuditEvent } from "../storage/storage.ts";
import type { AuditFilter, Reach } from "../storage/views.ts";
import { type AuditHandlerParts, createAuditHandlers } from "./audit-handlers.ts";
import { describeEvents } from "./describe-event.ts";

const administrator: Administrator = {
  id: "a1",
  email: "ada@example.com",
  name: "Ada",
  state: "enabled",
  isPlatformOwner: false,
  passwordHash: undefined,
  hasTotp: true,
  passkeyCount: 0,
  sso: undefined,
  createdAt: 1_800_000_000,
  lastSignedInAt: undefined,
  memberships: [{ accountId: 7, role: "viewer" }],
  version: 1,
};

const session = {
  digest: "00",
  administratorId: "a1",
  state: "complete",
  createdAt: 1_800_000_000,
  lastSeenAt: 1_800_000_000,
  expiresAt: 1_800_040_000,
  steppedUpAt: undefined,
  failures: 0,
  source: "192.0.2.7",
  userAgent: "",
} as const;

const viewer: Caller = {
  administrator,
  via: { kind: "session", session, isSteppedUp: false },
  lacksSecondFactor: false,
};
const owner: Caller = { ...viewer, administrator: { ...administrator, isPlatformOwner: true } };

const event = (sequence: number): AuditEvent => ({
  sequence,
  at: 1_800_000_000 + sequence,
  actor: sequence % 2 === 0 ? "operator" : "administrator:a1",
  action: "account.renamed",
  subject: "account:7",
  accountId: 7,
  requestId: undefined,
  source: "192.0.2.7",
  before: { name: "=1+1" },
  after: { name: "line\u2028separator" },
  hash: "00ff",
});

const createToken = (id: string, administratorId: string): AuditEvent => ({
  ...event(1),
  action: "access-token.created",
  subject: `access-token:${id}`,
  after: { name: "Deploy", administratorId },
});
const creations = [createToken("t1", "a1"), createToken("t2", "gone")];

function createParts(count: number) {
  const events = Array.from({ length: count }, (_, index) => event(index + 1));
  const asked: { readonly reach: Reach; readonly filter: AuditFilter }[] = [];
  const lookups: string[] = [];
  const verdict = { intact: true, events: 3, heads: 1, fault: null };
  const head = { sequence: 3, hash: "00ff", at: "2027-01-15T08:00:00Z", signature: "x", publicKey: "y" };
  const storage: AuditHandlerParts["storage"] = {
    listAuditEvents: async (after, limit) => events.filter(({ sequence }) => sequence > after).slice(0, limit),
    pageAuditEvents: async (reach, filter, { limit, before = Number.POSITIVE_INFINITY }) => {
      asked.push({ reach, filter });
      const found = events.filter(({ sequence }) => sequence < before);
      return found.toReversed().slice(0, limit);
    },
    findEmails: async (ids) => {
      lookups.push(...ids);
      return new Map(ids.includes("a1") ? [["a1", administrator.email]] : []);
    },
    listTokenCreations: async (ids) => creations.filter(({ subject }) => ids.some((id) => subject.endsWith(id))),
  };
  const handlers = createAuditHandlers({
    storage,
    heads: { signHead: async () => head, verifyLog: async () => verdict },
    nowSeconds: () => 1_800_000_000,
  });
  return { handlers, storage, asked, lookups, head, verdict };
}

type Listing = "GET /api/audit-events" | "GET /api/audit-events/export";

/** What a handler is asked, as far as these look at it. */
function createRequest<Name extends Listing>(query: ManagementRequest<Name>["query"], caller: Caller = viewer) {
  return {
    params: undefined,
    body: undefined,
    query,
    caller,
    target: { accountId: undefined, project: undefined, credential: undefined },
    author: { at: 0, actor: "administrator:a1", requestId: undefined },
    http: {} as HttpRequest,
  } as ManagementRequest<Name>;
}

async function list({ handlers }: ReturnType<typeof createParts>, query: ManagementRequest<Listing>["query"]) {
  const answer = await handlers["GET /api/audit-events"](createRequest<"GET /api/audit-events">(query));
  return isRefusal(answer) ? answer : operations["GET /api/audit-events"].answer.parse(answer.body);
}

async function readExport(
  { handlers }: ReturnType<typeof createParts>,
  query: ManagementRequest<"GET /api/audit-events/export">["query"],
  caller: Caller = viewer,
) {
  const request = createRequest<"GET /api/audit-events/export">(query, caller);
  const answer = (await handlers["GET /api/audit-events/export"](request)) as ManagementAnswer<Listing>;
  let text = "";
  for await (const chunk of answer.text!.content as AsyncIterable<string>) text += chunk;
  return { text, mediaType: answer.text!.mediaType, headers: answer.headers };
}

describe("GET /api/audit-events", () => {
  test("newest first, with the name of an administrator, 50 a page, until there are no more", async () => {
    const parts = createParts(51);
    const first = await list(parts, {});
    expect(first).toMatchObject({ nextCursor: "2" });
    expect("items" in first && first.items.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 50 }, (_, index) => 51 - index),
    );
    expect("items" in first && first.items[0]).toEqual({
      sequence: 51,
      at: "2027-01-15T08:00:51Z",
      actor: "administrator:a1",
      actorName: "ada@example.com",
      action: "account.renamed",
      subject: "account:7",
      accountId: 7,
      requestId: null,
      source: "192.0.2.7",
      before: { name: "=1+1" },
      after: { name: "line\u2028separator" },
      hash: "00ff",
    });
    expect(parts.lookups).toEqual(["a1"]);
    expect(await list(parts, { cursor: "2" })).toMatchObject({ items: [{ sequence: 1 }], nextCursor: null });
    expect(await list(createParts(50), {})).toMatchObject({ nextCursor: null });
  });

  test("what an access token did is told with its name and with whose it is", async () => {
    const did = (actor: string): AuditEvent => ({ ...event(2), actor });
    const events = ["access-token:t1", "access-token:t2", "access-token:t3"].map(did);
    const told = await describeEvents(createParts(0).storage, events);
    expect(told.map(({ actorName }) => actorName)).toEqual([
      "ada@example.com (token “Deploy”)",
      "An administrator (token “Deploy”)",
      null,
    ]);
  });

  test("reach and filters are the store's to heed; instants become whole seconds", async () => {
    const parts = createParts(1);
    await list(parts, {
      accountId: 7,
      actor: "operator",
      action: "account",
      subject: "account:7",
      from: "2027-01-15T08:00:00.001Z",
      to: "2027-01-15T10:00:00+01:00",
    });
    expect(parts.asked).toEqual([
      {
        reach: { accountIds: [7] },
        filter: {
          accountId: 7,
          actor: "operator",
          action: "account",
          subject: "account:7",
          from: 1_800_000_001,
          to: 1_800_003_600,
        },
      },
    ]);
  });

  test.each(["0", "-1", "x", "1.5", "1e3"])("400 INVALID_REQUEST: the cursor %j", async (cursor) => {
    expect(await list(createParts(1), { cursor })).toMatchObject({ code: "INVALID_REQUEST", status: 400 });
  });
});

describe("GET /api/audit-events/export", () => {
  test("JSONL: oldest first, one event a line, whatever is in it; nothing that the hash does not cover", async () => {
    const { text, mediaType, headers } = await readExport(createParts(3), { format: "jsonl" });
    expect(mediaType).toBe("application/jsonl");
    expect(headers).toEqual({ "content-disposition": 'attachment; filename="audit-events-2027-01-15.jsonl"' });
    const lines = text.split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[0]).toBe(
      '{"accountId":7,"action":"account.renamed","actor":"administrator:a1","after":{"name":"line\\u2028separator"},' +
        '"at":"2027-01-15T08:00:01Z","before":{"name":"=1+1"},"hash":"00ff","requestId":null,"sequence":1,' +
        '"source":"192.0.2.7","subject":"account:7"}',
    );
    expect(lines.slice(0, 3).map(parseExportedEvent)).toEqual([event(1), event(2), event(3)]);
  });

  test("CSV: a header, then oldest first, with the name of an administrator", async () => {
    const { text, mediaType, headers } = await readExport(createParts(3), { format: "csv" });
    expect(mediaType).toBe("text/csv; charset=utf-8");
    expect(headers).toEqual({ "content-disposition": 'attachment; filename="audit-events-2027-01-15.csv"' });
    const rows: Record<string, string>[] = parse(text, { columns: true });
    expect(rows.map(({ sequence, actorName }) => [sequence, actorName])).toEqual([
      ["1", "ada@example.com"],
      ["2", ""],
      ["3", "ada@example.com"],
    ]);
  });

  test("what nobody takes is not read", async () => {
    const parts = createParts(2000);
    const request = createRequest<"GET /api/audit-events/export">({ format: "csv" });
    const answer = (await parts.handlers["GET /api/audit-events/export"](request)) as ManagementAnswer<Listing>;
    (answer.text!.content as Readable).destroy();
    expect([parts.asked, parts.lookups]).toEqual([[], []]);
  });

  test("who sees every account exports the whole log as it is stored; all others what they may see", async () => {
    const parts = createParts(1200);
    const whole = await readExport(parts, { format: "jsonl" }, owner);
    expect(whole.text.split("\n")).toHaveLength(1201);
    expect(parts.asked).toEqual([]);
    const own = await readExport(parts, { format: "jsonl" });
    expect(own.text).toBe(whole.text);
    expect(new Set(parts.asked.map((asked) => JSON.stringify(asked)))).toEqual(
      new Set([JSON.stringify({ reach: { accountIds: [7] }, filter: {} })]),
    );
    await readExport(parts, { format: "jsonl", actor: "operator" }, owner);
    expect(parts.asked.at(-1)).toEqual({ reach: "every account", filter: { actor: "operator" } });
  });
});
