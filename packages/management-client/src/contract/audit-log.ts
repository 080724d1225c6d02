import { z } from "zod";
import { defineOperations, id, idText, instant, pageQuery } from "./operation.ts";

const members = z.record(z.string(), z.unknown()).nullable();

export const auditEvent = z.object({
  sequence: z.int(),
  at: instant,
  actor: z.string().describe("`operator`, `system`, `administrator:…`, `access-token:…` or `credential:…`"),
  actorName: z
    .string()
    .nullable()
    .describe("E-mail address of an administrator; for an access token, of whose it is, and its name"),
  action: z
    .string()
    .describe(
      "A noun and a past participle: credential.created; with a verb, export-job.create, what a cloud was asked to do",
    ),
  subject: z.string().describe("The noun and the id of what changed"),
  accountId: id.nullable(),
  requestId: z.string().nullable(),
  source: z.string().nullable().describe("IP address"),
  before: members,
  after: members,
  hash: z.string(),
});

export type AuditEventView = z.infer<typeof auditEvent>;

export const signedHead = z.object({
  sequence: z.int(),
  hash: z.string(),
  at: instant,
  signature: z.string().describe("Ed25519 over `biped-audit-head`, sequence, hash and at, a line each; base64url"),
  publicKey: z.string().describe("SubjectPublicKeyInfo, base64"),
});

export type SignedAuditHead = z.infer<typeof signedHead>;

const filters = {
  accountId: idText.optional(),
  actor: z.string().max(200).optional(),
  action: z.string().max(100).optional().describe("A whole action, or its noun: `credential`"),
  subject: z.string().max(200).optional(),
  from: instant.optional(),
  to: instant.optional(),
};

export const auditLogOperations = defineOperations({
  "GET /api/audit-events": {
    summary: "List audit events, newest first, of the accounts that the caller may see; platform owners see all",
    noun: "audit-log",
    access: "signed-in",
    query: z.object({ ...pageQuery, ...filters }),
    status: 200,
    answer: z.object({ items: z.array(auditEvent), nextCursor: z.string().nullable() }),
  },
  "GET /api/audit-events/export": {
    summary: "The same as a file, oldest first: JSON lines, or CSV with a guard against formulas",
    noun: "audit-log",
    access: "signed-in",
    query: z.object({ ...filters, format: z.enum(["jsonl", "csv"]) }),
    status: 200,
    mediaTypes: ["application/jsonl", "text/csv"],
  },
  "GET /api/audit-log/head": {
    summary: "The last event's sequence and hash, signed; keep it outside to notice what is missing later",
    noun: "audit-log",
    access: "platform",
    status: 200,
    answer: signedHead,
  },
  "GET /api/audit-log/verification": {
    summary: "Verify the chain of all audit events against its head and the heads that were written outside",
    noun: "audit-log",
    access: "platform",
    status: 200,
    answer: z.object({
      intact: z.boolean(),
      events: z.int(),
      heads: z.int().describe("Signed heads outside the database that were compared"),
      fault: z.object({ sequence: z.int(), reason: z.string() }).nullable(),
    }),
  },
});
