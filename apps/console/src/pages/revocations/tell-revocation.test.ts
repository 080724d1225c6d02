import { expect, test } from "vitest";
import { findOwner, tellExtent, tellReason } from "./tell-revocation.ts";

const clientId = "08491289-e2f1-451a-bd09-e438ee16fc07";

test.each([
  ["token", "6a1f", clientId, { kind: "credential", clientId }, "token 6a1f"],
  ["secret", "63203965-0000-4000", clientId, { kind: "credential", clientId }, "tokens of the secret 63203965"],
  ["credential", clientId, null, { kind: "credential", clientId }, "all tokens of the credential"],
  ["project", "42", null, { kind: "project", projectId: 42 }, "all tokens of the project"],
  ["account", "7", null, { kind: "account", accountId: 7 }, "all tokens of the account"],
  ["signing-key", "Zx3-_abc", null, { kind: "signing-key", kid: "Zx3-_abc" }, "all tokens of the signing key"],
  ["everything", "2026-11-25T23:23:48Z", null, { kind: "everything" }, "issued before 26 Nov 2026, 00:23:48 CET"],
] as const)("a %s: whose tokens, and which of them", (kind, object, ofClient, owner, extent) => {
  const taken = { kind, object, clientId: ofClient };
  expect(findOwner(taken)).toEqual(owner);
  expect(tellExtent(taken, "Europe/Paris")).toBe(extent);
});

test("a secret of a credential that the log does not tell has no owner to go to", () => {
  expect(findOwner({ kind: "secret", object: "63203965", clientId: null })).toBeUndefined();
});

test.each([
  ["credential.tokens-revoked", "taken back"],
  ["token.revoked", "taken back"],
  ["tokens.revoked-before", "taken back"],
  ["secret.retired", "secret retired"],
  ["secret.rotation-cancelled", "rotation cancelled"],
  ["credential.changed", "rights narrowed"],
  ["project.moved", "moved to another cloud"],
  ["account.disabled", "disabled"],
  ["credential.deleted", "deleted"],
  ["signing-key.compromised", "compromised"],
])("%s is told as %s", (action, reason) => {
  expect(tellReason({ action })).toBe(reason);
});
