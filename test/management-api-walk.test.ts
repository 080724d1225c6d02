import type { OperationName } from "@biped/management-client";
import { type Operation, operations } from "@biped/management-client/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createOpenApiDocument } from "../apps/authorization-server/src/management-api/openapi/document.ts";
import { createFakeCloud } from "./fake-cloud.ts";
import { type Decision, decide, decisions, type Verdict } from "./management-decisions.ts";
import { type Caller, createCallers, createWorld, foreignMark, type World } from "./management-people.ts";
import { type Called, type StartedManagement, startManagement } from "./management-server.ts";

type Kind = "own" | "foreign" | "disabled" | "missing";
const kinds: readonly Kind[] = ["own", "foreign", "disabled", "missing"];

/** What each change would do, if it were let through where it must not be. */
const bodies: Partial<Record<OperationName, unknown>> = {
  "POST /api/accounts": { name: "Intruder" },
  "PATCH /api/accounts/:accountId": { name: "Intruder" },
  "PUT /api/accounts/:accountId/state": { state: "disabled" },
  "POST /api/accounts/:accountId/projects": { name: "Intruder", cloud: "aws-eu-west-1" },
  "PATCH /api/projects/:projectId": { name: "Intruder" },
  "PUT /api/projects/:projectId/cloud": { cloud: "azure-us-east" },
  "POST /api/projects/:projectId/export-jobs": { name: "Intruder" },
  "POST /api/projects/:projectId/export-preview": { name: "Intruder" },
  "PUT /api/projects/:projectId/export-jobs/:jobId/state": { state: "SUSPENDED" },
  "PUT /api/projects/:projectId/export-settings": { timeZone: "UTC" },
  "POST /api/accounts/:accountId/credentials": { name: "Intruder", scopes: ["metrics"] },
  "PATCH /api/credentials/:clientId": { name: "Intruder" },
  "POST /api/tokens/revocation": { token: "no token" },
  "POST /api/clouds": { name: "intruder", endpoint: "https://intruder.example.com" },
  "PUT /api/clouds/:cloud/endpoint": { endpoint: "https://intruder.example.com" },
  "POST /api/administrators": { email: "intruder@example.com" },
  "PATCH /api/administrators/:administratorId": { platformRole: "owner" },
  "POST /api/accounts/:accountId/members": { email: "intruder@example.com", role: "owner" },
  "PUT /api/accounts/:accountId/members/:administratorId": { role: "owner" },
  "PUT /api/password": { password: "a long and quiet evening" },
  "POST /api/access-tokens": { name: "Intruder", scopes: ["read"], expiresInDays: 1 },
};

const queries: Partial<Record<OperationName, string>> = {
  "GET /api/search": "q=a",
  "GET /api/audit-events/export": "format=jsonl",
  "GET /api/projects/:projectId/exportable-fields": "scope=sessions",
};

/** Reads that stand in the audit log. */
const recorded: ReadonlySet<string> = new Set(["GET /api/projects/:projectId/export-jobs/:jobId/runs/:runId"]);

describe.each(["sqlite", "postgres"] as const)("%s", (engine) => {
  let started: StartedManagement;
  let world: World;
  let callers: Record<string, Caller>;
  beforeAll(async () => {
    started = await startManagement(engine);
    started.clouds.fetch = createFakeCloud().fetch;
    world = await createWorld(started);
    callers = await createCallers(started, world);
  });
  afterAll(() => started.stop());

  test("the decision table names every operation that is served, and no other", () => {
    expect(decisions.map(({ name }) => name).sort()).toEqual(Object.keys(operations).sort());
  });

  test("M-03: every operation answers every kind of caller and object as the decision table says", async () => {
    const before = await started.server.storage.findAuditHead();
    const wrong: string[] = [];
    let cells = 0;
    for (const decision of decisions) {
      for (const caller of Object.values(callers)) {
        const answers = new Map<Kind, string>();
        for (const kind of listKinds(decision)) {
          const verdict = decide(decision, caller.standing(kind), kind !== "missing");
          const answer = await ask(decision, caller, { kind, verdict });
          const got = readVerdict(answer);
          const place = `${decision.name} · ${caller.name} · ${kind}`;
          if (got !== verdict) wrong.push(`${place}: ${got} instead of ${verdict}: ${answer.text}`);
          wrong.push(...findFaults(decision, caller, answer).map((fault) => `${place}: ${fault}`));
          answers.set(kind, withoutRequestId(answer));
          cells += 1;
        }
        const isForeign = answers.has("foreign") && caller.standing("foreign").role === undefined;
        if (isForeign && answers.get("foreign") !== answers.get("missing")) {
          wrong.push(`${decision.name} · ${caller.name}: foreign differs from missing`);
        }
      }
    }
    console.log(`${cells} cells`);
    expect(wrong).toEqual([]);
    expect(await started.server.storage.findAuditHead()).toEqual(before);
  });

  /** What is allowed is asked in a way that is understood and then refused, unless it only reads. */
  async function ask(
    { name }: Decision,
    caller: Caller,
    { kind, verdict }: { readonly kind: Kind; readonly verdict: Verdict },
  ): Promise<Called> {
    const known = name as OperationName;
    const isChange = !name.startsWith("GET ") || recorded.has(name);
    const params = { ...world[kind], ...listOthers(kind) };
    const query = isChange && verdict === "allowed" ? "nonsense=1" : queries[known];
    return started.call(caller, known, { params, body: bodies[known], ...(query === undefined ? {} : { query }) });
  }

  function listOthers(kind: Kind) {
    const isThere = kind !== "missing";
    return {
      kid: isThere ? world.kid : "none",
      cloud: isThere ? "aws-eu-west-1" : "none",
      sessionId: "none",
      passkeyId: "none",
      accessTokenId: world.missing.clientId,
      jobId: 7,
      runId: 3,
    };
  }
});

function listKinds({ name }: Decision): readonly Kind[] {
  if (/:(?:accountId|projectId|clientId)/.test(name)) return kinds;
  return name.includes(":") ? ["own", "missing"] : ["own"];
}

function readVerdict({ status, body }: Called): string {
  if (status < 300) return "allowed";
  if (status === 400 && body.errorMessage === "nonsense is not a member of this request.") return "allowed";
  if (status === 400 && body.errorMessage === "This request has no query parameters.") return "allowed";
  const needs = body.stepUp === "required" ? " stepUp" : body.secondFactor === "required" ? " secondFactor" : "";
  return `${status} ${body.errorCode}${needs}`;
}

const { paths } = createOpenApiDocument();

/** Of an answer by itself: its form, its headers, and what it must not tell. */
function findFaults({ name }: Decision, caller: Caller, answer: Called): readonly string[] {
  const [method = "", pattern = ""] = name.split(" ");
  const operation: Operation = operations[name as OperationName];
  const documented = paths[pattern.replace(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()] as { responses: object };
  const faults: string[] = [];
  if (!Object.hasOwn(documented.responses, answer.status)) faults.push(`${answer.status} is not documented`);
  if (answer.status < 300) {
    if (answer.status !== operation.status) faults.push(`${answer.status} instead of ${operation.status}`);
    if (operation.answer !== undefined) expect(operation.answer.parse(answer.body)).toEqual(answer.body);
  }
  if (answer.headers.get("cache-control") !== "no-store") faults.push("it may be stored");
  if (answer.headers.get("content-security-policy") !== "default-src 'none'; frame-ancestors 'none'")
    faults.push("CSP");
  if (caller.standing("foreign").role === undefined && answer.text.includes(foreignMark)) faults.push("it is foreign");
  return faults;
}

function withoutRequestId({ status, headers, text }: Called): string {
  const kept = [...headers].filter(([name]) => name !== "x-request-id" && name !== "date");
  return JSON.stringify([status, kept, text.replace(/"requestId":"[^"]+"/, "")]);
}
