import { expect, test } from "vitest";
import { explainProblem } from "./problems.ts";

test("each problem of single sign-on says what to do, and a word that is not known says the same as a failure", () => {
  expect(explainProblem("sso-expired")).toBe("The sign-in took too long, or was begun in another browser. Try again.");
  expect(explainProblem("<b>")).toBe(explainProblem("sso-failed"));
});
