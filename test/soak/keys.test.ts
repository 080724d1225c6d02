import { describe, expect, test } from "vitest";
import { proveKilledRotations } from "../kek-rotation.ts";
import { scaleCases, scaleTimeout } from "../property.ts";

describe.each([
  // Fewer might all meet one side of a rotation.
  ["sqlite", Math.max(20, scaleCases(60))],
  ["postgres", Math.max(20, scaleCases(40))],
] as const)("%s", (engine, kills) => {
  const limits = { timeout: scaleTimeout(600_000) };
  test(`K-04: a rotation of the key-encryption key killed at ${kills} points`, limits, async () => {
    const seen = await proveKilledRotations(engine, kills);
    console.log(`K-04 on ${engine}: ${JSON.stringify(seen)}`);
    expect(seen.kills).toBe(kills);
    // The kills did meet both sides of a rotation.
    expect(Math.min(seen.underFirst, seen.underSecond)).toBeGreaterThan(0);
  });
});
