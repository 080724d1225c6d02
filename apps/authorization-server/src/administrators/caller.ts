import type { Role } from "@biped/management-client";
import { roles } from "@biped/management-client/contract";
import type { AccessToken, Administrator, Session } from "../storage/administration.ts";
import type { Reach } from "../storage/views.ts";

/** Who makes a management request: an administrator, in person or by an access token that may do less. */
export type Caller = {
  readonly administrator: Administrator;
  readonly via:
    | { readonly kind: "session"; readonly session: Session; readonly isSteppedUp: boolean }
    | { readonly kind: "access-token"; readonly token: AccessToken };
  /** Until it is enrolled, a role above viewer opens nothing. */
  readonly lacksSecondFactor: boolean;
};

/** As in `AuditEntry`. */
export function formatActor({ administrator, via }: Caller): string {
  return via.kind === "session" ? `administrator:${administrator.id}` : `access-token:${via.token.id}`;
}

/** A token narrowed to one account is not a platform owner's, whoever made it. */
export function isPlatformOwner({ administrator, via }: Caller): boolean {
  return administrator.isPlatformOwner && (via.kind === "session" || via.token.accountId === undefined);
}

export function findReach(caller: Caller): Reach {
  if (isPlatformOwner(caller)) return "every account";
  const { administrator, via } = caller;
  const narrowed = via.kind === "access-token" ? via.token.accountId : undefined;
  if (administrator.isPlatformOwner && narrowed !== undefined) return { accountIds: [narrowed] };
  const accountIds = administrator.memberships.map(({ accountId }) => accountId);
  return { accountIds: narrowed === undefined ? accountIds : accountIds.filter((id) => id === narrowed) };
}

/** Undefined where the account is out of the caller's reach. */
export function findRole(caller: Caller, accountId: number): Role | undefined {
  const reach = findReach(caller);
  if (reach !== "every account" && !reach.accountIds.includes(accountId)) return undefined;
  if (caller.administrator.isPlatformOwner) return "owner";
  return caller.administrator.memberships.find((membership) => membership.accountId === accountId)?.role;
}

/** Those of the reach in which the caller is owner. */
export function findOwnedAccounts(caller: Caller): Reach {
  const reach = findReach(caller);
  if (reach === "every account") return reach;
  return { accountIds: reach.accountIds.filter((id) => findRole(caller, id) === "owner") };
}

export function isRoleAtLeast(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}
