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
  uuid,
  version,
  whole,
} from "./operation.ts";

const secret = z.object({
  id: uuid,
  createdAt: instant,
  expiresAt: instant.nullable(),
  lastUsedAt: instant.nullable(),
  lastUsedSource: z.string().nullable().describe("IP address of its last use"),
  state: z.enum(["current", "former", "expired"]).describe("`current` is the newest one"),
  silentSeconds: z
    .int()
    .nullable()
    .describe("Of a former secret: seconds without use since there is a newer one; null otherwise"),
});

export type Secret = z.infer<typeof secret>;

const credential = z.object({
  clientId: uuid,
  accountId: id,
  accountName: name,
  projectId: id.nullable().describe("null at account level"),
  projectName: name.nullable(),
  level: z.enum(["account", "project"]),
  name,
  scopes: z.array(z.string()),
  allowedRanges: z.array(z.string()).describe("CIDR ranges from which it may act; empty means from anywhere"),
  expiresAt: instant.nullable(),
  state,
  effectiveState: z
    .enum(["enabled", "disabled", "account disabled", "project disabled", "expired", "no secret"])
    .describe("What keeps it from getting tokens, its parents included"),
  createdAt: instant,
  lastUsedAt: instant.nullable(),
  secrets: z.array(secret).describe("Newest first, two at most; never a secret's value"),
  version,
});

export type Credential = z.infer<typeof credential>;

/** The one answer that holds a secret. */
const secretShown = z.object({
  credential,
  secretId: uuid,
  clientSecret: z
    .string()
    .nullable()
    .describe("Shown this once and kept nowhere; null where the same Idempotency-Key was used before"),
});

export type SecretShown = z.infer<typeof secretShown>;

export const usageBucket = z.object({ at: instant, tokens: z.int(), refusals: z.int() });

const usageGap = z
  .object({ from: instant, to: instant })
  .describe(
    "Counts of this time may be missing, of any credential: a node ended before it wrote them, or had too many",
  );

const refusal = z.object({
  at: instant.describe("The latest of them"),
  reason: z.string().describe("A word or two, as in the log"),
  explanation: z.string().describe("The reason in plain words, and what to do"),
  source: z.string(),
  count: z.int(),
});

export type CredentialRefusal = z.infer<typeof refusal>;

const scope = z.object({
  name: z.string(),
  title: z.string(),
  opens: z.string().describe("What a token with it can do"),
  isExclusive: z.boolean().describe("It combines with no other scope"),
});

export type Scope = z.infer<typeof scope>;

const params = z.object({ clientId: uuid });
const secretParams = z.object({ clientId: uuid, secretId: uuid });
const scopes = z.array(z.string().max(100)).min(1).max(20);
const allowedRanges = z.array(z.string().max(50)).max(50);

export const credentialOperations = defineOperations({
  "GET /api/scopes": {
    summary: "List the scopes that credentials can own",
    noun: "credentials",
    access: "signed-in",
    status: 200,
    answer: z.object({ items: z.array(scope) }),
  },
  "GET /api/credentials": {
    summary: "List the credentials that the caller may see",
    noun: "credentials",
    access: "signed-in",
    query: z.object({
      ...pageQuery,
      search: searchQuery,
      sort: sortQuery("name", "createdAt"),
      accountId: idText.optional(),
      projectId: idText.optional(),
      level: z.enum(["account", "project"]).optional(),
      state: state.optional(),
    }),
    status: 200,
    answer: pageOf(credential),
  },
  "POST /api/accounts/:accountId/credentials": {
    summary: "Create a credential; its secret is in this answer and nowhere else",
    noun: "credentials",
    access: "administrator",
    stepUp: true,
    params: z.object({ accountId: idText }),
    body: z.object({
      name,
      projectId: id.nullable().optional().describe("Its project; absent or null for account level"),
      scopes,
      expiresAt: instant.nullable().optional().describe("Never if absent, unless the account requires an end"),
      allowedRanges: allowedRanges.optional(),
    }),
    status: 201,
    answer: secretShown,
  },
  "GET /api/credentials/:clientId": {
    summary: "Show a credential",
    noun: "credentials",
    access: "viewer",
    params,
    status: 200,
    answer: credential,
  },
  "PATCH /api/credentials/:clientId": {
    summary: "Change a credential's name, scopes, end or ranges, disable or enable it",
    noun: "credentials",
    access: "administrator",
    params,
    body: z.object({
      name: name.optional(),
      scopes: scopes.optional(),
      expiresAt: instant.nullable().optional(),
      allowedRanges: allowedRanges.optional(),
      state: state.optional(),
    }),
    status: 200,
    answer: credential,
  },
  "DELETE /api/credentials/:clientId": {
    summary: "Delete a credential for ever",
    noun: "credentials",
    access: "administrator",
    stepUp: true,
    params,
    status: 204,
  },
  "POST /api/credentials/:clientId/revocation": {
    summary: "Take back every token of a credential, which lives on and gets new ones",
    noun: "credentials",
    access: "administrator",
    stepUp: true,
    params,
    body: z.object({}),
    status: 200,
    answer: credential,
  },
  "POST /api/credentials/:clientId/secrets": {
    summary: "Start a rotation: a second secret works beside the first, which ends after the overlap",
    noun: "credentials",
    access: "administrator",
    stepUp: true,
    params,
    body: z.object({
      overlapDays: z.int().min(0).max(30).optional().describe("7 if absent; 0 ends the first one now"),
    }),
    status: 201,
    answer: secretShown,
  },
  "DELETE /api/credentials/:clientId/secrets/:secretId": {
    summary: "End one secret at once; of a former one this completes the rotation",
    noun: "credentials",
    access: "administrator",
    stepUp: true,
    params: secretParams,
    query: z.object({
      unlessUsedWithinSeconds: whole(1, 31_536_000)
        .optional()
        .describe("Refuse with 409 if the secret was used within so many seconds"),
    }),
    status: 200,
    answer: credential,
  },
  "POST /api/credentials/:clientId/secrets/:secretId/cancellation": {
    summary: "Cancel a rotation: the newest secret ends at once, and the former one lives on as it did before",
    noun: "credentials",
    access: "administrator",
    stepUp: true,
    params: secretParams,
    body: z.object({}),
    status: 200,
    answer: credential,
  },
  "GET /api/credentials/:clientId/usage": {
    summary: "Tokens and refusals of a credential by day, oldest first",
    noun: "usage",
    access: "viewer",
    params,
    query: z.object({ days: whole(1, 90).optional().describe("30 if absent") }),
    status: 200,
    answer: z.object({ items: z.array(usageBucket), gaps: z.array(usageGap).describe("Oldest first") }),
  },
  "GET /api/credentials/:clientId/refusals": {
    summary: "The latest refusals of a credential with their reasons, newest first",
    noun: "usage",
    access: "viewer",
    params,
    status: 200,
    answer: z.object({ items: z.array(refusal) }),
  },
});
