import { z } from "zod";
import {
  defineOperations,
  id,
  idText,
  instant,
  name,
  pageOf,
  pageQuery,
  searchQuery,
  sortQuery,
  state,
  version,
} from "./operation.ts";

const project = z.object({
  id,
  accountId: id,
  accountName: name,
  name,
  cloud: z.string(),
  endpoint: z.string().describe("Base URL of the cloud"),
  timeZone: z.string(),
  state,
  effectiveState: state.describe("Disabled also where the account is"),
  createdAt: instant,
  credentialCount: z.int(),
  version,
});

export type Project = z.infer<typeof project>;

const params = z.object({ projectId: idText });
const timeZone = z.string().max(100).describe("A name of the IANA database");
const cloudName = z.string().max(63).describe("The cloud on which the project lives");

export const projectOperations = defineOperations({
  "GET /api/projects": {
    summary: "List the projects that the caller may see",
    noun: "projects",
    access: "signed-in",
    query: z.object({
      ...pageQuery,
      search: searchQuery,
      sort: sortQuery("id", "name"),
      accountId: idText.optional(),
      cloud: cloudName.optional(),
      state: state.optional(),
    }),
    status: 200,
    answer: pageOf(project),
  },
  "POST /api/accounts/:accountId/projects": {
    summary: "Create a project",
    noun: "projects",
    access: "administrator",
    params: z.object({ accountId: idText }),
    body: z.object({
      id: id.optional().describe("The next free one if absent"),
      name,
      cloud: cloudName,
      timeZone: timeZone.optional(),
    }),
    status: 201,
    answer: project,
  },
  "GET /api/projects/:projectId": {
    summary: "Show a project",
    noun: "projects",
    access: "viewer",
    params,
    status: 200,
    answer: project,
  },
  "PATCH /api/projects/:projectId": {
    summary: "Rename a project, set its time zone, disable or enable it",
    noun: "projects",
    access: "administrator",
    params,
    body: z.object({ name: name.optional(), timeZone: timeZone.optional(), state: state.optional() }),
    status: 200,
    answer: project,
  },
  "PUT /api/projects/:projectId/cloud": {
    summary: "Move a project to another cloud; clients learn the new endpoint with their next token",
    noun: "projects",
    access: "owner",
    stepUp: true,
    params,
    body: z.object({ cloud: cloudName }),
    status: 200,
    answer: project,
  },
  "POST /api/projects/:projectId/revocation": {
    summary: "Take back every token for a project, those of account-level credentials among them",
    noun: "projects",
    access: "administrator",
    stepUp: true,
    params,
    body: z.object({}),
    status: 200,
    answer: project,
  },
});
