type Numbered = { readonly jobId?: number; readonly jobRunId?: number };

/** Services need not say their greatest page size; none is known that gives fewer than this many. */
const leastFullPage = 20;

/**
 * The items of all pages, each page fetched when it is needed. What moves to the next page because something was added
 * meanwhile comes once; what moves to the page before because something was removed is missed.
 */
export async function* readPages<Item extends Numbered>(
  pageSize: number,
  /** Pages count from 1. */
  read: (page: number) => Promise<readonly Item[]>,
): AsyncGenerator<Item, undefined> {
  let fullPage = Math.min(pageSize, leastFullPage);
  let before: readonly string[] = [];
  for (let page = 1; ; page += 1) {
    const items = await read(page);
    const keys = items.map(formatKey);
    // The same beginning again: this service knows nothing of pages.
    if (items.length === 0 || keys[0] === before[0]) return;
    for (const item of items) if (!before.includes(formatKey(item))) yield item;
    if (items.length < fullPage) return;
    if (page === 1) fullPage = items.length;
    before = keys;
  }
}

/** Where a service numbers the runs of each job on its own, the job belongs to it. */
function formatKey({ jobId, jobRunId }: Numbered): string {
  return `${jobId} ${jobRunId}`;
}
