type Numbered = { readonly jobId?: number; readonly jobRunId?: number };

/** Services need not say their greatest page size; none is known that gives fewer than this many. */
const leastFullPage = 20;

/**
 * The items of all pages, each page fetched when it is needed. What moves to a later page because something was added
 * meanwhile comes once; what moves to the page before because something was removed is missed.
 */
export async function* readPages<Item extends Numbered>(
  pageSize: number,
  /** Pages count from 1. */
  read: (page: number) => Promise<readonly Item[]>,
): AsyncGenerator<Item, undefined> {
  let fullPage = Math.min(pageSize, leastFullPage);
  const given = new Set<string>();
  // Nothing new on a page is a whole page that was added meanwhile; on two, a service that knows nothing of pages.
  for (let [page, stalePages] = [1, 0]; stalePages < 2; page += 1) {
    const items = await read(page);
    stalePages += 1;
    for (const item of items) {
      const key = formatKey(item);
      if (given.has(key)) continue;
      stalePages = 0;
      given.add(key);
      yield item;
    }
    if (items.length < fullPage) return;
    if (page === 1) fullPage = items.length;
  }
}

/** Where a service numbers the runs of each job on its own, the job belongs to it. */
function formatKey({ jobId, jobRunId }: Numbered): string {
  return `${jobId} ${jobRunId}`;
}
