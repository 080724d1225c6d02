import { expect, test } from "vitest";
import { footingOf, markBits, markCredential, markKey, markSecret, markToken } from "./revocation-marks.ts";

const claims = {
  iss: "https://auth.example.com",
  sub: "c1",
  client_id: "c1",
  aud: ["https://api.example.com"],
  iat: 1_800_000_000,
  exp: 1_800_003_600,
  jti: "t1",
  scope: "metrics",
  project_id: 42,
  account_id: 7,
  secret_id: "s1",
  epochs: { account: 1, project: 2, credential: 3 },
};

test("a token stands on its account, project, credential, secret, itself and its key", () => {
  expect(footingOf(claims, "k1")).toEqual({
    account: [7, 1],
    project: [42, 2],
    marks: [markToken("t1"), markSecret("s1"), markCredential("c1", 3), markKey("k1")],
    issuedAt: 1_800_000_000,
  });
});

test("a mark is the same on every machine: guards and servers of different versions compare them", () => {
  expect([markToken("t1"), markSecret("s1"), markCredential("c1", 3), markKey("k1")]).toEqual([
    52574093998488, 279538463640052, 168338312873325, 214940314916795,
  ]);
});

test("100,000 ids that differ in little have 100,000 marks, spread over all 48 bits", () => {
  const marks = new Set<number>();
  for (let index = 0; index < 50_000; index += 1) {
    marks.add(markToken(`019b2c3d-0000-7000-8000-${index.toString(16).padStart(12, "0")}`));
    marks.add(markCredential("c3133d76-0a3a-4d2c-8f5e-2f0a7f0f6c11", index));
  }
  expect(marks.size).toBe(100_000);
  const sorted = [...marks].toSorted((left, right) => left - right);
  expect(sorted.every((mark) => Number.isInteger(mark) && mark >= 0 && mark < 2 ** markBits)).toBe(true);
  // Each sixteenth of the range holds a sixteenth of them, within five standard deviations.
  const counts = new Array<number>(16).fill(0);
  for (const mark of sorted) counts[Math.floor(mark / 2 ** 44)] = (counts[Math.floor(mark / 2 ** 44)] ?? 0) + 1;
  for (const count of counts) expect(Math.abs(count - 6_250)).toBeLessThan(5 * Math.sqrt(6_250));
});

test("what is of one kind is never of another: the same text as token, secret and key", () => {
  expect(new Set([markToken("x"), markSecret("x"), markKey("x"), markCredential("x", 0)]).size).toBe(4);
});
