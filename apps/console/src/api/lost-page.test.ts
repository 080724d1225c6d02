import { ManagementError } from "@biped/management-client";
import { expect, test } from "vitest";
import { isPageLost } from "./lost-page.ts";

const shown = { name: "Nightly export" };

test("a page that was never read is lost, whatever went wrong", () => {
  expect(isPageLost(new TypeError("no connection"), undefined)).toBe(true);
  expect(isPageLost(null, undefined)).toBe(false);
});

test("a page that stands stays while the service is away, or the session has ended", () => {
  expect(isPageLost(new TypeError("no connection"), shown)).toBe(false);
  expect(isPageLost(new ManagementError(503, {}), shown)).toBe(false);
  expect(isPageLost(new ManagementError(401, {}), shown)).toBe(false);
});

test("what is gone, or may no longer be seen, is not shown any more", () => {
  expect(isPageLost(new ManagementError(404, {}), shown)).toBe(true);
  expect(isPageLost(new ManagementError(403, {}), shown)).toBe(true);
});
