import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { createRecoveryCodes, digestRecoveryCode } from "./recovery-codes.ts";

test("ten different codes of 80 bits, in four groups", () => {
  const codes = createRecoveryCodes(randomBytes);
  expect(codes).toHaveLength(10);
  expect(new Set(codes).size).toBe(10);
  for (const code of codes) expect(code).toMatch(/^[a-z2-7]{4}(?:-[a-z2-7]{4}){3}$/);
});

test("the digest is of the letters alone, however they are typed", () => {
  const digest = digestRecoveryCode("k3dz-7ahx-qq2m-vw5t");
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  for (const typed of ["K3DZ7AHXQQ2MVW5T", " k3dz 7ahx qq2m vw5t ", "Ｋ3dz–7ahx–qq2m–vw5t"]) {
    expect(digestRecoveryCode(typed)).toBe(digest);
  }
  expect(digestRecoveryCode("k3dz-7ahx-qq2m-vw5u")).not.toBe(digest);
});
