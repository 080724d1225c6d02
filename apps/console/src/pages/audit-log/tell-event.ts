import type { AuditEventView } from "@biped/management-client";
import { type ChangeLink, describeChange } from "../overview/describe-change.ts";
import { compareMembers } from "./compare-members.ts";

/** An event as it is read: one sentence, and what else tells it from its neighbours. */
export type Told = {
  readonly who: string;
  readonly did: string;
  readonly what: string;
  readonly link: ChangeLink | undefined;
  readonly details: readonly string[];
};

/** Names of what events tell by id alone. */
export type Names = {
  readonly ownId: string;
  readonly people: ReadonlyMap<string, string>;
  readonly accounts: ReadonlyMap<number, string>;
  /** By subject: `credential:…`. */
  readonly subjects: ReadonlyMap<string, string>;
};

export function tellEvent(event: AuditEventView, names: Names): Told {
  const { who, did, what, link } = describeChange(event, findPerson(event, names));
  const details = [findRole(event), findChanged(event), findAccount(event, names)];
  return {
    who: findId(event.actor, "administrator") === names.ownId ? "You" : who,
    did,
    what: nameSubject(what, event, names),
    link,
    details: details.filter((detail) => detail !== undefined),
  };
}

/** The latest name of each subject that these events tell of; they are newest first. */
export function findSubjectNames(events: readonly AuditEventView[]): ReadonlyMap<string, string> {
  const found = events.flatMap(({ action, subject, before, after }) => {
    const name = after?.name ?? before?.name;
    // What happens in a project may be named, and is not the project.
    const isOwn = subject.startsWith(`${action.split(".")[0]}:`);
    return isOwn && typeof name === "string" ? [[subject, name] as const] : [];
  });
  return new Map(found.toReversed());
}

/** An id is told by the name that another event, or the list of accounts, has for it. */
function nameSubject(what: string, { subject, accountId }: AuditEventView, { subjects, accounts }: Names): string {
  const isId = subject.endsWith(`:${what}`) || subject.startsWith("secret:");
  if (!isId || what === "") return what;
  const named = subject.startsWith("secret:") ? `credential:${what}` : subject;
  const account = subject === `account:${accountId}` && accountId !== null ? accounts.get(accountId) : undefined;
  const name = account ?? subjects.get(named);
  return name === undefined ? what : `“${name}”`;
}

/** The administrator whom somebody else changed. */
function findPerson({ actor, subject, before, after }: AuditEventView, { people }: Names): string | undefined {
  const id = findId(subject, "administrator");
  if (id === undefined || actor === subject) return undefined;
  const told = after?.email ?? before?.email ?? after?.name ?? before?.name;
  return people.get(id) ?? (typeof told === "string" ? told : id);
}

function findRole({ action, before, after }: AuditEventView): string | undefined {
  if (!action.startsWith("administrator.")) return undefined;
  const [former, role] = [before?.role, after?.role];
  if (typeof role === "string") return typeof former === "string" ? `${former} → ${role}` : `as ${role}`;
  return typeof former === "string" ? `was ${former}` : undefined;
}

function findChanged({ action, before, after }: AuditEventView): string | undefined {
  if (!/\.(?:changed|moved)$/.test(action)) return undefined;
  // The epoch follows from the others.
  const changes = compareMembers(before, after).filter((change) => {
    return change.member !== "epoch" && change.before !== change.after;
  });
  const [only, ...others] = changes;
  if (only === undefined) return undefined;
  if (others.length === 0) return `${only.title}: ${only.before ?? "none"} → ${only.after ?? "none"}`;
  return changes.map(({ title }) => title).join(", ");
}

function findAccount({ accountId, subject }: AuditEventView, { accounts }: Names): string | undefined {
  if (accountId === null || subject === `account:${accountId}`) return undefined;
  return accounts.get(accountId) ?? `Account ${accountId}`;
}

function findId(text: string, noun: string): string | undefined {
  return text.startsWith(`${noun}:`) ? text.slice(noun.length + 1) : undefined;
}
