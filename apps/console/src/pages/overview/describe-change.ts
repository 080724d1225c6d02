import type { AuditEventView } from "@biped/management-client";
import { formatIso } from "../../design/time-format.ts";

export type ChangeLink =
  | { readonly kind: "account"; readonly accountId: number }
  | { readonly kind: "project"; readonly projectId: number }
  | { readonly kind: "credential"; readonly clientId: string };

/** An audit event in a sentence: who, did what, to what. */
export type Change = {
  readonly who: string;
  readonly did: string;
  /** Its name, or its id where the event holds no name; empty where there is nothing more to say. */
  readonly what: string;
  readonly isNamed: boolean;
  /** Where to look at it, if it is still there. */
  readonly link: ChangeLink | undefined;
};

const phrases: ReadonlyMap<string, string> = new Map([
  ["account.created", "created the account"],
  ["account.changed", "changed the account"],
  ["account.disabled", "disabled the account"],
  ["account.enabled", "enabled the account"],
  ["account.tokens-revoked", "took back all tokens of the account"],
  ["project.created", "created the project"],
  ["project.changed", "changed the project"],
  ["project.disabled", "disabled the project"],
  ["project.enabled", "enabled the project"],
  ["project.moved", "moved to another cloud the project"],
  ["project.tokens-revoked", "took back all tokens of the project"],
  ["cloud.created", "created the cloud"],
  ["cloud.changed", "changed the endpoint of the cloud"],
  ["credential.created", "created the credential"],
  ["credential.changed", "changed the credential"],
  ["credential.disabled", "disabled the credential"],
  ["credential.enabled", "enabled the credential"],
  ["credential.deleted", "deleted the credential"],
  ["credential.tokens-revoked", "took back all tokens of the credential"],
  ["secret.rotated", "made a new secret for the credential"],
  ["secret.retired", "retired a secret of the credential"],
  ["secret.rotation-cancelled", "cancelled the rotation of the credential"],
  ["token.revoked", "revoked a token"],
  ["tokens.revoked-before", "took back every token that was issued before"],
  ["pepper.added", "added a pepper"],
  ["key-encryption-key.rotated", "replaced the key-encryption key"],
  ["store.restored", "restored all of this from a backup"],
  ["store.confirmed", "confirmed the restored backup"],
  ["signing-key.added", "published the signing key"],
  ["signing-key.promoted", "began to sign with the signing key"],
  ["signing-key.removed", "removed the signing key"],
  ["signing-key.compromised", "removed at once, as compromised, the signing key"],
  ["administrator.created", "added"],
  ["administrator.changed", "changed"],
  ["administrator.invited", "invited"],
  ["administrator.invitation-accepted", "accepted the invitation"],
  ["administrator.member-set", "set the role of"],
  ["administrator.member-removed", "took away the role of"],
  ["administrator.signed-in", "signed in"],
  ["administrator.password-changed", "changed the own password"],
  ["administrator.totp-enrolled", "set up an authenticator app"],
  ["administrator.totp-removed", "removed an authenticator app"],
  ["administrator.passkey-enrolled", "added a passkey"],
  ["administrator.passkey-removed", "removed a passkey"],
  ["administrator.recovery-codes-made", "made new recovery codes"],
  ["administrator.recovery-code-used", "used a recovery code"],
  ["access-token.created", "made the access token"],
  ["access-token.deleted", "ended the access token"],
  // A cloud was asked; whether it was done is seen there.
  ["export-job.create", "asked for the export job"],
  ["export-job.suspend", "asked to pause the export job"],
  ["export-job.resume", "asked to resume the export job"],
  ["export-job.delete", "asked to delete the export job"],
  ["export-run.read", "asked for links to the files of the run"],
  ["export-preview.read", "asked for a preview of exported rows of the project"],
  ["export-settings.change", "asked to change the time zone of the exports of the project"],
  ["export-links.end", "asked to end all links to files of the project"],
]);

/** Nouns whose sentence ends with a name or an id. */
const named = new Set([
  ...["account", "project", "cloud", "credential", "secret", "signing-key", "access-token"],
  ...["export-job", "export-run", "export-preview", "export-settings", "export-links"],
]);

/** Events of a project that are about something in it, by the member that has its id. */
const innerIds: ReadonlyMap<string, string> = new Map([
  ["export-job", "jobId"],
  ["export-run", "runId"],
]);

/** What one administrator does to another: the sentence ends with whom. */
const personal = new Set([
  "administrator.created",
  "administrator.changed",
  "administrator.invited",
  "administrator.member-set",
  "administrator.member-removed",
]);

/** @param person The administrator who was changed, where more is known than the event tells. */
export function describeChange(event: AuditEventView, person = readText(event, "email")): Change {
  const { action } = event;
  return {
    who: describeActor(event),
    did: phrases.get(action) ?? action,
    what: personal.has(action) ? (person ?? "an administrator") : findWhat(event),
    isNamed: readText(event, "name") !== undefined,
    link: action === "credential.deleted" ? undefined : findLink(event),
  };
}

export function describeActor({ actor, actorName }: Pick<AuditEventView, "actor" | "actorName">): string {
  if (actorName !== null) return actorName;
  if (actor === "operator") return "The operator";
  if (actor === "system") return "Biped";
  const words: Readonly<Record<string, string>> = {
    administrator: "An administrator",
    "access-token": "An access token",
    credential: "A credential",
  };
  return words[actor.split(":")[0] ?? ""] ?? actor;
}

function findWhat(event: AuditEventView): string {
  const noun = event.action.split(".")[0] ?? "";
  if (event.action === "tokens.revoked-before") return formatSeconds(event.after?.before);
  if (!named.has(noun)) return "";
  // The name in the event of a preview is that of no job.
  const name = noun === "export-preview" ? undefined : readText(event, "name");
  if (name !== undefined) return `“${name}”`;
  const innerId = event.after?.[innerIds.get(noun) ?? ""];
  if (innerId !== undefined) return `no. ${innerId}`;
  return noun === "secret" ? (readText(event, "clientId") ?? "") : findId(event);
}

/** What follows the noun in the subject. */
function findId({ subject }: AuditEventView): string {
  return subject.slice(subject.indexOf(":") + 1);
}

/** The log keeps times as seconds since 1970. */
function formatSeconds(value: unknown): string {
  return typeof value === "number" ? formatIso(new Date(value * 1000).toISOString()) : "";
}

function findLink(event: AuditEventView): ChangeLink | undefined {
  const noun = event.subject.split(":")[0];
  const id = findId(event);
  if (noun === "account") return { kind: "account", accountId: Number(id) };
  if (noun === "project") return { kind: "project", projectId: Number(id) };
  const clientId = noun === "credential" ? id : noun === "secret" ? readText(event, "clientId") : undefined;
  return clientId === undefined ? undefined : { kind: "credential", clientId };
}

function readText({ after, before }: AuditEventView, member: string): string | undefined {
  const found = after?.[member] ?? before?.[member];
  return typeof found === "string" && found !== "" ? found : undefined;
}
