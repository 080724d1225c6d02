import { expect, test } from "vitest";
import { readAuditSearch, readOneOf, readText } from "./search-parameters.ts";

test.each([
  ["Northwind", "Northwind"],
  [42, "42"],
  [true, "true"],
  ["", undefined],
  [undefined, undefined],
  [null, undefined],
  [["a"], undefined],
  [{ a: 1 }, undefined],
  ["x".repeat(2000), "x".repeat(1000)],
])("%o is read as %o", (value, text) => {
  expect(readText({ search: value }, "search")).toBe(text);
});

test("only what is expected is taken", () => {
  expect(readOneOf({ sort: "-name" }, "sort", ["name", "-name"])).toBe("-name");
  expect(readOneOf({ sort: "secret" }, "sort", ["name", "-name"])).toBeUndefined();
  expect(readOneOf({}, "sort", ["name"])).toBeUndefined();
});

test("filters of the audit log: an id and instants are taken only where they are such", () => {
  expect(
    readAuditSearch({
      accountId: 7,
      actor: "system",
      action: "credential.created",
      subject: "project:42",
      from: "2026-11-25T00:00:00.000Z",
      to: "2026-11-26T01:00:00+01:00",
      other: "x",
    }),
  ).toEqual({
    accountId: 7,
    actor: "system",
    action: "credential.created",
    subject: "project:42",
    from: "2026-11-25T00:00:00.000Z",
    to: "2026-11-26T01:00:00+01:00",
  });
  const nonsense = { accountId: "-1", from: "2026-11-25", to: "2026-99-25T00:00:00Z" };
  expect(readAuditSearch(nonsense)).toEqual(readAuditSearch({}));
});
