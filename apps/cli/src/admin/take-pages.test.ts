import { expect, test } from "vitest";
import { takePages } from "./take-pages.ts";

const all = Array.from({ length: 250 }, (_, at) => at);

/** A list of 250 numbers that notes how it is asked for. */
function createList() {
  const asked: object[] = [];
  const read = async (query: { readonly limit: number; readonly cursor?: string }) => {
    asked.push(query);
    const begin = Number(query.cursor ?? 0);
    const end = begin + query.limit;
    return { items: all.slice(begin, end), nextCursor: end < all.length ? String(end) : null };
  };
  return { asked, read };
}

test("every page is followed, of 100 items each", async () => {
  const { asked, read } = createList();
  expect(await takePages(read)).toEqual(all);
  expect(asked).toEqual([{ limit: 100 }, { limit: 100, cursor: "100" }, { limit: 100, cursor: "200" }]);
});

test("a limit ends it, and asks for no more than it needs", async () => {
  const { asked, read } = createList();
  expect(await takePages(read, 120)).toEqual(all.slice(0, 120));
  expect(asked).toEqual([{ limit: 100 }, { limit: 20, cursor: "100" }]);
});

test("a list that begins again, or is none, is not of this protocol", async () => {
  const again = takePages(async () => ({ items: [1], nextCursor: "x" }));
  await expect(again).rejects.toMatchObject({ exitCode: 5, code: "UNEXPECTED_ANSWER" });
  const none = takePages(async () => JSON.parse('{"items":7,"nextCursor":null}'));
  await expect(none).rejects.toMatchObject({ exitCode: 5 });
});
