import { describe, expect, test } from "vitest";
import { proveHotBackups } from "../hot-backups.ts";
import { scaleCases, scaleTimeout } from "../property.ts";

const backups = scaleCases(10);

describe.each(["sqlite", "postgres"] as const)("%s", (engine) => {
  test(`F-14: ${backups} hot backups, each restored with the log of what came after`, {
    timeout: scaleTimeout(600_000),
  }, async () => {
    const seen = await proveHotBackups(engine, backups);
    console.log(`F-14 on ${engine}: ${JSON.stringify(seen)}`);
    expect(seen).toMatchObject({ backups });
  });
});
