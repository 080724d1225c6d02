import { z } from "zod";
import { defineOperations, id, instant, pageOf, pageQuery, uuid } from "./operation.ts";

const revocation = z.object({
  sequence: z.int().describe("Of the audit event"),
  at: instant,
  action: z.string().describe("The audit event's: what was done"),
  kind: z.enum(["token", "secret", "credential", "project", "account", "signing-key", "everything"]),
  object: z.string().describe("Its id; of `everything` the instant before which tokens are void"),
  clientId: z.string().nullable().describe("The credential of a token or of a secret"),
  accountId: id.nullable(),
  actor: z.string(),
  actorName: z.string().nullable(),
  until: instant.describe("When no token that it concerns can be good any more"),
});

export type Revocation = z.infer<typeof revocation>;

const tokenRevoked = z.object({
  tokenId: z.string().describe("The token's `jti`; the token itself is in no answer and in no log"),
  clientId: uuid,
  accountId: id,
  projectId: id,
  until: instant.describe("When the token would have ended by itself"),
});

export type TokenRevoked = z.infer<typeof tokenRevoked>;

export const revocationOperations = defineOperations({
  "GET /api/revocations": {
    summary: "List what was taken back and may still concern a token that lives, newest first",
    noun: "audit-log",
    access: "platform",
    query: z.object(pageQuery),
    status: 200,
    answer: pageOf(revocation),
  },
  "POST /api/tokens/revocation": {
    summary: "Take one token back; for administrators and owners of the account that it belongs to",
    noun: "credentials",
    access: "signed-in",
    body: z.object({ token: z.string().min(1).max(8192).describe("The JWT as it was issued") }),
    status: 200,
    answer: tokenRevoked,
  },
  "POST /api/tokens/revocation-before": {
    summary: "Emergency: take back every token that was issued before a point in time, of all accounts",
    noun: "signing-keys",
    access: "platform",
    stepUp: true,
    body: z.object({
      before: instant.optional().describe("The next second if absent, and no later than that"),
    }),
    status: 200,
    answer: z.object({ before: instant }),
  },
});
