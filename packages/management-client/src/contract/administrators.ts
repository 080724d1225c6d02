import { z } from "zod";
import {
  defineOperations,
  id,
  idText,
  instant,
  name,
  pageOf,
  pageQuery,
  role,
  searchQuery,
  uuid,
  version,
} from "./operation.ts";

export const membership = z.object({ accountId: id, accountName: name, role });

const administrator = z.object({
  id: uuid,
  email: z.string(),
  name: z.string(),
  platformRole: z.enum(["owner"]).nullable().describe("Platform owners may everything in every account"),
  state: z.enum(["enabled", "disabled", "invited"]),
  memberships: z.array(membership).describe("Of the accounts that the caller may see"),
  hasSecondFactor: z.boolean(),
  createdAt: instant,
  lastSignedInAt: instant.nullable(),
  version,
});

export type Administrator = z.infer<typeof administrator>;

/** The one answer that holds an invitation. */
const invited = z.object({
  administrator,
  invitationUrl: z
    .string()
    .nullable()
    .describe(
      "To hand over to the person; works once, for seven days. null where none is needed or it was shown before",
    ),
});

export type Invited = z.infer<typeof invited>;

const email = z.email().max(254);
const params = z.object({ administratorId: uuid });
const memberParams = z.object({ accountId: idText, administratorId: uuid });

export const administratorOperations = defineOperations({
  "GET /api/administrators": {
    summary: "List the administrators of the accounts that the caller may see; platform owners see all",
    noun: "administrators",
    access: "signed-in",
    query: z.object({ ...pageQuery, search: searchQuery, accountId: idText.optional() }),
    status: 200,
    answer: pageOf(administrator),
  },
  "POST /api/administrators": {
    summary: "Invite a platform owner",
    noun: "administrators",
    access: "platform",
    stepUp: true,
    body: z.object({ email, name: name.optional() }),
    status: 201,
    answer: invited,
  },
  "PATCH /api/administrators/:administratorId": {
    summary: "Give or take the platform role, disable or enable an administrator",
    noun: "administrators",
    access: "platform",
    stepUp: true,
    params,
    body: z.object({
      platformRole: z.enum(["owner"]).nullable().optional(),
      state: z.enum(["enabled", "disabled"]).optional(),
    }),
    status: 200,
    answer: administrator,
  },
  "POST /api/administrators/:administratorId/invitation": {
    summary: "Make a new invitation and end the former one; password and factors are set anew with it",
    noun: "administrators",
    access: "platform",
    stepUp: true,
    params,
    body: z.object({}),
    status: 201,
    answer: invited,
  },
  "POST /api/accounts/:accountId/members": {
    summary: "Invite a member; who is known already is added by an owner of an account of theirs, else 409",
    noun: "administrators",
    access: "owner",
    stepUp: true,
    params: z.object({ accountId: idText }),
    body: z.object({ email, name: name.optional(), role }),
    status: 201,
    answer: invited,
  },
  "PUT /api/accounts/:accountId/members/:administratorId": {
    summary: "Change a member's role",
    noun: "administrators",
    access: "owner",
    stepUp: true,
    params: memberParams,
    body: z.object({ role }),
    status: 200,
    answer: administrator,
  },
  "DELETE /api/accounts/:accountId/members/:administratorId": {
    summary: "End a membership",
    noun: "administrators",
    access: "owner",
    stepUp: true,
    params: memberParams,
    status: 204,
  },
});
