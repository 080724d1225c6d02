import type { Account } from "@biped/management-client";
import { isRefusal } from "@biped/protocol";
import { type Caller, findReach, findRole } from "../administrators/caller.ts";
import { formatTime } from "../instant.ts";
import { type AccountChangeInput, changeAccount, createAccount, setAccountState } from "../management/accounts.ts";
import { revokeTokensOf } from "../management/revocations.ts";
import type { Storage } from "../storage/storage.ts";
import type { AccountView } from "../storage/views.ts";
import { formatPage, type ListOrder, readPage } from "./cursor.ts";
import type { Handlers, ManagementRequest } from "./handlers.ts";
import { keepPresent } from "./keep-present.ts";
import { notFound } from "./not-found.ts";

type Name =
  | "GET /api/accounts"
  | "POST /api/accounts"
  | "GET /api/accounts/:accountId"
  | "PATCH /api/accounts/:accountId"
  | "PUT /api/accounts/:accountId/state"
  | "POST /api/accounts/:accountId/revocation";

export type AccountHandlerParts = {
  readonly storage: Pick<
    Storage,
    "pageAccounts" | "viewAccount" | "createAccount" | "changeAccount" | "setAccountState" | "revokeTokensOf"
  >;
};

const order: ListOrder<"id" | "name"> = { columns: { id: "number", name: "text" }, ids: "number", first: "id" };

export function createAccountHandlers({ storage }: AccountHandlerParts): Handlers<Name> {
  const show = async (caller: Caller, id: number) => {
    const view = await storage.viewAccount(findReach(caller), id);
    return view === undefined ? notFound : { body: formatAccount(view, caller), log: { accountId: id } };
  };
  return {
    "GET /api/accounts": async ({ query, caller }) => {
      const page = readPage(query, order);
      if (isRefusal(page)) return page;
      const { search, state } = query;
      const found = await storage.pageAccounts(findReach(caller), keepPresent({ search, state }), page);
      return { body: formatPage(found, page, (view) => formatAccount(view, caller)) };
    },
    "POST /api/accounts": async ({ body, author, caller }) => {
      const { name, credentialLifetimeLimitDays: limit } = body;
      const created = await createAccount(storage, { name, credentialLifetimeLimitDays: limit ?? undefined }, author);
      return isRefusal(created) ? created : show(caller, created.id);
    },
    "GET /api/accounts/:accountId": ({ params, caller }) => show(caller, params.accountId),
    "PATCH /api/accounts/:accountId": async ({ params, body, author, caller }) => {
      const changed = await changeAccount(storage, readChange(params.accountId, body), author);
      return isRefusal(changed) ? changed : show(caller, params.accountId);
    },
    "PUT /api/accounts/:accountId/state": async ({ params, body, author, caller }) => {
      const changed = await setAccountState(storage, { accountId: params.accountId, state: body.state }, author);
      return isRefusal(changed) ? changed : show(caller, params.accountId);
    },
    "POST /api/accounts/:accountId/revocation": async ({ params, author, caller }) => {
      const revoked = await revokeTokensOf(storage, { kind: "account", id: params.accountId }, author);
      return isRefusal(revoked) ? revoked : show(caller, params.accountId);
    },
  };
}

/** null takes the limit away; absent leaves it as it is. */
function readChange(
  accountId: number,
  { name, credentialLifetimeLimitDays: limit }: ManagementRequest<"PATCH /api/accounts/:accountId">["body"],
): AccountChangeInput {
  const limited = limit === undefined ? {} : { credentialLifetimeLimitDays: limit ?? undefined };
  return { accountId, ...keepPresent({ name }), ...limited };
}

function formatAccount(view: AccountView, caller: Caller): Account {
  return {
    id: view.id,
    name: view.name,
    state: view.state,
    createdAt: formatTime(view.createdAt),
    credentialLifetimeLimitDays: view.credentialLifetimeLimitDays ?? null,
    projectCount: view.projectCount,
    credentialCount: view.credentialCount,
    role: findRole(caller, view.id) ?? "viewer",
    version: view.version,
  };
}
