import { z } from "zod";
import { auditEvent } from "./audit-log.ts";
import { usageBucket } from "./credentials.ts";
import { defineOperations, id, idText, instant, name, uuid } from "./operation.ts";

const overview = z.object({
  counts: z.object({ accounts: z.int(), projects: z.int(), credentials: z.int() }),
  usage: z.array(usageBucket).describe("By hour, the last seven days, oldest first"),
  refusals: z
    .array(z.object({ reason: z.string(), explanation: z.string(), count: z.int() }))
    .describe("The last seven days, most frequent first; refusals of unknown credentials for platform owners only"),
  expiring: z
    .array(
      z.object({
        clientId: uuid,
        credentialName: name,
        accountId: id,
        what: z.enum(["credential", "secret"]),
        secretId: uuid.nullable(),
        expiresAt: instant,
        isInUse: z.boolean().describe("Used within the last day"),
      }),
    )
    .describe("What ends within 30 days, soonest first, 20 at most"),
  changes: z.array(auditEvent).describe("The last ten"),
});

export type Overview = z.infer<typeof overview>;

const searchHit = z.object({
  kind: z.enum(["account", "project", "credential"]),
  id: z.string(),
  name,
  accountId: id,
  accountName: name,
});

export type SearchHit = z.infer<typeof searchHit>;

export const overviewOperations = defineOperations({
  "GET /api/overview": {
    summary: "What happens: tokens, refusals, what ends soon, the last changes",
    noun: "usage",
    access: "signed-in",
    query: z.object({ accountId: idText.optional() }),
    status: 200,
    answer: overview,
  },
  "GET /api/search": {
    summary: "Find accounts, projects and credentials by a part of the name or by id; ten of each at most",
    noun: "accounts",
    access: "signed-in",
    query: z.object({ q: z.string().min(1).max(200) }),
    status: 200,
    answer: z.object({ items: z.array(searchHit) }),
  },
});
