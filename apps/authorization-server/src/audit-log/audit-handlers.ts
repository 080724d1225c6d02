import { Readable } from "node:stream";
import { formatExportedEvent } from "@biped/management-client/audit-chain";
import { refuse } from "@biped/protocol";
import { findReach } from "../administrators/caller.ts";
import { formatTime } from "../instant.ts";
import type { Handlers, ManagementRequest } from "../management-api/handlers.ts";
import type { AuditEvent, Storage } from "../storage/storage.ts";
import type { AuditFilter, Reach } from "../storage/views.ts";
import type { AuditHeads } from "./audit-heads.ts";
import { csvHeader, formatCsvEvent } from "./csv.ts";
import { type ActorNames, describeEvents } from "./describe-event.ts";
import { readEvents, readSelectedEvents } from "./read-events.ts";

export type AuditHandlerParts = {
  readonly storage: Pick<Storage, "pageAuditEvents" | "listAuditEvents"> & ActorNames;
  readonly heads: Pick<AuditHeads, "signHead" | "verifyLog">;
  readonly nowSeconds: () => number;
};

export type AuditOperation =
  | "GET /api/audit-events"
  | "GET /api/audit-events/export"
  | "GET /api/audit-log/head"
  | "GET /api/audit-log/verification";

const usualLimit = 50;

export function createAuditHandlers({ storage, heads, nowSeconds }: AuditHandlerParts): Handlers<AuditOperation> {
  return {
    "GET /api/audit-events": async ({ caller, query }) => {
      const before = query.cursor === undefined ? undefined : parseCursor(query.cursor);
      if (before === "no cursor") return refuse("INVALID_REQUEST", "cursor is not one of this list.");
      const limit = query.limit ?? usualLimit;
      // One more than is told, to know whether there is a next page.
      const page = { limit: limit + 1, before };
      const found = await storage.pageAuditEvents(findReach(caller), readFilter(query), page);
      const told = found.slice(0, limit);
      const last = found.length > limit ? told.at(-1) : undefined;
      const nextCursor = last === undefined ? null : String(last.sequence);
      return { body: { items: await describeEvents(storage, told), nextCursor } };
    },

    "GET /api/audit-events/export": ({ caller, query }) => {
      const pages = selectEvents(storage, findReach(caller), readFilter(query));
      const rows = query.format === "csv" ? formatCsv(storage, pages) : formatJsonl(pages);
      const mediaType = query.format === "csv" ? "text/csv; charset=utf-8" : "application/jsonl";
      const day = formatTime(nowSeconds()).slice(0, 10);
      const disposition = `attachment; filename="audit-events-${day}.${query.format}"`;
      return {
        body: undefined,
        text: { content: Readable.from(rows), mediaType },
        headers: { "content-disposition": disposition },
      };
    },

    "GET /api/audit-log/head": async () => ({ body: await heads.signHead() }),

    "GET /api/audit-log/verification": async () => ({ body: await heads.verifyLog() }),
  };
}

/** The sequence of the last event of the page before. */
export function parseCursor(text: string): number | "no cursor" {
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : "no cursor";
}

type Filters = Omit<ManagementRequest<"GET /api/audit-events">["query"], "limit" | "cursor">;

function readFilter({ accountId, actor, action, subject, from, to }: Filters): AuditFilter {
  return {
    ...(accountId === undefined ? {} : { accountId }),
    ...(actor === undefined ? {} : { actor }),
    ...(action === undefined ? {} : { action }),
    ...(subject === undefined ? {} : { subject }),
    ...(from === undefined ? {} : { from: readSeconds(from) }),
    ...(to === undefined ? {} : { to: readSeconds(to) }),
  };
}

/** Events have whole seconds: of an instant between two, the later one is the first that is not before it. */
function readSeconds(instant: string): number {
  return Math.ceil(Date.parse(instant) / 1000);
}

type Pages = AsyncIterable<readonly AuditEvent[]>;

/** The whole log as it is stored, so that who exports all of it can verify it. */
function selectEvents(storage: AuditHandlerParts["storage"], reach: Reach, filter: AuditFilter): Pages {
  const isWhole = reach === "every account" && Object.keys(filter).length === 0;
  return isWhole ? readEvents(storage) : readSelectedEvents(storage, { reach, filter });
}

async function* formatJsonl(pages: Pages): AsyncGenerator<string, void, undefined> {
  for await (const page of pages) yield page.map((event) => `${formatExportedEvent(event)}\n`).join("");
}

async function* formatCsv(storage: ActorNames, pages: Pages): AsyncGenerator<string, void, undefined> {
  yield csvHeader;
  for await (const page of pages) yield (await describeEvents(storage, page)).map(formatCsvEvent).join("");
}
