import { isRefusal } from "@biped/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import { frequencyValues, jobFormats, jobStates } from "./job.ts";
import { type ListQuery, parseListQuery } from "./list-query.ts";

const standard: ListQuery = {
  state: undefined,
  format: undefined,
  frequency: undefined,
  scope: undefined,
  order: "DESC",
  page: 1,
  limit: 20,
  upTo: undefined,
};

const known = "known are state, format, frequency, scope, order, page, limit, upTo";

describe("accepted", () => {
  const cases: readonly (readonly [string, Partial<ListQuery>])[] = [
    ["", {}],
    ["&&", {}],
    ["state=ACTIVE", { state: "ACTIVE" }],
    ["state=DELETED", { state: "DELETED" }],
    ["format=CSV&scope=views&frequency=once", { format: "CSV", scope: "views", frequency: "once" }],
    ["order=ASC", { order: "ASC" }],
    ["order=DESC&page=1&limit=1", { limit: 1 }],
    ["page=1000000000&limit=100", { page: 1_000_000_000, limit: 100 }],
    ["upTo=9007199254740991&page=2", { upTo: Number.MAX_SAFE_INTEGER, page: 2 }],
    ["%73tate=%41CTIVE", { state: "ACTIVE" }],
  ];
  test.each(cases)("%j", (query, changes) => {
    expect(parseListQuery(query)).toStrictEqual({ ...standard, ...changes });
  });
});

describe("400 INVALID_REQUEST, naming the parameter and the rule", () => {
  const states = "state must be one of ACTIVE, COMPUTING, COMPLETED, SUSPENDED, DELETED.";
  const page = "page must be an integer from 1 to 1000000000.";
  const limit = "limit must be an integer from 1 to 100.";
  const unknown = `The query holds an unknown parameter; ${known}.`;
  const cases: readonly (readonly [string, string])[] = [
    ["state=active", states],
    ["state=ACTIVE,DELETED", states],
    ["state=ACTIVE%00", states],
    ["state=+ACTIVE", states],
    ["state=toString", states],
    ["state=", "state must not be empty."],
    ["state", "state must not be empty."],
    ["state=ACTIVE&state=ACTIVE", "state must be given once."],
    ["state=ACTIVE&%73tate=DELETED", "state must be given once."],
    ["state=&state=", "state must not be empty."],
    ["state=%", "state must be percent-encoded UTF-8."],
    ["state=%ff", "state must be percent-encoded UTF-8."],
    ["format=jsonl", "format must be one of JSONL, CSV."],
    ["frequency=weekly", "frequency must be one of once, daily, hourly."],
    ["scope=pages", "scope must be one of sessions, views."],
    ["order=asc", "order must be one of ASC, DESC."],
    ["page=0", page],
    ["page=-1", page],
    ["page=01", page],
    ["page=1.0", page],
    ["page=1e3", page],
    ["page=0x10", page],
    ["page=%201", page],
    ["page=+1", page],
    ["page=１", page],
    ["page=Infinity", page],
    ["page=1000000001", page],
    ["page=9007199254740992", page],
    [`page=${"9".repeat(400)}`, page],
    ["page=1%0A", page],
    ["limit=0", limit],
    ["limit=101", limit],
    ["limit=abc", limit],
    ["upTo=0", "upTo must be an integer from 1 to 9007199254740991."],
    ["upTo=9007199254740992", "upTo must be an integer from 1 to 9007199254740991."],
    ["projectId=43", unknown],
    ["State=ACTIVE", unknown],
    ["state[]=ACTIVE", unknown],
    ["state=ACTIVE&__proto__=1", unknown],
    ["=1", unknown],
    ["%ff=1", unknown],
  ];
  test.each(cases)("%j", (query, description) => {
    expect(parseListQuery(query)).toMatchObject({ code: "INVALID_REQUEST", status: 400, description });
  });
});

const option = <Value>(values: readonly Value[]) => fc.constantFrom(undefined, ...values);

testProperty(
  "whatever may be asked is understood as it was asked",
  2000,
  fc.property(
    fc.record({
      state: option(jobStates),
      format: option(jobFormats),
      frequency: option(frequencyValues),
      scope: option(["sessions", "views"] as const),
      order: option(["ASC", "DESC"] as const),
      page: fc.option(fc.integer({ min: 1, max: 1_000_000_000 }), { nil: undefined }),
      limit: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
      upTo: fc.option(
        fc.maxSafeNat().filter((id) => id > 0),
        { nil: undefined },
      ),
    }),
    (asked) => {
      const present = Object.entries(asked).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, `${value}`]],
      );
      const defaults = { order: asked.order ?? "DESC", page: asked.page ?? 1, limit: asked.limit ?? 20 };
      expect(parseListQuery(new URLSearchParams(present).toString())).toStrictEqual({ ...asked, ...defaults });
    },
  ),
);

testProperty(
  "any query is understood or refused with 400, and a refusal echoes nothing of it",
  5000,
  fc.property(
    fc.oneof(
      fc.string({ unit: "binary" }),
      fc
        .array(
          fc.tuple(fc.constantFrom("state", "page", "limit", "order"), fc.string({ minLength: 1, unit: "grapheme" })),
        )
        .map((pairs) => pairs.map(([name, value]) => `${name}=MARK${value}`).join("&")),
    ),
    (query) => {
      const outcome = parseListQuery(query);
      if (!isRefusal(outcome)) {
        expect(Number.isSafeInteger(outcome.page * outcome.limit)).toBe(true);
        return;
      }
      expect(outcome.code).toBe("INVALID_REQUEST");
      expect(outcome.description).not.toContain("MARK");
    },
  ),
);
