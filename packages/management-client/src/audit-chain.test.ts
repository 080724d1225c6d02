import { generateKeyPairSync, sign } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { testProperty } from "../../../test/property.ts";
import {
  type AuditEntry,
  type AuditEvent,
  type AuditLink,
  chainStart,
  formatAuditEntry,
  formatCanonicalJson,
  formatExportedEvent,
  formatHeadText,
  isHeadSigned,
  linkAuditEntry,
  parseExportedEvent,
  parseSignedHead,
  verifyAuditChain,
  verifyAuditLog,
} from "./audit-chain.ts";

const entry: AuditEntry = {
  at: 1_700_000_000,
  actor: "operator",
  action: "account.created",
  subject: "account:1",
  accountId: 1,
  requestId: undefined,
  source: undefined,
  before: undefined,
  after: { state: "enabled", name: "Été" },
};

function createChain(length: number): readonly AuditEvent[] {
  const events: AuditEvent[] = [];
  for (let step = 0; step < length; step += 1) {
    const next = { ...entry, at: entry.at + step, subject: `account:${step}` };
    events.push({ ...next, ...linkAuditEntry(events.at(-1) ?? chainStart, next) });
  }
  return events;
}

test("the canonical text of an event is a JSON array with sorted names", () => {
  expect(formatAuditEntry(7, entry)).toBe(
    '[7,1700000000,"operator","account.created","account:1",1,null,null,{"name":"Été","state":"enabled"}]',
  );
});

test("the source is a tenth element where there is one", () => {
  expect(formatAuditEntry(7, { ...entry, before: {}, after: undefined, source: "192.0.2.7" })).toBe(
    '[7,1700000000,"operator","account.created","account:1",1,null,{},null,"192.0.2.7"]',
  );
});

test("the hash is SHA-256 over the former hash, a line break and the canonical text", () => {
  expect(linkAuditEntry(chainStart, entry)).toEqual({
    sequence: 1,
    hash: "dac66bab11a3447ba5b2f3c018804c5bf1c9fe3ff992103eb1770fc8fae76d2a",
  });
});

test("canonical JSON does not depend on the order of names, and survives being read back", () => {
  const value = { b: [{ d: 1, c: undefined }, null], a: { 2: "x", 10: "y" }, é: 1e21 };
  const text = formatCanonicalJson(value);
  expect(text).toBe('{"a":{"2":"x","10":"y"},"b":[{"d":1},null],"é":1e+21}');
  expect(formatCanonicalJson(JSON.parse(text))).toBe(text);
});

describe("verifyAuditChain", () => {
  const events = createChain(200);
  const head = events[199]!;
  const verify = (changed: readonly AuditEvent[]) => verifyAuditChain(changed, { head });
  const indexes = events.map((_, index) => index);

  test("a whole chain, none at all, and a part with its bounds are sound", () => {
    expect(verify(events)).toBeUndefined();
    expect(verifyAuditChain([], { head: chainStart })).toBeUndefined();
    expect(
      verifyAuditChain(events.slice(50, 70), { start: events[49] ?? head, head: events[69] ?? head }),
    ).toBeUndefined();
  });

  test("an edit of any member of any event is found there", () => {
    const edits: readonly Partial<AuditEvent>[] = [
      { at: 1 },
      { actor: "nobody" },
      { action: "account.deleted" },
      { subject: "account:x" },
      { accountId: undefined },
      { requestId: "request-1" },
      { source: "192.0.2.7" },
      { before: {} },
      { after: { state: "enabled", name: "Ete" } },
      { hash: "0".repeat(64) },
    ];
    for (const index of indexes) {
      for (const edit of edits) {
        const changed = events.map((event, place) => (place === index ? { ...event, ...edit } : event));
        expect(verify(changed)).toEqual({ sequence: index + 1, reason: "altered" });
      }
    }
  });

  test("a deletion of any event is found, also when those after it are numbered anew", () => {
    for (const index of indexes) {
      const left = events.filter((_, place) => place !== index);
      expect(verify(left)).toEqual({ sequence: index + 1, reason: "missing or out of order" });
      const renumbered = left.map((event, place) => ({ ...event, sequence: place + 1 }));
      const isLast = index === events.length - 1;
      expect(verify(renumbered)).toEqual({
        sequence: index + 1,
        reason: isLast ? "missing or out of order" : "altered",
      });
    }
  });

  test("an insertion before any event is found, with whichever number and hash", () => {
    for (const index of indexes) {
      const forged = { ...entry, subject: "account:forged" };
      const link = linkAuditEntry(events[index - 1] ?? chainStart, forged);
      const inserted = [...events.slice(0, index), { ...forged, ...link }, ...events.slice(index)];
      expect(verify(inserted)).toEqual({ sequence: index + 2, reason: "missing or out of order" });
      const renumbered = inserted.map((event, place) => ({ ...event, sequence: place + 1 }));
      expect(verify(renumbered)).toEqual({ sequence: index + 2, reason: "altered" });
    }
  });

  test("any two neighbours that changed places are found", () => {
    for (const index of indexes.slice(1)) {
      const [left, right] = [events[index - 1] ?? head, events[index] ?? head];
      const swapped = [...events.slice(0, index - 1), right, left, ...events.slice(index + 1)];
      expect(verify(swapped)).toEqual({ sequence: index, reason: "missing or out of order" });
    }
  });

  test("a part cut out of the middle is found, and so is a lost end", () => {
    for (const index of indexes) {
      const without = [...events.slice(0, index), ...events.slice(index + 10)];
      expect(verify(without)).toEqual({ sequence: index + 1, reason: "missing or out of order" });
    }
  });

  test("a head with another hash is found", () => {
    expect(verifyAuditChain(events, { head: { ...head, hash: "0".repeat(64) } })).toEqual({
      sequence: 200,
      reason: "altered",
    });
  });

  test("an event beyond the head is found", () => {
    expect(verifyAuditChain(events, { head: events[149]! })).toEqual({
      sequence: 151,
      reason: "missing or out of order",
    });
  });
});

describe("verifyAuditLog", () => {
  const events = createChain(20);
  const link = (place: number): AuditLink => events[place - 1] ?? chainStart;
  const verify = (log: Partial<Parameters<typeof verifyAuditLog>[0]>) => verifyAuditLog({ events, heads: [], ...log });
  const findLast = async (): Promise<AuditLink> => link(20);
  const forged = { sequence: 7, hash: "f".repeat(64) };

  test("a whole log, with the heads of any of its events, and as a stream", async () => {
    const heads = [link(20), link(7), link(7), chainStart];
    expect(await verify({ heads, findHead: findLast })).toEqual({ events: 20, last: link20(), fault: undefined });
    async function* stream() {
      yield* events;
    }
    expect(await verify({ events: stream(), heads })).toEqual({ events: 20, last: link20(), fault: undefined });
    expect(await verify({ events: [] })).toEqual({ events: 0, last: chainStart, fault: undefined });
  });

  const link20 = (): AuditLink => ({ sequence: 20, hash: link(20).hash });

  test("a head that is not the event of its sequence, whichever came first", async () => {
    const reason = "not the event of a signed head";
    expect(await verify({ heads: [forged] })).toMatchObject({ events: 7, fault: { sequence: 7, reason } });
    expect(await verify({ heads: [link(7), forged] })).toMatchObject({ fault: { sequence: 7, reason } });
    expect(await verify({ heads: [{ ...chainStart, hash: "f" }] })).toMatchObject({ fault: { sequence: 0, reason } });
  });

  test("a head beyond the last event: the log was cut off there", async () => {
    const cut = events.slice(0, 12);
    const heads = [link(5), link(13)];
    expect(await verify({ events: cut, heads })).toMatchObject({
      events: 12,
      fault: { sequence: 13, reason: "before a signed head, and the log ends there" },
    });
  });

  test("the log's own head: before the end, at the end and beyond it", async () => {
    const fault = async (findHead: () => Promise<AuditLink>, some = events) =>
      (await verify({ events: some, findHead })).fault;
    expect(await fault(async () => link(19))).toEqual({ sequence: 20, reason: "missing or out of order" });
    expect(await fault(findLast, events.slice(0, 19))).toEqual({ sequence: 20, reason: "missing or out of order" });
    expect(await fault(async () => ({ sequence: 20, hash: "f" }))).toEqual({ sequence: 20, reason: "altered" });
  });

  test("events that are stored meanwhile are no fault", async () => {
    const heads = [link(18), link(20), link(20)];
    expect((await verify({ findHead: async () => heads.shift()! })).fault).toBeUndefined();
    const later = [link(18), link(21), { sequence: 21, hash: "f" }];
    expect((await verify({ findHead: async () => later.pop() ?? link(20) })).fault).toMatchObject({ sequence: 21 });
  });

  test("nothing after a fault is read", async () => {
    let read = 0;
    async function* stream() {
      for (const event of events) {
        read += 1;
        yield read === 5 ? { ...event, actor: "nobody" } : event;
      }
    }
    expect(await verify({ events: stream() })).toMatchObject({ events: 4, fault: { sequence: 5, reason: "altered" } });
    expect(read).toBe(5);
  });
});

describe("a signed head", () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const unsigned = { sequence: 7, hash: "0".repeat(64), at: "2027-01-15T08:00:00Z" };
  const head = {
    ...unsigned,
    signature: sign(null, Buffer.from(formatHeadText(unsigned)), privateKey).toString("base64url"),
    publicKey: publicKey.export({ format: "der", type: "spki" }).toString("base64"),
  };

  test("is read back from its line, and from nothing else", () => {
    expect(parseSignedHead(JSON.stringify(head))).toEqual(head);
    for (const line of ["", "{", "null", "[]", JSON.stringify(unsigned), JSON.stringify({ ...head, more: 1 })]) {
      expect(parseSignedHead(line)).toBeUndefined();
    }
  });

  test("is signed by the key that it names; another kind of key, or none, signs nothing", () => {
    expect(isHeadSigned(head)).toBe(true);
    expect(isHeadSigned({ ...head, hash: "1".repeat(64) })).toBe(false);
    expect(isHeadSigned({ ...head, signature: "" })).toBe(false);
    expect(isHeadSigned({ ...head, publicKey: "" })).toBe(false);
    const { publicKey: rsa } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const other = rsa.export({ format: "der", type: "spki" }).toString("base64");
    expect(isHeadSigned({ ...head, publicKey: other })).toBe(false);
  });
});

describe("an exported event", () => {
  const [event] = createChain(1) as readonly [AuditEvent];

  test("is one line of canonical JSON, in which what some take for the end of a line is escaped", () => {
    expect(formatExportedEvent({ ...event, after: { name: "a\u2028b\u2029c\nd" } })).toBe(
      '{"accountId":1,"action":"account.created","actor":"operator","after":{"name":"a\\u2028b\\u2029c\\nd"},' +
        `"at":"2023-11-14T22:13:20Z","before":null,"hash":"${event.hash}","requestId":null,"sequence":1,` +
        '"source":null,"subject":"account:0"}',
    );
  });

  test("with a member too few or too many is none", () => {
    const members = JSON.parse(formatExportedEvent(event));
    expect(parseExportedEvent(JSON.stringify(members))).toEqual(event);
    expect(parseExportedEvent(JSON.stringify({ ...members, actorName: "Mallory" }))).toBeUndefined();
    for (const name of Object.keys(members)) {
      expect(parseExportedEvent(JSON.stringify({ ...members, [name]: undefined }))).toBeUndefined();
    }
    for (const line of ["", "{", "null", "[]", "7"]) expect(parseExportedEvent(line)).toBeUndefined();
  });

  const text = fc.string({ unit: fc.oneof(fc.constantFrom(...'\u2028\u2029\n\r"\\é'), fc.string({ maxLength: 1 })) });
  const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
  const members = optional(
    fc.dictionary(
      // Names need no escapes: Node 24 may read an escaped name as another one (nodejs/node#63785).
      fc.constantFrom("name", "state", "Été", "10", "2", "__proto__", "constructor"),
      fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.array(text), fc.boolean()),
    ),
  );
  const entry = fc.record({
    at: fc.integer({ min: 0, max: 4_000_000_000 }),
    actor: text,
    action: text,
    subject: text,
    accountId: optional(fc.integer({ min: 1 })),
    requestId: optional(text),
    source: optional(text),
    before: members,
    after: members,
  });

  testProperty(
    "has, read back from its line, the hash that it had",
    2_000,
    fc.property(entry, (some) => {
      const exported = { ...some, ...linkAuditEntry(chainStart, some) };
      const line = formatExportedEvent(exported);
      expect(line).not.toMatch(/[\n\r\u2028\u2029]/);
      const read = parseExportedEvent(line)!;
      expect(linkAuditEntry(chainStart, read)).toEqual(linkAuditEntry(chainStart, some));
      expect(formatExportedEvent(read)).toBe(line);
    }),
  );
});
