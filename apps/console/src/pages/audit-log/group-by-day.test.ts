import type { AuditEventView } from "@biped/management-client";
import { expect, test } from "vitest";
import { groupByDay } from "./group-by-day.ts";

const createEvent = (sequence: number, at: string): AuditEventView => ({
  sequence,
  at,
  actor: "system",
  actorName: null,
  action: "signing-key.added",
  subject: "signing-key:k",
  accountId: null,
  requestId: null,
  source: null,
  before: null,
  after: null,
  hash: "",
});

test("a day is one of the reader's zone, and the order stays", () => {
  const events = [
    createEvent(3, "2026-11-25T23:30:00Z"),
    createEvent(2, "2026-11-25T22:30:00Z"),
    createEvent(1, "2026-11-24T12:00:00Z"),
  ];
  const group = (zone: string) =>
    groupByDay(events, zone).map(({ day, events: own }) => [day, ...own.map(({ sequence }) => sequence)]);
  expect(group("UTC")).toEqual([
    ["25 Nov 2026", 3, 2],
    ["24 Nov 2026", 1],
  ]);
  expect(group("Europe/Paris")).toEqual([
    ["26 Nov 2026", 3],
    ["25 Nov 2026", 2],
    ["24 Nov 2026", 1],
  ]);
});
