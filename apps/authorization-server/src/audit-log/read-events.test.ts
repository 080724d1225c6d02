import { describe, expect, test } from "vitest";
import type { AuditEvent } from "../storage/storage.ts";
import type { AuditFilter, Reach } from "../storage/views.ts";
import { readEvents, readSelectedEvents } from "./read-events.ts";

const event = (sequence: number): AuditEvent => ({
  sequence,
  at: 1_800_000_000,
  actor: "operator",
  action: "account.created",
  subject: `account:${sequence}`,
  accountId: sequence,
  requestId: undefined,
  source: undefined,
  before: undefined,
  after: undefined,
  hash: "",
});

function createStorage(count: number) {
  const events = Array.from({ length: count }, (_, index) => event(index + 1));
  const asked: unknown[] = [];
  return {
    events,
    asked,
    listAuditEvents: async (after: number, limit: number) =>
      events.filter(({ sequence }) => sequence > after).slice(0, limit),
    pageAuditEvents: async (
      reach: Reach,
      filter: AuditFilter,
      { limit, before = Number.POSITIVE_INFINITY }: { readonly limit: number; readonly before: number | undefined },
    ) => {
      asked.push({ reach, filter });
      return events
        .filter(({ sequence }) => sequence < before)
        .toReversed()
        .slice(0, limit);
    },
  };
}

async function collect(pages: AsyncIterable<readonly AuditEvent[]>) {
  const lengths: number[] = [];
  const sequences: number[] = [];
  for await (const page of pages) {
    lengths.push(page.length);
    sequences.push(...page.map(({ sequence }) => sequence));
  }
  return { lengths, sequences };
}

const selection = { reach: { accountIds: [7] }, filter: { actor: "operator" } };

describe.each([0, 1, 499, 500, 501, 1000, 1001])("%i events", (count) => {
  const sequences = Array.from({ length: count }, (_, index) => index + 1);

  test("all of them, oldest first, in pages of 500 at most", async () => {
    const read = await collect(readEvents(createStorage(count)));
    expect(read.sequences).toEqual(sequences);
    expect(Math.max(0, ...read.lengths)).toBeLessThanOrEqual(500);
  });

  test("a selection, oldest first, in pages of 500 at most", async () => {
    const storage = createStorage(count);
    const read = await collect(readSelectedEvents(storage, selection));
    expect(read.sequences).toEqual(sequences);
    expect(Math.max(0, ...read.lengths)).toBeLessThanOrEqual(500);
    expect(storage.asked.every((asked) => JSON.stringify(asked) === JSON.stringify(selection))).toBe(true);
  });
});

test("what is stored while a selection is read is not part of it", async () => {
  const storage = createStorage(700);
  const sequences: number[] = [];
  for await (const page of readSelectedEvents(storage, selection)) {
    sequences.push(...page.map(({ sequence }) => sequence));
    storage.events.push(event(storage.events.length + 1));
  }
  expect(sequences).toEqual(Array.from({ length: 700 }, (_, index) => index + 1));
});
