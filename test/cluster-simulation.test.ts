/** F-16: three nodes, their store, guards and SDK clients in virtual time; `simulation/cluster.ts` says how. */

import { expect, test } from "vitest";
import { scaleCases, scaleTimeout } from "./property.ts";
import { proveSeeds, repeatSeed } from "./simulation/prove-seeds.ts";

const seeds = scaleCases(40);

test.each([1, 2, 3])("the same seed is the same run, byte by byte: seed %i", async (seed) => {
  const [first, second] = await repeatSeed(seed, 2);
  expect(second).toBe(first);
});

test(
  `F-16: ${seeds} seeds: no token for what was taken back, no guard that goes on accepting one, nothing good refused`,
  {
    timeout: scaleTimeout(300_000),
  },
  () => proveSeeds(seeds, "npm test -- test/cluster-simulation.test.ts"),
);
