import { expect, test } from "vitest";
import { findProofs } from "./proofs.ts";

const passkey = {
  id: "p1",
  name: "Laptop",
  createdAt: "2026-11-25T12:00:00Z",
  lastUsedAt: null,
};
const factors = {
  hasPassword: true,
  hasTotp: false,
  passkeys: [],
  recoveryCodesLeft: 0,
};

test("a second factor proves, and the password only where there is none", () => {
  expect(findProofs(factors)).toEqual(["password"]);
  expect(findProofs({ ...factors, hasTotp: true })).toEqual(["totp"]);
  expect(findProofs({ ...factors, passkeys: [passkey] })).toEqual(["passkey"]);
  expect(findProofs({ ...factors, hasTotp: true, passkeys: [passkey] })).toEqual(["passkey", "totp"]);
});
