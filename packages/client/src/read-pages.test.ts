import { expect, test } from "vitest";
import type { Job } from "./data-export-types.ts";
import { readPages } from "./read-pages.ts";

/** A service whose list can change between two pages; greatest first, as with order=DESC. */
function startList(count: number, { cap = 100 } = {}) {
  const jobs = Array.from({ length: count }, (_, index) => ({ jobId: count - index }));
  const asked: number[] = [];
  const list = { jobs, asked, onAsk: (_page: number): void => undefined };
  const read =
    (pageSize: number) =>
    async (page: number): Promise<readonly Job[]> => {
      asked.push(page);
      list.onAsk(page);
      const size = Math.min(pageSize, cap);
      return jobs.slice((page - 1) * size, page * size);
    };
  return Object.assign(list, { all: (pageSize: number) => readPages(pageSize, read(pageSize)) });
}

async function readIds(items: AsyncIterable<Job>): Promise<number[]> {
  return (await Array.fromAsync(items)).map(({ jobId }) => jobId);
}

const countDown = (from: number) => Array.from({ length: from }, (_, index) => from - index);

test.each([
  { name: "no item: one page is asked for", count: 0, pageSize: 100, asked: [1] },
  { name: "a first page with fewer than 20 is the last", count: 19, pageSize: 100, asked: [1] },
  { name: "20 of 100 may be a cap: the next page is asked for", count: 20, pageSize: 100, asked: [1, 2] },
  { name: "a full page and a part", count: 150, pageSize: 100, asked: [1, 2] },
  { name: "two full pages end with an empty one", count: 200, pageSize: 100, asked: [1, 2, 3] },
  { name: "a page size below 20 is its own measure", count: 12, pageSize: 5, asked: [1, 2, 3] },
  { name: "single items", count: 2, pageSize: 1, asked: [1, 2, 3] },
])("$name", async ({ count, pageSize, asked }) => {
  const list = startList(count);
  expect(await readIds(list.all(pageSize))).toEqual(countDown(count));
  expect(list.asked).toEqual(asked);
});

test("a service that caps pages at 50 without a word is read to its end", async () => {
  const list = startList(130, { cap: 50 });
  expect(await readIds(list.all(100))).toEqual(countDown(130));
  expect(list.asked).toEqual([1, 2, 3]);
});

test("a service that ignores the page gives each item once", async () => {
  const list = startList(30);
  const asked: number[] = [];
  const items = readPages(100, async (page) => {
    asked.push(page);
    return list.jobs;
  });
  expect(await readIds(items)).toEqual(countDown(30));
  expect(asked).toEqual([1, 2, 3]);
});

test("a job added while paging moves others to the next page, and none comes twice", async () => {
  const list = startList(6);
  const ids: number[] = [];
  for await (const { jobId } of list.all(3)) {
    ids.push(jobId);
    if (jobId === 4) list.jobs.unshift({ jobId: 7 });
  }
  expect(ids).toEqual([6, 5, 4, 3, 2, 1]);
});

const steady = [1, 2].map((count) => ({ name: `${count} before each page`, countBefore: () => count }));
const burst = [2, 3, 4, 6, 7].map((count) => ({
  name: `${count} before the second page`,
  countBefore: (page: number) => (page === 2 ? count : 0),
}));

test.each([...steady, ...burst])(
  "$name are added to pages of 3: what was there comes once, and all of it",
  async (added) => {
    const list = startList(20);
    let newest = 20;
    list.onAsk = (page) => {
      for (let count = added.countBefore(page); count > 0; count -= 1) list.jobs.unshift({ jobId: ++newest });
    };
    const ids = await readIds(list.all(3));
    expect(ids.length).toBe(new Set(ids).size);
    expect(ids.filter((id) => id <= 20)).toEqual(countDown(20));
  },
);

test("equal run numbers of two jobs are two runs", async () => {
  const runs = [
    { jobId: 1, jobRunId: 5 },
    { jobId: 2, jobRunId: 5 },
  ];
  const items = readPages(1, async (page) => runs.slice(page - 1, page));
  expect(await Array.fromAsync(items)).toEqual(runs);
});

test("the second page is asked for only when the first is used up", async () => {
  const list = startList(6);
  const items = list.all(3);
  for (const jobId of [6, 5, 4]) expect(await items.next()).toEqual({ done: false, value: { jobId } });
  expect(list.asked).toEqual([1]);
  await items.next();
  expect(list.asked).toEqual([1, 2]);
  await items.return(undefined);
  expect(list.asked).toEqual([1, 2]);
});
