import type { Administrator as AdministratorView } from "@biped/management-client";
import { isRefusal, type Refusal } from "@biped/protocol";
import { type Caller, findOwnedAccounts, findReach } from "../administrators/caller.ts";
import { hasSecondFactor } from "../administrators/identify-caller.ts";
import { formatOptionalTime, formatTime } from "../instant.ts";
import {
  addMember,
  changeAdministrator,
  changeMember,
  type Invited,
  invitePlatformOwner,
  reinviteAdministrator,
  removeMember,
} from "../management/administrators.ts";
import type { Administrator } from "../storage/administration.ts";
import type { Storage } from "../storage/storage.ts";
import type { Reach } from "../storage/views.ts";
import { formatPage, type ListOrder, readPage } from "./cursor.ts";
import type { Handlers, ManagementRequest } from "./handlers.ts";
import { keepPresent } from "./keep-present.ts";
import { notFound } from "./not-found.ts";

type Listing = "GET /api/administrators" | "PATCH /api/administrators/:administratorId";
type Inviting =
  | "POST /api/administrators"
  | "POST /api/administrators/:administratorId/invitation"
  | "POST /api/accounts/:accountId/members";
type Membership =
  | "PUT /api/accounts/:accountId/members/:administratorId"
  | "DELETE /api/accounts/:accountId/members/:administratorId";

export type AdministratorHandlerParts = {
  readonly storage: Pick<
    Storage,
    | "changeAdministrator"
    | "changeMembership"
    | "findAccountNames"
    | "findAdministrator"
    | "findAdministratorByEmail"
    | "inviteAdministrator"
    | "pageAdministrators"
    | "reinviteAdministrator"
    | "removeMembership"
    | "setMembership"
  >;
  readonly randomBytes: (count: number) => Uint8Array;
  /** Where people accept invitations. */
  readonly consoleUrl: string;
};

export function createAdministratorHandlers(
  parts: AdministratorHandlerParts,
): Handlers<Listing | Inviting | Membership> {
  return { ...createListHandlers(parts), ...createInvitationHandlers(parts), ...createMemberHandlers(parts) };
}

const order: ListOrder<"email"> = { columns: { email: "text" }, ids: "text", first: "email" };

function createListHandlers({ storage }: AdministratorHandlerParts): Handlers<Listing> {
  return {
    "GET /api/administrators": async ({ query: { limit, cursor, ...filter }, caller }) => {
      const page = readPage({ limit, cursor }, order);
      if (isRefusal(page)) return page;
      const reach = findReach(caller);
      const found = await storage.pageAdministrators(reach, keepPresent(filter), page);
      const names = await readAccountNames(storage, found.items, reach);
      return { body: formatPage(found, page, (administrator) => formatAdministrator(administrator, names)) };
    },
    "PATCH /api/administrators/:administratorId": async ({ params, body, author, caller }) => {
      const changed = await changeAdministrator(storage, readChange(params.administratorId, body), author);
      return isRefusal(changed) ? changed : show(storage, caller, params.administratorId);
    },
  };
}

function readChange(
  administratorId: string,
  { platformRole, state }: ManagementRequest<"PATCH /api/administrators/:administratorId">["body"],
) {
  const isPlatformOwner = platformRole === undefined ? undefined : platformRole === "owner";
  return { administratorId, ...keepPresent({ state, isPlatformOwner }) };
}

function createInvitationHandlers(parts: AdministratorHandlerParts): Handlers<Inviting> {
  const { storage, consoleUrl } = parts;
  const answer = async (invited: Invited | Refusal, caller: Caller) => {
    if (isRefusal(invited)) return invited;
    const shown = await show(storage, caller, invited.administratorId);
    if (isRefusal(shown)) return shown;
    const { invitation } = invited;
    // The fragment is not sent to any server, and so stands in no log.
    const invitationUrl = invitation === undefined ? null : `${consoleUrl}/invitation#${invitation}`;
    return { body: { administrator: shown.body, invitationUrl } };
  };
  return {
    "POST /api/administrators": async ({ body, author, caller }) =>
      answer(await invitePlatformOwner(parts, body, author), caller),
    "POST /api/administrators/:administratorId/invitation": async ({ params, author, caller }) =>
      answer(await reinviteAdministrator(parts, params, author), caller),
    "POST /api/accounts/:accountId/members": async ({ params, body, author, caller }) =>
      answer(await addMember(parts, { ...params, ...body, vouchedFor: findOwnedAccounts(caller) }, author), caller),
  };
}

function createMemberHandlers({ storage }: AdministratorHandlerParts): Handlers<Membership> {
  return {
    "PUT /api/accounts/:accountId/members/:administratorId": async ({ params, body, author, caller }) => {
      const changed = await changeMember(storage, { ...params, role: body.role }, author);
      return isRefusal(changed) ? changed : show(storage, caller, params.administratorId);
    },
    "DELETE /api/accounts/:accountId/members/:administratorId": async ({ params, author }) => {
      const removed = await removeMember(storage, params, author);
      return isRefusal(removed) ? removed : { body: undefined };
    },
  };
}

/** An administrator as the caller may see them: of other accounts nothing is told. */
async function show(
  storage: Pick<Storage, "findAdministrator" | "findAccountNames">,
  caller: Caller,
  administratorId: string,
): Promise<{ readonly body: AdministratorView } | Refusal> {
  const administrator = await storage.findAdministrator(administratorId);
  if (administrator === undefined) return notFound;
  const names = await readAccountNames(storage, [administrator], findReach(caller));
  return { body: formatAdministrator(administrator, names) };
}

/** The accounts within the reach in which these people have a role. */
async function readAccountNames(
  storage: Pick<Storage, "findAccountNames">,
  administrators: readonly Administrator[],
  reach: Reach,
): Promise<ReadonlyMap<number, string>> {
  const held = administrators.flatMap(({ memberships }) => memberships.map(({ accountId }) => accountId));
  const seen = [...new Set(held)].filter((id) => reach === "every account" || reach.accountIds.includes(id));
  return storage.findAccountNames(seen);
}

function formatAdministrator(
  administrator: Administrator,
  accountNames: ReadonlyMap<number, string>,
): AdministratorView {
  const memberships = administrator.memberships.flatMap(({ accountId, role }) => {
    const accountName = accountNames.get(accountId);
    return accountName === undefined ? [] : [{ accountId, accountName, role }];
  });
  return {
    id: administrator.id,
    email: administrator.email,
    name: administrator.name,
    platformRole: administrator.isPlatformOwner ? "owner" : null,
    state: administrator.state,
    memberships,
    hasSecondFactor: hasSecondFactor(administrator),
    createdAt: formatTime(administrator.createdAt),
    lastSignedInAt: formatOptionalTime(administrator.lastSignedInAt),
    version: administrator.version,
  };
}
