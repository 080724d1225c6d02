import type { AuditEventView } from "@biped/management-client";
import { formatTime } from "../credentials/format-time.ts";
import type { AuditEvent, Storage } from "../storage/storage.ts";

/** Events as the management API tells them, with the names of who did it. Each administrator is looked up once. */
export async function describeEvents(
  storage: Pick<Storage, "findAdministrator">,
  events: readonly AuditEvent[],
): Promise<AuditEventView[]> {
  const ids = new Set(events.map(({ actor }) => findAdministratorId(actor)).filter((id) => id !== undefined));
  const emails = new Map<string | undefined, string>();
  for (const id of ids) {
    const administrator = await storage.findAdministrator(id);
    if (administrator !== undefined) emails.set(id, administrator.email);
  }
  return events.map((event) => describeEvent(event, emails.get(findAdministratorId(event.actor)) ?? null));
}

function findAdministratorId(actor: string): string | undefined {
  return /^administrator:(.+)$/.exec(actor)?.[1];
}

function describeEvent(event: AuditEvent, actorName: string | null): AuditEventView {
  const { sequence, at, actor, action, subject, hash } = event;
  return {
    sequence,
    at: formatTime(at),
    actor,
    actorName,
    action,
    subject,
    accountId: event.accountId ?? null,
    requestId: event.requestId ?? null,
    source: event.source ?? null,
    before: event.before ?? null,
    after: event.after ?? null,
    hash,
  };
}
