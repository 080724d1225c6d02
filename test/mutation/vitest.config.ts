import { statSync } from "node:fs";
import { defineConfig } from "vitest/config";
import type { TestSequencer, TestSpecification } from "vitest/node";
import usual from "../../vitest.config.ts";

/** Small files first: it is mostly they that notice a change, and then the others are not run. */
class SmallFirst implements TestSequencer {
  shard(files: TestSpecification[]): TestSpecification[] {
    return files;
  }

  sort(files: TestSpecification[]): TestSpecification[] {
    const sizeOf = ({ moduleId }: TestSpecification): number => statSync(moduleId).size;
    return files.toSorted((left, right) => sizeOf(left) - sizeOf(right));
  }
}

/** The unit tests of one area: neither what is drawn by chance nor what takes the time may decide a score. */
export default defineConfig({
  ...usual,
  test: {
    ...usual.test,
    include: (process.env.BIPED_MUTATION_TESTS ?? "").split("|"),
    exclude: ["**/*.properties.test.ts", "**/purity.test.ts", "**/samples.test.ts"],
    globalSetup: ["test/checked-tokens.ts"],
    setupFiles: ["test/mutation/leave-out.ts"],
    // A change that makes a test wait for ever fails it; at Stryker's own limit the whole process would go, and come anew.
    testTimeout: 2_000,
    sequence: { sequencer: SmallFirst },
  },
});
