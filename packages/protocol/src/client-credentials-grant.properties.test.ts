import fc from "fast-check";
import { expect } from "vitest";
import { testProperty } from "../../../test/property.ts";
import { type GrantQuestion, grantClientCredentials, targetProjectId } from "./client-credentials-grant.ts";
import { formatRefusal, isRefusal } from "./refusal.ts";
import { defaultScopes } from "./scope.ts";

/** A world so small that accounts, projects and credentials meet in every combination. */
const id = fc.integer({ min: 1, max: 4 });
const account = fc.integer({ min: 1, max: 2 });
const project = fc.record({ accountId: account, enabled: fc.constantFrom(true, true, true, false), epoch: fc.nat(3) });
const projects = fc.tuple(project, project, project);
const everyScope = [...defaultScopes.keys()];
const credential = fc.record({
  accountId: account,
  projectId: fc.option(id, { nil: undefined, freq: 1 }),
  scopes: fc.oneof(fc.constant(everyScope), fc.constant(everyScope), fc.subarray(everyScope)),
  accountEpoch: fc.nat(3),
  credentialEpoch: fc.nat(3),
  secretExpiresAt: fc.constantFrom(undefined, "2027-01-01T00:00:00Z"),
});
const good = ["metrics", "data-export metrics", "enrichment"];
const request = fc.record({
  grantType: fc.constantFrom(...Array.from({ length: 8 }, () => "client_credentials"), "password", undefined),
  scope: fc.constantFrom(...good, ...good, "enrichment metrics", "unknown", undefined),
  projectId: fc.option(id, { nil: undefined, freq: 4 }),
});

const question = fc.tuple(projects, credential, request).map(([rows, owner, asked]): GrantQuestion => {
  const fullCredential = { ...owner, clientId: "c-1", secretId: "s-1" };
  const targetId = targetProjectId(fullCredential, asked);
  const row = targetId === undefined ? undefined : rows[targetId - 1];
  const endpoint = `https://cloud-${targetId}.example.com`;
  const project = row === undefined || targetId === undefined ? undefined : { ...row, id: targetId, endpoint };
  return { credential: fullCredential, request: asked, project, catalogue: defaultScopes };
});

/** The rules once more, as the table of the contract lists them. */
function judge({ credential: owner, request: asked, project }: GrantQuestion): string {
  if (asked.grantType === undefined) return "INVALID_REQUEST";
  if (asked.grantType !== "client_credentials") return "UNSUPPORTED_GRANT_TYPE";
  const wanted = asked.scope?.split(" ");
  if (wanted === undefined || wanted.includes("unknown")) return "INVALID_SCOPE";
  if (wanted.some((name) => !owner.scopes.includes(name))) return "SCOPE_NOT_GRANTED";
  if (wanted.length > 1 && wanted.includes("enrichment")) return "SCOPE_EXCLUSIVE";
  const named = asked.projectId ?? owner.projectId;
  if (named === undefined) return "PROJECT_ID_REQUIRED";
  const isOwn = owner.projectId === undefined || owner.projectId === named;
  const isGood = project?.id === named && project.enabled && project.accountId === owner.accountId;
  return isOwn && isGood ? "granted" : "PROJECT_NOT_ALLOWED";
}

testProperty(
  "a grant names exactly one project, enabled, of the credential's account, and the one asked for; or there is none",
  100_000,
  fc.property(question, (asked) => {
    const decided = grantClientCredentials(asked);
    expect(isRefusal(decided) ? decided.code : "granted").toBe(judge(asked));
    if (isRefusal(decided)) return;
    const { credential: owner, project } = asked;
    expect(decided).toStrictEqual({
      clientId: "c-1",
      secretId: "s-1",
      accountId: owner.accountId,
      projectId: asked.request.projectId ?? owner.projectId,
      endpoint: `https://cloud-${decided.projectId}.example.com`,
      scopes: asked.request.scope?.split(" "),
      epochs: { account: owner.accountEpoch, project: project?.epoch, credential: owner.credentialEpoch },
      secretExpiresAt: owner.secretExpiresAt,
    });
  }),
);

const notAllowed =
  '{"error":"invalid_target","error_description":"project_id names no project of this credential.",' +
  '"success":false,"errorMessage":"project_id names no project of this credential.",' +
  '"errorCode":"PROJECT_NOT_ALLOWED","requestId":"r"}';

const forbidden = question
  .map((asked) => {
    const { credential: owner, request: sent } = asked;
    const plain = { ...sent, grantType: "client_credentials", scope: "metrics" };
    return { ...asked, credential: { ...owner, scopes: ["metrics"] }, request: plain };
  })
  .filter((asked) => judge(asked) === "PROJECT_NOT_ALLOWED");

testProperty(
  "whatever makes a project forbidden, the caller reads the same bytes and the same headers",
  60_000,
  fc.property(forbidden, (asked) => {
    const decided = grantClientCredentials(asked);
    if (!isRefusal(decided)) throw new Error("It was granted.");
    expect(JSON.stringify(formatRefusal(decided, "r"))).toBe(notAllowed);
    expect(decided.headers).toStrictEqual({});
    expect(decided.status).toBe(400);
  }),
);
