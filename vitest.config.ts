import { configDefaults, defineConfig } from "vitest/config";

const condition = "biped-source";

export default defineConfig({
  ssr: { resolve: { conditions: [condition], externalConditions: [condition] } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "apps/*/src/**/*.test.ts", "test/**/*.test.ts"],
    // Those run by `npm run soak`.
    exclude: [...configDefaults.exclude, "test/soak/**"],
    execArgv: [`--conditions=${condition}`],
    globalSetup: ["test/postgres.ts", "test/checked-tokens.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A second is too little for what two programs on one core have to do first.
    expect: { poll: { timeout: 10_000 } },
  },
});
