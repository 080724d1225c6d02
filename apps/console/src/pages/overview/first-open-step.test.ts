import { expect, test } from "vitest";
import { findFirstOpenStep } from "./first-open-step.ts";

test.each([
  [{ clouds: 0, accounts: 0, projects: 0, credentials: 0 }, 0],
  [{ clouds: 2, accounts: 0, projects: 0, credentials: 0 }, 1],
  [{ clouds: 0, accounts: 3, projects: 0, credentials: 0 }, 0],
  [{ clouds: 1, accounts: 1, projects: 1, credentials: 0 }, 3],
  [{ clouds: 1, accounts: 1, projects: 1, credentials: 1 }, 4],
])("%o: step %i is the next one", (present, expected) => {
  expect(findFirstOpenStep(present)).toBe(expected);
});
