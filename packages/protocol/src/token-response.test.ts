import { expect, test } from "vitest";
import { createTokenResponse } from "./token-response.ts";

const grant = {
  clientId: "c-1",
  secretId: "s-1",
  accountId: 7,
  projectId: 42,
  endpoint: "https://api.eu-west-1.example.com",
  scopes: ["metrics", "data-export"],
  epochs: { account: 0, project: 0, credential: 0 },
  secretExpiresAt: undefined,
};

test("the answer of a secret without an end has exactly its six members, in the order of the documentation", () => {
  const response = createTokenResponse(grant, "eyJ.a.b");
  expect(JSON.stringify(response)).toBe(
    '{"access_token":"eyJ.a.b","token_type":"bearer","expires_in":3600,"scope":"metrics data-export",' +
      '"project_id":42,"endpoint":"https://api.eu-west-1.example.com"}',
  );
});

test("a project-level credential's answer names its project and endpoint all the same", () => {
  const response = createTokenResponse({ ...grant, scopes: ["enrichment"] }, "t");
  expect(response).toStrictEqual({
    access_token: "t",
    token_type: "bearer",
    expires_in: 3600,
    scope: "enrichment",
    project_id: 42,
    endpoint: "https://api.eu-west-1.example.com",
  });
});

test("a secret with an end is told when that is, in a seventh member", () => {
  const response = createTokenResponse({ ...grant, secretExpiresAt: "2027-01-01T00:00:00Z" }, "t");
  expect(Object.keys(response).length).toBe(7);
  expect(response.secret_expires_at).toBe("2027-01-01T00:00:00Z");
});
