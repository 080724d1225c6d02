/** F-16: as `test/cluster-simulation.test.ts`, for many seeds. */

import { test } from "vitest";
import { scaleCases, scaleTimeout } from "../property.ts";
import { proveSeeds } from "../simulation/prove-seeds.ts";

const seeds = scaleCases(2_000);

test(
  `F-16: ${seeds} seeds: no token for what was taken back, no guard that goes on accepting one, nothing good refused`,
  {
    timeout: scaleTimeout(1_200_000),
  },
  () => proveSeeds(seeds, "npm run soak -- simulation"),
);
