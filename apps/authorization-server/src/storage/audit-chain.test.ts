import { describe, expect, test } from "vitest";
import { chainStart, formatAuditEntry, formatCanonicalJson, linkAuditEntry, verifyAuditChain } from "./audit-chain.ts";
import type { AuditEntry, AuditEvent } from "./storage.ts";

const entry: AuditEntry = {
  at: 1_700_000_000,
  actor: "operator",
  action: "account.created",
  subject: "account:1",
  accountId: 1,
  requestId: undefined,
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
});
