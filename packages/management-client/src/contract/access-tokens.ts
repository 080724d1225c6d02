import { z } from "zod";
import { defineOperations, id, instant, name, uuid } from "./operation.ts";

/** What a token for machines may do beyond reading: change what these nouns name, as far as its owner may. */
export const accessTokenScopes = [
  "read",
  "accounts",
  "projects",
  "export-jobs",
  "clouds",
  "credentials",
  "signing-keys",
  "administrators",
] as const;

export const accessToken = z.object({
  id: uuid,
  name,
  scopes: z.array(z.enum(accessTokenScopes)),
  accountId: id.nullable().describe("null for every account of its owner"),
  createdAt: instant,
  expiresAt: instant,
  lastUsedAt: instant.nullable(),
});

export type AccessToken = z.infer<typeof accessToken>;

export const accessTokenOperations = defineOperations({
  "GET /api/access-tokens": {
    summary: "List the caller's own access tokens",
    noun: "access-tokens",
    access: "signed-in",
    sessionOnly: true,
    status: 200,
    answer: z.object({ items: z.array(accessToken) }),
  },
  "POST /api/access-tokens": {
    summary: "Make an access token for the command or for automation",
    noun: "access-tokens",
    access: "signed-in",
    stepUp: true,
    sessionOnly: true,
    body: z.object({
      name,
      scopes: z.array(z.enum(accessTokenScopes)).min(1).max(accessTokenScopes.length),
      accountId: id.nullable().optional(),
      expiresInDays: z.int().min(1).max(365),
    }),
    status: 201,
    answer: z.object({
      accessToken,
      token: z.string().nullable().describe("Shown this once; null where the same Idempotency-Key was used before"),
    }),
  },
  "DELETE /api/access-tokens/:accessTokenId": {
    summary: "End an access token at once",
    noun: "access-tokens",
    access: "signed-in",
    sessionOnly: true,
    params: z.object({ accessTokenId: uuid }),
    status: 204,
  },
});
