import { describe, expect, test } from "vitest";
import { proveHotBackups } from "./hot-backups.ts";

describe.each([
  ["sqlite", 2],
  ["postgres", 1],
] as const)("%s", (engine, backups) => {
  test("F-14: backups of a store that is being changed, each restored with the log: nothing is missing, nothing lives again", {
    timeout: 240_000,
  }, async () => {
    expect(await proveHotBackups(engine, backups)).toMatchObject({ backups });
  });
});
