import { isRefusal } from "@biped/protocol";
import { findReach } from "../administrators/caller.ts";
import { parseInstant } from "../instant.ts";
import {
  type CredentialChangeInput,
  type CredentialChangeParts,
  type CredentialInput,
  type CredentialParts,
  changeCredential,
  createCredential,
  deleteCredential,
} from "../management/credentials.ts";
import { revokeTokensOf } from "../management/revocations.ts";
import { describeScopes } from "../scopes/describe-scopes.ts";
import type { Storage } from "../storage/storage.ts";
import { formatPage, type ListOrder, readPage } from "./cursor.ts";
import { formatCredential } from "./format-credential.ts";
import type { Handlers, ManagementRequest } from "./handlers.ts";
import { keepPresent } from "./keep-present.ts";
import { createShowCredential, type ShowCredentialParts } from "./show-credential.ts";

type Name =
  | "GET /api/scopes"
  | "GET /api/credentials"
  | "POST /api/accounts/:accountId/credentials"
  | "GET /api/credentials/:clientId"
  | "PATCH /api/credentials/:clientId"
  | "DELETE /api/credentials/:clientId"
  | "POST /api/credentials/:clientId/revocation";

export type CredentialHandlerParts = CredentialParts &
  CredentialChangeParts &
  ShowCredentialParts & { readonly storage: Pick<Storage, "pageCredentials" | "deleteCredential" | "revokeTokensOf"> };

const order: ListOrder<"name" | "createdAt"> = {
  columns: { name: "text", createdAt: "number" },
  ids: "text",
  first: "name",
};

export function createCredentialHandlers(parts: CredentialHandlerParts): Handlers<Name> {
  const { storage, catalogue, nowSeconds } = parts;
  const show = createShowCredential(parts);
  return {
    "GET /api/scopes": () => ({ body: { items: describeScopes(catalogue) } }),
    "GET /api/credentials": async ({ query: { limit, cursor, sort, ...filter }, caller }) => {
      const page = readPage({ limit, cursor, sort }, order);
      if (isRefusal(page)) return page;
      const found = await storage.pageCredentials(findReach(caller), keepPresent(filter), page);
      return { body: formatPage(found, page, (view) => formatCredential(view, nowSeconds())) };
    },
    "POST /api/accounts/:accountId/credentials": async ({ params, body, author, caller }) => {
      const created = await createCredential(parts, readNew(params.accountId, body), author);
      return isRefusal(created) ? created : show.withSecret(caller, created);
    },
    "GET /api/credentials/:clientId": ({ params, caller }) => show.alone(caller, params.clientId),
    "PATCH /api/credentials/:clientId": async ({ params, body, author, caller }) => {
      const changed = await changeCredential(parts, readChange(params.clientId, body), author);
      return isRefusal(changed) ? changed : show.alone(caller, params.clientId);
    },
    "DELETE /api/credentials/:clientId": async ({ params, author }) => {
      const deleted = await deleteCredential(storage, params, author);
      return isRefusal(deleted) ? deleted : { body: undefined };
    },
    "POST /api/credentials/:clientId/revocation": async ({ params, author, caller }) => {
      const revoked = await revokeTokensOf(storage, { kind: "credential", ...params }, author);
      return isRefusal(revoked) ? revoked : show.alone(caller, params.clientId);
    },
  };
}

type Body<Name extends keyof Handlers> = ManagementRequest<Name>["body"];

function readNew(accountId: number, body: Body<"POST /api/accounts/:accountId/credentials">): CredentialInput {
  const { name, projectId, scopes, expiresAt, allowedRanges = [] } = body;
  const end = expiresAt === undefined || expiresAt === null ? undefined : parseInstant(expiresAt);
  return { accountId, projectId: projectId ?? undefined, name, scopes, allowedRanges, expiresAt: end };
}

/** null takes the end away; absent leaves it as it is. */
function readChange(
  clientId: string,
  { expiresAt, ...members }: Body<"PATCH /api/credentials/:clientId">,
): CredentialChangeInput {
  const end = expiresAt === undefined ? {} : { expiresAt: expiresAt === null ? undefined : parseInstant(expiresAt) };
  return { clientId, ...keepPresent(members), ...end };
}
