import { splitSubject } from "../../revocation-feed/read-revocation.ts";
import { formatNameKey } from "../name-key.ts";
import type { AuditEvent } from "../storage.ts";
import type { Row } from "./copy-rows.ts";
import type { StoredTable } from "./tables.ts";

/** What becomes of the rows of a table that have these values: a row that is not there needs nothing. Or a new row. */
export type RowChange = { readonly table: StoredTable } & (
  | { readonly where: Row; readonly set: Row }
  | { readonly where: Row; readonly delete: true }
  | { readonly insert: Row }
);

type Change = Pick<AuditEvent, "action" | "subject" | "accountId" | "before" | "after" | "at">;

/**
 * What an audit event did to the rows of a backup from before it, so that nothing which it took away lives again.
 * Accounts, clouds and projects that it made come back too: their ids must not be given to others. What it gave to
 * somebody does not, since no event holds secrets.
 */
export function planReplay(event: Change): readonly RowChange[] {
  const { noun, id } = splitSubject(event.subject);
  const created = planCreation(event);
  if (created !== undefined) return [created];
  if (noun === "account") return [{ table: "account", where: { id: Number(id) }, set: readColumns(event, accounts) }];
  if (noun === "project") return [{ table: "project", where: { id: Number(id) }, set: readColumns(event, projects) }];
  if (noun === "cloud") return [{ table: "cloud", where: { name: id }, set: readColumns(event, clouds) }];
  if (noun === "credential") return planCredential(id, event);
  if (noun === "secret") return planSecret(id, event);
  if (noun === "administrator") return planAdministrator(id, event);
  if (event.action === "access-token.deleted") return [{ table: "access_token", where: { id }, delete: true }];
  return [];
}

function planCreation(event: Change): RowChange | undefined {
  const { action, subject, accountId, at } = event;
  const { id } = splitSubject(subject);
  const row = { version: 1, created_at: at };
  if (action === "account.created") {
    return { table: "account", insert: { id: Number(id), ...row, ...readColumns(event, accounts) } };
  }
  if (action === "project.created") {
    const ids = { id: Number(id), account_id: accountId };
    return { table: "project", insert: { ...ids, ...row, ...readColumns(event, projects) } };
  }
  if (action === "cloud.created") {
    return { table: "cloud", insert: { name: id, version: 1, ...readColumns(event, clouds) } };
  }
  return undefined;
}

type Reader = (value: unknown) => Row;
type Readers = Readonly<Record<string, Reader>>;

const column =
  (name: string): Reader =>
  (value) => ({ [name]: value ?? null });
const listColumn =
  (name: string): Reader =>
  (value) => ({ [name]: JSON.stringify(value) });
const named: Reader = (value) => ({ name: value, name_key: formatNameKey(String(value)) });

const accounts: Readers = {
  name: named,
  state: column("state"),
  epoch: column("epoch"),
  credentialLifetimeLimitDays: column("credential_lifetime_limit_days"),
};
const projects: Readers = {
  name: named,
  timeZone: column("time_zone"),
  state: column("state"),
  cloud: column("cloud"),
  epoch: column("epoch"),
};
const clouds: Readers = { endpoint: column("endpoint") };
const credentials: Readers = {
  name: named,
  scopes: listColumn("scopes"),
  allowedRanges: listColumn("allowed_ranges"),
  expiresAt: column("expires_at"),
  state: column("state"),
  epoch: column("epoch"),
};

/** A member that stands only before the change is none after it. */
function readColumns({ before = {}, after = {} }: Change, readers: Readers): Row {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const read = names.map((name) => (Object.hasOwn(readers, name) ? readers[name]?.(after[name]) : undefined));
  return Object.assign({}, ...read);
}

const noDigest = { digest: null, pepper_id: null };

function planCredential(clientId: string, event: Change): readonly RowChange[] {
  const where = { client_id: clientId };
  if (event.action !== "credential.deleted") {
    return [{ table: "credential", where, set: readColumns(event, credentials) }];
  }
  const { state, epoch } = event.after ?? {};
  return [
    { table: "credential", where, set: { state, epoch } },
    { table: "secret", where, set: noDigest },
  ];
}

function planSecret(id: string, { action, before = {}, after = {} }: Change): readonly RowChange[] {
  if (action === "secret.retired") return [endSecret(id, after.retiredAt)];
  const ends = { expires_at: after.formerExpiresAt ?? null };
  const former = (set: Row): readonly RowChange[] =>
    after.formerId === undefined ? [] : [{ table: "secret", where: { id: after.formerId }, set }];
  if (action === "secret.rotated") {
    const replaced = before.replacedId;
    return [
      ...(replaced === undefined ? [] : [{ table: "secret", where: { id: replaced }, set: noDigest } as const]),
      ...former({ ...ends, former_expires_at: before.formerExpiresAt ?? null }),
    ];
  }
  if (action !== "secret.rotation-cancelled") return [];
  return [endSecret(id, after.retiredAt), ...former({ ...ends, former_expires_at: null })];
}

function endSecret(id: string, retiredAt: unknown): RowChange {
  return { table: "secret", where: { id }, set: { ...noDigest, retired_at: retiredAt ?? null } };
}

/**
 * Whoever's password, factors or rights were changed gets them anew: the log does not tell the new ones, and the
 * former ones may have been changed because somebody else had them.
 */
function planAdministrator(id: string, { action, accountId, before = {}, after = {} }: Change): readonly RowChange[] {
  const where = { administrator_id: id };
  const administrator = (set: Row): RowChange => ({ table: "administrator", where: { id }, set });
  const remove = (table: StoredTable, further: Row = {}): RowChange => {
    return { table, where: { ...where, ...further }, delete: true };
  };
  if (action === "administrator.password-changed") return [administrator({ password_hash: "" })];
  if (action === "administrator.totp-removed") return [remove("totp_enrolment")];
  if (action === "administrator.passkey-removed") return [remove("passkey", { id: before.passkeyId })];
  if (action.startsWith("administrator.recovery-code")) return [remove("recovery_code")];
  const ofAccount = { account_id: accountId };
  if (action === "administrator.member-removed")
    return [remove("membership", ofAccount), remove("access_token", ofAccount)];
  if (action === "administrator.member-set") {
    const set = { role: after.role };
    return [{ table: "membership", where: { ...where, ...ofAccount }, set }, remove("access_token", ofAccount)];
  }
  const tokens = remove("access_token");
  if (action === "administrator.invited") {
    const factors = (["totp_enrolment", "passkey", "recovery_code"] as const).map((table) => remove(table));
    return [administrator({ state: "invited", password_hash: "" }), tokens, ...factors];
  }
  if (action !== "administrator.changed") return [];
  const { state, isPlatformOwner, memberships } = after;
  const set = {
    ...(state !== undefined && { state }),
    ...(isPlatformOwner !== undefined && { is_platform_owner: isPlatformOwner === true ? 1 : 0 }),
  };
  // The provider that changed them tells them anew when the person signs in.
  const fewer = memberships === undefined ? [] : [remove("membership"), tokens];
  return Object.keys(set).length === 0 ? fewer : [administrator(set), tokens, ...fewer];
}
