import { describe, expect, test } from "vitest";
import {
  type AuthenticatedCredential,
  type GrantableProject,
  grantClientCredentials,
  targetProjectId,
} from "./client-credentials-grant.ts";
import { formatRefusal, isRefusal } from "./refusal.ts";
import { defaultScopes } from "./scope.ts";
import type { TokenRequest } from "./token-request.ts";

const accountLevel: AuthenticatedCredential = {
  clientId: "c-account",
  secretId: "s-account",
  accountId: 7,
  projectId: undefined,
  scopes: ["data-export", "metrics", "enrichment"],
  accountEpoch: 1,
  credentialEpoch: 3,
  secretExpiresAt: "2027-01-01T00:00:00Z",
};
const projectLevel: AuthenticatedCredential = {
  ...accountLevel,
  clientId: "c-project",
  secretId: "s-project",
  projectId: 42,
  secretExpiresAt: undefined,
};

const project42: GrantableProject = {
  id: 42,
  accountId: 7,
  endpoint: "https://api.eu-west-1.example.com",
  enabled: true,
  epoch: 2,
};
const project43: GrantableProject = { ...project42, id: 43, endpoint: "https://api.us-east.example.com", epoch: 5 };

const request: TokenRequest = { grantType: "client_credentials", scope: "data-export metrics", projectId: 42 };

type Case = {
  readonly credential: AuthenticatedCredential;
  readonly request: TokenRequest;
  readonly project: GrantableProject | undefined;
};

const decide = (question: Case) => grantClientCredentials({ ...question, catalogue: defaultScopes });

function refusalOf(question: Case) {
  const decided = decide(question);
  if (!isRefusal(decided)) throw new Error("It was granted.");
  return decided;
}

describe("a grant", () => {
  test("of an account-level credential names the project that was asked for, and its cloud", () => {
    const asked = { ...request, projectId: 43 };
    expect(decide({ credential: accountLevel, request: asked, project: project43 })).toStrictEqual({
      clientId: "c-account",
      secretId: "s-account",
      accountId: 7,
      projectId: 43,
      endpoint: "https://api.us-east.example.com",
      scopes: ["data-export", "metrics"],
      epochs: { account: 1, project: 5, credential: 3 },
      secretExpiresAt: "2027-01-01T00:00:00Z",
    });
  });

  test.each([undefined, 42])("of a project-level credential names its own project, asked for %s", (projectId) => {
    const asked = { ...request, scope: "enrichment", projectId };
    expect(decide({ credential: projectLevel, request: asked, project: project42 })).toStrictEqual({
      clientId: "c-project",
      secretId: "s-project",
      accountId: 7,
      projectId: 42,
      endpoint: "https://api.eu-west-1.example.com",
      scopes: ["enrichment"],
      epochs: { account: 1, project: 2, credential: 3 },
      secretExpiresAt: undefined,
    });
  });
});

describe("the project that a request aims at", () => {
  test("is the credential's own at project level, whatever is asked for", () => {
    expect(targetProjectId(projectLevel, { ...request, projectId: undefined })).toBe(42);
    expect(targetProjectId(projectLevel, { ...request, projectId: 43 })).toBe(42);
  });

  test("is the one asked for at account level, or none", () => {
    expect(targetProjectId(accountLevel, { ...request, projectId: 43 })).toBe(43);
    expect(targetProjectId(accountLevel, { ...request, projectId: undefined })).toBeUndefined();
  });
});

describe("400 of the grant type", () => {
  test("INVALID_REQUEST: it is missing", () => {
    const refusal = refusalOf({
      credential: projectLevel,
      request: { ...request, grantType: undefined },
      project: project42,
    });
    expect(refusal).toMatchObject({ status: 400, error: "invalid_request", code: "INVALID_REQUEST" });
    expect(refusal.description).toBe("grant_type is required.");
  });

  test.each(["authorization_code", "password", "refresh_token", "Client_Credentials", "client_credentials ", " "])(
    "UNSUPPORTED_GRANT_TYPE: %j",
    (grantType) => {
      const refusal = refusalOf({ credential: projectLevel, request: { ...request, grantType }, project: project42 });
      expect(refusal).toMatchObject({ status: 400, error: "unsupported_grant_type", code: "UNSUPPORTED_GRANT_TYPE" });
      expect(refusal.description).toBe("grant_type must be client_credentials.");
    },
  );
});

describe("400 of the scope", () => {
  test.each([
    ["INVALID_SCOPE", undefined],
    ["INVALID_SCOPE", "data-export\tmetrics"],
    ["INVALID_SCOPE", "métrics"],
    ["INVALID_SCOPE", "surveys"],
    ["SCOPE_NOT_GRANTED", "session-replay"],
    ["SCOPE_EXCLUSIVE", "enrichment metrics"],
  ])("%s: %j", (code, scope) => {
    const refusal = refusalOf({ credential: projectLevel, request: { ...request, scope }, project: project42 });
    expect(refusal).toMatchObject({ status: 400, error: "invalid_scope", code });
  });
});

describe("400 PROJECT_ID_REQUIRED", () => {
  test("an account-level credential names no project", () => {
    const refusal = refusalOf({
      credential: accountLevel,
      request: { ...request, projectId: undefined },
      project: undefined,
    });
    expect(refusal).toMatchObject({ status: 400, error: "invalid_request", code: "PROJECT_ID_REQUIRED" });
    expect(refusal.description).toBe("project_id is required for an account-level credential.");
  });

  test("nor is a project that was looked up by mistake taken for it", () => {
    const refusal = refusalOf({
      credential: accountLevel,
      request: { ...request, projectId: undefined },
      project: project42,
    });
    expect(refusal.code).toBe("PROJECT_ID_REQUIRED");
  });
});

describe("400 PROJECT_NOT_ALLOWED", () => {
  const causes: readonly (readonly [string, Case])[] = [
    ["unknown project", { credential: accountLevel, request, project: undefined }],
    ["project of another account", { credential: accountLevel, request, project: { ...project42, accountId: 8 } }],
    ["disabled project", { credential: accountLevel, request, project: { ...project42, enabled: false } }],
    [
      "not the credential's own project",
      { credential: projectLevel, request: { ...request, projectId: 43 }, project: project42 },
    ],
    ["disabled project", { credential: projectLevel, request, project: { ...project42, enabled: false } }],
    ["unknown project", { credential: projectLevel, request, project: undefined }],
    ["project of another account", { credential: projectLevel, request, project: { ...project42, accountId: 8 } }],
  ];

  test.each(causes)("%s: the log knows the cause", (reason, question) => {
    expect(refusalOf(question)).toMatchObject({
      status: 400,
      error: "invalid_target",
      code: "PROJECT_NOT_ALLOWED",
      reason,
      headers: {},
    });
  });

  test("the caller gets one and the same body for every cause, byte by byte", () => {
    const bodies = causes.map(([, question]) => JSON.stringify(formatRefusal(refusalOf(question), "r-1")));
    expect([...new Set(bodies)]).toStrictEqual([
      '{"error":"invalid_target","error_description":"project_id names no project of this credential.",' +
        '"success":false,"errorMessage":"project_id names no project of this credential.",' +
        '"errorCode":"PROJECT_NOT_ALLOWED","requestId":"r-1"}',
    ]);
  });

  test("a foreign project that is disabled too is refused as foreign, so the log stays true", () => {
    const project = { ...project42, accountId: 8, enabled: false };
    expect(refusalOf({ credential: accountLevel, request, project }).reason).toBe("project of another account");
  });
});

describe("the order of the answers", () => {
  const project = undefined;

  test("the grant type comes before scope and project", () => {
    const asked = { grantType: "password", scope: "surveys", projectId: 99 };
    expect(refusalOf({ credential: accountLevel, request: asked, project }).code).toBe("UNSUPPORTED_GRANT_TYPE");
  });

  test("the scope comes before the project", () => {
    const asked = { ...request, scope: "surveys", projectId: undefined };
    expect(refusalOf({ credential: accountLevel, request: asked, project }).code).toBe("INVALID_SCOPE");
  });
});

test("a project other than the one aimed at breaks an invariant and is never granted", () => {
  expect(() => decide({ credential: accountLevel, request, project: project43 })).toThrow("another project");
  expect(() =>
    decide({ credential: projectLevel, request: { ...request, projectId: undefined }, project: project43 }),
  ).toThrow("another project");
});
