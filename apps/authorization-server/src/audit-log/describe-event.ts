import type { AuditEventView } from "@biped/management-client";
import { formatTime } from "../credentials/format-time.ts";
import type { AuditEvent, Storage } from "../storage/storage.ts";

/** Events as the management API tells them, with the names of who did it, which are looked up at once. */
export async function describeEvents(
  storage: Pick<Storage, "findEmails">,
  events: readonly AuditEvent[],
): Promise<AuditEventView[]> {
  const ids = new Set(events.map(({ actor }) => findAdministratorId(actor)).filter((id) => id !== undefined));
  const emails = await storage.findEmails([...ids]);
  return events.map((event) => describeEvent(event, emails.get(findAdministratorId(event.actor) ?? "") ?? null));
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
