import { isRefusal } from "@biped/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import { formatExportPage, formatExportQuery, readExportPage } from "./export-page.ts";

/** The API's list, newest first, as its documents describe it. */
function list(ids: readonly number[], query: string): readonly number[] {
  const parameters = new URLSearchParams(query);
  const [page, limit, upTo] = ["page", "limit", "upTo"].map((name) => Number(parameters.get(name) ?? Number.NaN));
  if (page === undefined || limit === undefined || upTo === undefined) throw new Error(query);
  const seen = ids.toSorted((left, right) => right - left).filter((id) => Number.isNaN(upTo) || id <= upTo);
  return seen.slice((page - 1) * limit, page * limit);
}

function readPage(query: Parameters<typeof readExportPage>[0]) {
  const page = readExportPage(query);
  if (isRefusal(page)) throw new Error(page.description);
  return page;
}

const readId = (id: number): number => id;

describe("pages", () => {
  test("the first asks for 50, newest first; the next for those up to the first id that was told", () => {
    const first = readPage({});
    expect(formatExportQuery(first, undefined)).toBe("order=DESC&page=1&limit=50");
    const ids = Array.from({ length: 50 }, (_, at) => 200 - at);
    const { items, nextCursor } = formatExportPage(ids, first, readId);
    expect(items).toEqual(ids);
    const next = readPage({ cursor: nextCursor ?? "" });
    expect(formatExportQuery(next, "ACTIVE")).toBe("order=DESC&page=2&limit=50&upTo=200&state=ACTIVE");
    const last = formatExportPage([1], next, readId);
    expect(last).toEqual({ items: [1], nextCursor: null });
  });

  test("a cursor of another limit, or one that nobody was given, is 400", () => {
    const cursor = formatExportPage([9, 8], readPage({ limit: 2 }), readId).nextCursor ?? "";
    expect(readExportPage({ limit: 2, cursor })).toEqual({ limit: 2, before: 2, upTo: 9 });
    const forge = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString("base64url");
    const wrong = [
      readExportPage({ limit: 3, cursor }),
      readExportPage({ limit: 5, cursor }),
      readExportPage({ limit: 2, cursor: forge("before", 0, 9) }),
      readExportPage({ limit: 2, cursor: forge("before", -2, 9) }),
      readExportPage({ limit: 2, cursor: forge("before", 2, 0) }),
      readExportPage({ limit: 2, cursor: forge("id", 2, 9) }),
      readExportPage({ limit: 2, cursor: "nonsense" }),
    ];
    expect(wrong.map((page) => isRefusal(page) && page.code)).toEqual(wrong.map(() => "INVALID_REQUEST"));
  });
});

testProperty(
  "page after page each job of the beginning is told once, whatever is added meanwhile",
  500,
  fc.property(fc.uniqueArray(fc.nat(1000)), fc.integer({ min: 1, max: 100 }), fc.nat(7), (given, limit, added) => {
    const ids = given.map((id) => id + 1);
    const told: number[] = [];
    let cursor: string | null | undefined;
    for (let newest = 2000; cursor !== null; newest += added) {
      const page = readPage(cursor === undefined ? { limit } : { limit, cursor });
      const more = cursor === undefined ? [] : Array.from({ length: added }, (_, at) => newest + at);
      const found = formatExportPage(list([...ids, ...more], formatExportQuery(page, undefined)), page, readId);
      told.push(...found.items);
      cursor = found.nextCursor;
    }
    expect(told).toEqual(ids.toSorted((left, right) => right - left));
  }),
);
