import { describe, expect, test } from "vitest";
import { proveKilledRotations } from "../kek-rotation.ts";

const factor = Math.max(1, Number(process.env.BIPED_CASES_FACTOR ?? 1));
const kills = 100 * factor;

describe.each(["sqlite", "postgres"] as const)("%s", (engine) => {
  test(`K-04: a rotation of the key-encryption key killed at ${kills} points`, {
    timeout: 600_000 * factor,
  }, async () => {
    const seen = await proveKilledRotations(engine, kills);
    console.log(`K-04 on ${engine}: ${JSON.stringify(seen)}`);
    expect(seen.kills).toBe(kills);
    // The kills did meet both sides of a rotation.
    expect(Math.min(seen.underFirst, seen.underSecond)).toBeGreaterThan(0);
  });
});
