import type { Project } from "@biped/management-client";
import { isRefusal } from "@biped/protocol";
import { type Caller, findReach } from "../administrators/caller.ts";
import { formatTime } from "../instant.ts";
import { changeProject, createProject, moveProject } from "../management/projects.ts";
import { revokeTokensOf } from "../management/revocations.ts";
import type { Storage } from "../storage/storage.ts";
import type { ProjectView } from "../storage/views.ts";
import { formatPage, type ListOrder, readPage } from "./cursor.ts";
import type { Handlers } from "./handlers.ts";
import { keepPresent } from "./keep-present.ts";
import { notFound } from "./not-found.ts";

type Name =
  | "GET /api/projects"
  | "POST /api/accounts/:accountId/projects"
  | "GET /api/projects/:projectId"
  | "PATCH /api/projects/:projectId"
  | "PUT /api/projects/:projectId/cloud"
  | "POST /api/projects/:projectId/revocation";

export type ProjectHandlerParts = {
  readonly storage: Pick<
    Storage,
    "pageProjects" | "viewProject" | "createProject" | "changeProject" | "moveProject" | "revokeTokensOf"
  >;
};

const order: ListOrder<"id" | "name"> = { columns: { id: "number", name: "text" }, ids: "number", first: "id" };

export function createProjectHandlers({ storage }: ProjectHandlerParts): Handlers<Name> {
  const show = async (caller: Caller, id: number) => {
    const view = await storage.viewProject(findReach(caller), id);
    return view === undefined ? notFound : { body: formatProject(view), log: { projectId: id } };
  };
  return {
    "GET /api/projects": async ({ query: { limit, cursor, sort, ...filter }, caller }) => {
      const page = readPage({ limit, cursor, sort }, order);
      if (isRefusal(page)) return page;
      const found = await storage.pageProjects(findReach(caller), keepPresent(filter), page);
      return { body: formatPage(found, page, formatProject) };
    },
    "POST /api/accounts/:accountId/projects": async ({ params, body, author, caller }) => {
      const { id, name, cloud, timeZone = "UTC" } = body;
      const created = await createProject(storage, { id, accountId: params.accountId, name, cloud, timeZone }, author);
      return isRefusal(created) ? created : show(caller, created.id);
    },
    "GET /api/projects/:projectId": ({ params, caller }) => show(caller, params.projectId),
    "PATCH /api/projects/:projectId": async ({ params, body, author, caller }) => {
      const changed = await changeProject(storage, { projectId: params.projectId, ...keepPresent(body) }, author);
      return isRefusal(changed) ? changed : show(caller, params.projectId);
    },
    "PUT /api/projects/:projectId/cloud": async ({ params, body, author, caller }) => {
      const moved = await moveProject(storage, { projectId: params.projectId, cloud: body.cloud }, author);
      return isRefusal(moved) ? moved : show(caller, params.projectId);
    },
    "POST /api/projects/:projectId/revocation": async ({ params, author, caller }) => {
      const revoked = await revokeTokensOf(storage, { kind: "project", id: params.projectId }, author);
      return isRefusal(revoked) ? revoked : show(caller, params.projectId);
    },
  };
}

function formatProject(view: ProjectView): Project {
  return {
    id: view.id,
    accountId: view.accountId,
    accountName: view.accountName,
    name: view.name,
    cloud: view.cloud,
    endpoint: view.endpoint,
    timeZone: view.timeZone,
    state: view.state,
    effectiveState: view.accountState === "disabled" ? "disabled" : view.state,
    createdAt: formatTime(view.createdAt),
    credentialCount: view.credentialCount,
    version: view.version,
  };
}
