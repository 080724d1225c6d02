import { expect, test } from "vitest";
import type { CredentialView, SecretView } from "../storage/views.ts";
import { formatCredential } from "./format-credential.ts";

const now = 1_800_000_000;

function createSecret(id: string, further: Partial<SecretView> = {}): SecretView {
  return {
    id,
    createdAt: now - 1000,
    expiresAt: undefined,
    lastUsedAt: undefined,
    lastUsedSource: undefined,
    ...further,
  };
}

function createView(further: Partial<CredentialView> = {}): CredentialView {
  return {
    clientId: "c3133d76-0000-4000-8000-000000000000",
    accountId: 1,
    accountName: "Northwind Retail",
    accountState: "enabled",
    projectId: 42,
    projectName: "UX ANALYTICS",
    projectState: "enabled",
    name: "Nightly export",
    scopes: ["metrics"],
    allowedRanges: [],
    expiresAt: undefined,
    state: "enabled",
    epoch: 0,
    createdAt: now - 1000,
    version: 1,
    secrets: [createSecret("a")],
    ...further,
  };
}

test.each([
  [{}, "enabled"],
  [{ state: "disabled" }, "disabled"],
  [{ projectState: "disabled", state: "disabled" }, "project disabled"],
  [{ accountState: "disabled", projectState: "disabled" }, "account disabled"],
  [{ expiresAt: now }, "expired"],
  [{ expiresAt: now + 1 }, "enabled"],
  [{ secrets: [] }, "no secret"],
  [{ secrets: [createSecret("a", { expiresAt: now })] }, "no secret"],
  [{ secrets: [createSecret("b"), createSecret("a", { expiresAt: now })] }, "enabled"],
] as const)("%j keeps it from tokens as %s", (further, effectiveState) => {
  expect(formatCredential(createView(further), now).effectiveState).toBe(effectiveState);
});

test("at account level there is no project", () => {
  const view = createView({ projectId: undefined, projectName: undefined, projectState: undefined });
  expect(formatCredential(view, now)).toMatchObject({ level: "account", projectId: null, projectName: null });
});

test("a former secret tells for how long it has been silent: since its last use, or since there is a newer one", () => {
  const former = (lastUsedAt: number | undefined, expiresAt = now + 100) =>
    formatCredential(
      createView({
        secrets: [createSecret("b", { createdAt: now - 500 }), createSecret("a", { lastUsedAt, expiresAt })],
      }),
      now,
    ).secrets;
  expect(former(undefined).map(({ state, silentSeconds }) => [state, silentSeconds])).toEqual([
    ["current", null],
    ["former", 500],
  ]);
  expect(former(now - 900)[1]?.silentSeconds).toBe(500);
  expect(former(now - 20)[1]?.silentSeconds).toBe(20);
  expect(former(now + 1)[1]?.silentSeconds).toBe(0);
  expect(former(now - 20, now)[1]).toMatchObject({ state: "expired", silentSeconds: null });
});

test("its last use is that of whichever secret was used last", () => {
  const secrets = [createSecret("b", { lastUsedAt: now - 60 }), createSecret("a", { lastUsedAt: now - 30 })];
  expect(formatCredential(createView({ secrets }), now).lastUsedAt).toBe("2027-01-15T07:59:30Z");
});
