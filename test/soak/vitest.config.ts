import path from "node:path";
import { configDefaults, defineConfig } from "vitest/config";
import usual from "../../vitest.config.ts";

/** The soak: the files that the default run leaves out, one after the other. */
export default defineConfig({
  ...usual,
  root: path.join(import.meta.dirname, "..", ".."),
  test: { ...usual.test, include: ["test/soak/*.test.ts"], exclude: configDefaults.exclude, fileParallelism: false },
});
