import { describe, expect, test } from "vitest";
import { proveHotBackups } from "../hot-backups.ts";

const factor = Math.max(1, Number(process.env.BIPED_CASES_FACTOR ?? 1));

describe.each(["sqlite", "postgres"] as const)("%s", (engine) => {
  test(`F-14: ${10 * factor} hot backups, each restored with the log of what came after`, {
    timeout: 600_000 * factor,
  }, async () => {
    const seen = await proveHotBackups(engine, 10 * factor);
    console.log(`F-14 on ${engine}: ${JSON.stringify(seen)}`);
    expect(seen).toMatchObject({ backups: 10 * factor });
  });
});
