import { setImmediate } from "node:timers/promises";
import type { AuditEvent, Storage } from "../storage/storage.ts";
import type { AuditFilter, Reach } from "../storage/views.ts";

/** A long log is read while tokens are issued: each page is short, and others have their turn before the next. */
const pageLength = 500;

/** All events of the log, oldest first, page by page. */
export async function* readEvents(
  storage: Pick<Storage, "listAuditEvents">,
): AsyncGenerator<readonly AuditEvent[], void, undefined> {
  let last = 0;
  for (;;) {
    const page = await storage.listAuditEvents(last, pageLength);
    if (page.length > 0) yield page;
    if (page.length < pageLength) return;
    last = page.at(-1)?.sequence ?? last;
    await setImmediate();
  }
}

/** The same one by one. */
export async function* readEachEvent(
  storage: Pick<Storage, "listAuditEvents">,
): AsyncGenerator<AuditEvent, void, undefined> {
  for await (const page of readEvents(storage)) yield* page;
}

type Selection = { readonly reach: Reach; readonly filter: AuditFilter };

/**
 * The events of a selection, oldest first. The store pages from the newest one back, so a first pass finds where each
 * page begins and a second one reads them from the last page to the first: however long, no more is held than that.
 */
export async function* readSelectedEvents(
  storage: Pick<Storage, "pageAuditEvents">,
  { reach, filter }: Selection,
): AsyncGenerator<readonly AuditEvent[], void, undefined> {
  const read = (before: number | undefined) => storage.pageAuditEvents(reach, filter, { limit: pageLength, before });
  let page = await read(undefined);
  const [newest] = page;
  if (newest === undefined) return;
  // What is stored from now on is not part of the answer.
  const starts = [newest.sequence + 1];
  while (page.length === pageLength) {
    const start = page.at(-1)?.sequence;
    await setImmediate();
    page = await read(start);
    if (start !== undefined && page.length > 0) starts.push(start);
  }
  for (const start of starts.toReversed()) {
    yield (await read(start)).toReversed();
    await setImmediate();
  }
}
