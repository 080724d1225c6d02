import { describe, expect, test } from "vitest";
import { proveHotBackups } from "./hot-backups.ts";

describe.each(["sqlite", "postgres"] as const)("%s", (engine) => {
  test("F-14: backups of a store that is being changed, each restored with the log: nothing is missing, nothing lives again", {
    timeout: 240_000,
  }, async () => {
    expect(await proveHotBackups(engine, 2)).toMatchObject({ backups: 2 });
  });
});
