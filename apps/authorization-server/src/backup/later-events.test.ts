import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AuditEvent, chainStart, formatExportedEvent, linkAuditEntry } from "@biped/management-client/audit-chain";
import { afterAll, expect, test } from "vitest";
import { readLaterEvents } from "./later-events.ts";

const folder = mkdtempSync(join(tmpdir(), "biped-later-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "events.jsonl");

function createChain(length: number, account = "account"): readonly AuditEvent[] {
  const none = { accountId: undefined, requestId: undefined, source: undefined, before: undefined, after: undefined };
  const events: AuditEvent[] = [];
  for (let count = 1; count <= length; count += 1) {
    const entry = { at: count, actor: "operator", action: "account.created", subject: `${account}:${count}`, ...none };
    events.push({ ...entry, ...linkAuditEntry(events.at(-1) ?? chainStart, entry) });
  }
  return events;
}

const events = createChain(9);
const backup = events.slice(0, 5);
const storage = {
  listAuditEvents: async (after: number, limit: number) => backup.slice(after, after + limit),
};

async function read(exported: readonly AuditEvent[], more = ""): Promise<readonly number[] | string> {
  writeFileSync(path, exported.map((event) => `${formatExportedEvent(event)}\n`).join("") + more);
  try {
    const later = await Array.fromAsync(readLaterEvents(path, { storage, head: backup[4]! }));
    return later.map(({ sequence }) => sequence);
  } catch (error) {
    return error instanceof Error ? error.message.replace(path, "FILE") : "";
  }
}

test.each([
  ["the whole log", events, [6, 7, 8, 9]],
  ["a part that begins within the backup", events.slice(3), [6, 7, 8, 9]],
  ["a part that begins right after it", events.slice(5), [6, 7, 8, 9]],
  ["what the backup has, and no more", events.slice(0, 5), []],
])("of %s the events after the backup", async (_name, exported, sequences) => {
  expect(await read(exported)).toEqual(sequences);
});

const altered = events.map((event) => (event.sequence === 7 ? { ...event, actor: "mallory" } : event));
const foreign = createChain(9, "other");

test.each([
  [
    "that ends before the backup",
    events.slice(0, 4),
    "FILE ends with event 4, and the backup with 5: it tells nothing of later",
  ],
  ["that is empty", [], "FILE ends with event 0, and the backup with 5: it tells nothing of later"],
  [
    "that begins too late",
    events.slice(6),
    "The export begins after event 6, which the backup does not have; export more of the log",
  ],
  ["with an altered event", altered, "FILE, line 7: event 7 is altered"],
  ["with an event left out", events.toSpliced(6, 1), "FILE, line 7: event 7 is missing or out of order"],
  ["of another store", foreign, "FILE, line 5: the backup has another event 5; they are of different stores"],
  ["of another store, a part", foreign.slice(5), "FILE, line 1: event 6 is altered"],
])("an export %s is refused", async (_name, exported, line) => {
  expect(await read(exported)).toBe(line);
});

test("an export whose last line was torn off is refused", async () => {
  expect(await read(events.slice(0, 8), formatExportedEvent(events[8]!).slice(0, 40))).toBe(
    "FILE, line 9 is no audit event as it was exported",
  );
});
