/** Vitest's global set-up for M-01: prints how many tokens of the run were read. A fault fails the test that met it. */

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Gets a line with a number for each time that tokens were checked. */
    readonly checkedTokensFile: string;
  }
}

const file = path.join(tmpdir(), `biped-checked-tokens-${process.pid}`);

export function setup(project: TestProject): void {
  writeFileSync(file, "");
  project.provide("checkedTokensFile", file);
}

export function teardown(): void {
  const counts = readFileSync(file, "utf8").split("\n").map(Number);
  const sum = counts.reduce((total, count) => total + count, 0);
  if (sum > 0) console.log(`token checker: ${sum} tokens were read`);
  rmSync(file);
}
