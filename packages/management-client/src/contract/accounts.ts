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
  sortQuery,
  state,
  version,
} from "./operation.ts";

const account = z.object({
  id,
  name,
  state,
  createdAt: instant,
  credentialLifetimeLimitDays: z
    .int()
    .nullable()
    .describe("The longest life of a credential in days; null lets credentials live for ever"),
  projectCount: z.int(),
  credentialCount: z.int(),
  role: role.describe("The caller's own role; platform owners are owners everywhere"),
  version,
});

export type Account = z.infer<typeof account>;

const params = z.object({ accountId: idText });
const lifetimeLimit = z.int().min(1).max(3650).nullable();

export const accountOperations = defineOperations({
  "GET /api/accounts": {
    summary: "List the accounts that the caller may see",
    noun: "accounts",
    access: "signed-in",
    query: z.object({
      ...pageQuery,
      search: searchQuery,
      sort: sortQuery("id", "name"),
      state: state.optional(),
    }),
    status: 200,
    answer: pageOf(account),
  },
  "POST /api/accounts": {
    summary: "Create an account",
    noun: "accounts",
    access: "platform",
    body: z.object({ name, credentialLifetimeLimitDays: lifetimeLimit.optional() }),
    status: 201,
    answer: account,
  },
  "GET /api/accounts/:accountId": {
    summary: "Show an account",
    noun: "accounts",
    access: "viewer",
    params,
    status: 200,
    answer: account,
  },
  "PATCH /api/accounts/:accountId": {
    summary: "Rename an account, or set the longest life of its credentials",
    noun: "accounts",
    access: "owner",
    params,
    body: z.object({ name: name.optional(), credentialLifetimeLimitDays: lifetimeLimit.optional() }),
    status: 200,
    answer: account,
  },
  "PUT /api/accounts/:accountId/state": {
    summary: "Disable or enable an account; while it is disabled none of its credentials gets a token",
    noun: "accounts",
    access: "platform",
    stepUp: true,
    params,
    body: z.object({ state }),
    status: 200,
    answer: account,
  },
  "POST /api/accounts/:accountId/revocation": {
    summary: "Take back every token of an account; its credentials live on and get new ones",
    noun: "accounts",
    access: "platform",
    stepUp: true,
    params,
    body: z.object({}),
    status: 200,
    answer: account,
  },
});
