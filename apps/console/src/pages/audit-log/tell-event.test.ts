import type { AuditEventView } from "@biped/management-client";
import { expect, test } from "vitest";
import { findSubjectNames, tellEvent } from "./tell-event.ts";

const event: AuditEventView = {
  sequence: 1,
  at: "2026-11-25T23:23:48Z",
  actor: "administrator:ada",
  actorName: "ada@example.com",
  action: "credential.changed",
  subject: "credential:c-1",
  accountId: 1,
  requestId: "req_1",
  source: "127.0.0.1",
  before: { name: "Nightly", epoch: 0 },
  after: { name: "Nightly export", epoch: 1 },
  hash: "00",
};
const names = {
  ownId: "ada",
  people: new Map([["vera", "Vera Viewer"]]),
  accounts: new Map([[1, "Northwind Retail"]]),
  subjects: new Map([["credential:c-1", "Nightly export"]]),
};
const tell = (change: Partial<AuditEventView>, known = names) => {
  const { who, did, what, details } = tellEvent({ ...event, ...change }, known);
  return [[who, did, what].filter(Boolean).join(" "), ...details];
};

test("what oneself did begins with You, and tells the one change with its values", () => {
  expect(tell({})).toEqual([
    "You changed the credential “Nightly export”",
    "Name: Nightly → Nightly export",
    "Northwind Retail",
  ]);
});

test("several changes are told by their names, without the epoch", () => {
  const change = { before: { name: "a", scopes: [], epoch: 1 }, after: { name: "b", scopes: ["x"], epoch: 2 } };
  expect(tell(change, { ...names, ownId: "grace" })).toEqual([
    "ada@example.com changed the credential “b”",
    "Name, Scopes",
    "Northwind Retail",
  ]);
});

test("a secret is told by the name of its credential, where another event has it", () => {
  const change = { action: "secret.rotated", subject: "secret:s-1", before: {}, after: { clientId: "c-1" } };
  expect(tell(change)[0]).toBe("You made a new secret for the credential “Nightly export”");
  expect(tell(change, { ...names, subjects: new Map() })[0]).toBe("You made a new secret for the credential c-1");
});

test("a role is told with its person, before and after", () => {
  const member = { action: "administrator.member-set", subject: "administrator:vera", before: null };
  const rest = ["as viewer", "Northwind Retail"];
  expect(tell({ ...member, after: { role: "viewer" } })).toEqual(["You set the role of Vera Viewer", ...rest]);
  expect(tell({ ...member, before: { role: "viewer" }, after: { role: "owner" } })[1]).toBe("viewer → owner");
  const removed = { ...member, action: "administrator.member-removed", before: { role: "owner" }, after: null };
  expect(tell(removed).slice(0, 2)).toEqual(["You took away the role of Vera Viewer", "was owner"]);
  const unknown = { ...member, subject: "administrator:x", after: { email: "new@example.com", role: "viewer" } };
  expect(tell(unknown)[0]).toBe("You set the role of new@example.com");
});

test("what somebody does to themselves names nobody twice, and an unknown account has its number", () => {
  const own = { action: "administrator.signed-in", subject: "administrator:ada", before: null, after: {} };
  expect(tell({ ...own, accountId: null })).toEqual(["You signed in"]);
  const created = { action: "project.created", subject: "project:42", before: null, after: { name: "UX" } };
  expect(tell({ ...created, accountId: 9 })).toEqual(["You created the project “UX”", "Account 9"]);
  const account = { action: "account.created", subject: "account:1", before: null, after: { name: "Northwind" } };
  expect(tell(account)).toEqual(["You created the account “Northwind”"]);
});

test("what an event tells by its id has the name that is known elsewhere", () => {
  const moved = { action: "project.moved", subject: "project:44", before: { cloud: "aws" }, after: { cloud: "azure" } };
  const subjects = new Map([["project:44", "SUPPORT SITE"]]);
  expect(tell(moved, { ...names, subjects })).toEqual([
    "You moved to another cloud the project “SUPPORT SITE”",
    "Cloud: aws → azure",
    "Northwind Retail",
  ]);
  expect(tell(moved)[0]).toBe("You moved to another cloud the project 44");
  const disabled = { action: "account.disabled", subject: "account:1", before: {}, after: {} };
  expect(tell(disabled)).toEqual(["You disabled the account “Northwind Retail”"]);
});

test("subjects are known by the newest name that the events have", () => {
  const older = { ...event, sequence: 0, before: null, after: { name: "Older" } };
  const deleted = { ...event, subject: "credential:c-3", before: { name: "Gone" }, after: { state: "deleted" } };
  const nameless = { ...event, subject: "secret:s-1", before: null, after: {} };
  const job = { ...event, action: "export-job.create", subject: "project:42", before: null, after: { name: "Job" } };
  const found = findSubjectNames([event, older, deleted, nameless, job]);
  expect(Object.fromEntries(found)).toEqual({ "credential:c-1": "Nightly export", "credential:c-3": "Gone" });
});
