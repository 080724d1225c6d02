import { ManagementError } from "@biped/management-client";
import { expect, test } from "vitest";
import { Cancelled, findRetryDelayMs, isUndecided, isWorthRetrying, readFailure } from "./failure.ts";

const refuse = (status: number, members: Readonly<Record<string, string>> = {}, wait?: number) =>
  new ManagementError(status, { errorMessage: "No.", requestId: "r-1", ...members }, wait);

test.each([
  [refuse(401), "signed-out"],
  [refuse(403, { stepUp: "required" }), "step-up-required"],
  [refuse(403, { secondFactor: "required" }), "second-factor-required"],
  [refuse(403), "forbidden"],
  [refuse(404), "not-found"],
  [refuse(409), "refused"],
  [refuse(412), "changed-meanwhile"],
  [refuse(422), "refused"],
  [refuse(429), "busy"],
  [refuse(503), "busy"],
  [refuse(500), "broken"],
  [new TypeError("Failed to fetch"), "unreachable"],
  [new DOMException("stopped", "AbortError"), "unreachable"],
  [new Cancelled(), "cancelled"],
  [new Error("a mistake of ours"), "broken"],
] as const)("%s is %s", (error, kind) => {
  expect(readFailure(error).kind).toBe(kind);
});

test("a refusal tells the service's own words and its request id", () => {
  expect(readFailure(refuse(409))).toEqual({
    kind: "refused",
    title: "That did not work",
    text: "No.",
    requestId: "r-1",
    waitSeconds: undefined,
  });
});

test.each([
  [1, "No. Try again in 1 second."],
  [30, "No. Try again in 30 seconds."],
  [240, "No. Try again in 4 minutes."],
])("429 with a wait of %d seconds says so", (seconds, text) => {
  expect(readFailure(refuse(429, {}, seconds)).text).toBe(text);
});

test("the words of the browser and of our own mistakes are not shown", () => {
  expect(readFailure(new TypeError("NetworkError at line 3")).text).not.toContain("line 3");
  expect(readFailure(new Error("x is undefined")).text).not.toContain("undefined");
});

test("a retry is for what may pass: busy or unreachable, three times, ten seconds at most", () => {
  expect(isWorthRetrying(0, new TypeError())).toBe(true);
  expect(isWorthRetrying(3, new TypeError())).toBe(false);
  expect(isWorthRetrying(0, refuse(503, {}, 2))).toBe(true);
  expect(isWorthRetrying(0, refuse(429, {}, 900))).toBe(false);
  expect(isWorthRetrying(0, refuse(404))).toBe(false);
  expect(isWorthRetrying(0, refuse(401))).toBe(false);
});

test("the wait is the service's, else it doubles up to eight seconds", () => {
  expect(findRetryDelayMs(0, refuse(503, {}, 2))).toBe(2000);
  expect([0, 1, 2, 9].map((count) => findRetryDelayMs(count, new TypeError()))).toEqual([500, 1000, 2000, 8000]);
});

test("undecided is what may have been done though no answer says so", () => {
  expect([new TypeError(), refuse(500), refuse(503)].map(isUndecided)).toEqual([true, true, true]);
  expect([refuse(400), refuse(409), refuse(412), new Cancelled()].map(isUndecided)).toEqual([
    false,
    false,
    false,
    false,
  ]);
});
