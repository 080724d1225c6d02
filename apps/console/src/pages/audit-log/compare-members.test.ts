import { expect, test } from "vitest";
import { compareMembers, formatTitle } from "./compare-members.ts";

test("what changed stands first, then what stayed, each in words", () => {
  const before = { epoch: 1, name: "Old", scopes: ["metrics"], expiresAt: 1_795_000_000, isPlatformOwner: false };
  const after = { epoch: 1, name: "New", scopes: ["metrics", "data-export"], isPlatformOwner: true };
  expect(compareMembers(before, after, "UTC")).toEqual([
    { member: "name", title: "Name", before: "Old", after: "New" },
    { member: "scopes", title: "Scopes", before: "metrics", after: "metrics, data-export" },
    { member: "expiresAt", title: "Expires at", before: "18 Nov 2026, 11:06:40 UTC", after: undefined },
    { member: "isPlatformOwner", title: "Platform owner", before: "no", after: "yes" },
    { member: "epoch", title: "Epoch", before: "1", after: "1" },
  ]);
});

test("a creation has no before, an end no after", () => {
  const members = { projectId: null, allowedRanges: [], rule: { a: 1 } };
  const told = [
    { member: "projectId", title: "Project id", text: "none" },
    { member: "allowedRanges", title: "Allowed ranges", text: "none" },
    { member: "rule", title: "Rule", text: '{"a":1}' },
  ];
  const added = told.map(({ text, ...row }) => ({ ...row, before: undefined, after: text }));
  const removed = told.map(({ text, ...row }) => ({ ...row, before: text, after: undefined }));
  expect(compareMembers(null, members)).toEqual(added);
  expect(compareMembers(members, null)).toEqual(removed);
  expect(compareMembers(null, null)).toEqual([]);
});

test("times are told in words: of a token that was taken back, and of everything before", () => {
  expect(compareMembers(null, { before: 1_795_649_028, until: 1_795_652_628 }, "UTC")).toEqual([
    { member: "before", title: "Before", before: undefined, after: "25 Nov 2026, 23:23:48 UTC" },
    { member: "until", title: "Until", before: undefined, after: "26 Nov 2026, 00:23:48 UTC" },
  ]);
});

test.each([
  ["name", "Name"],
  ["credentialLifetimeLimitDays", "Longest life of credentials in days"],
  ["lastUsedSource", "Last used source"],
  ["isPlatformOwner", "Platform owner"],
  ["issuer", "Issuer"],
  ["until", "Until"],
])("the member %s is called %j", (member, title) => {
  expect(formatTitle(member)).toBe(title);
});
