import type { AuditEventView } from "@biped/management-client";
import { formatTime } from "../instant.ts";
import type { AuditEvent, Storage } from "../storage/storage.ts";

export type ActorNames = Pick<Storage, "findEmails" | "listTokenCreations">;

/** Events as the management API tells them, with the names of who did it, which are looked up at once. */
export async function describeEvents(storage: ActorNames, events: readonly AuditEvent[]): Promise<AuditEventView[]> {
  const names = await findActorNames(
    storage,
    events.map(({ actor }) => actor),
  );
  return events.map((event) => describeEvent(event, names.get(event.actor) ?? null));
}

/** An access token acts for whoever made it: both are named, also after it has ended. */
async function findActorNames(storage: ActorNames, actors: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const creations = await storage.listTokenCreations(findIds("access-token", actors));
  const tokens = creations.map(({ subject, after }) => {
    return { subject, name: String(after?.name), owner: `administrator:${after?.administratorId}` };
  });
  const people = [...actors, ...tokens.map(({ owner }) => owner)];
  const emails = await storage.findEmails(findIds("administrator", people));
  const names = new Map([...emails].map(([id, email]) => [`administrator:${id}`, email]));
  const tokenNames = tokens.map(({ subject, name, owner }) => {
    return [subject, `${names.get(owner) ?? "An administrator"} (token “${name}”)`] as const;
  });
  return new Map([...names, ...tokenNames]);
}

function findIds(noun: "administrator" | "access-token", actors: readonly string[]): readonly string[] {
  const prefix = `${noun}:`;
  const found = actors.filter((actor) => actor.startsWith(prefix)).map((actor) => actor.slice(prefix.length));
  return [...new Set(found)];
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
