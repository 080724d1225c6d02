/** Runs the checks one after the other and remembers how long each took and whether it passed. */

import path from "node:path";
import { isStopped, run } from "./child.mjs";

/** @typedef {{ readonly name: string, readonly seconds: number, readonly passed: boolean }} Step */

export const root = path.dirname(import.meta.dirname);

/** @type {(tool: string) => string} */
export const bin = (tool) => path.join("node_modules", ".bin", tool);

/**
 * @param {string} name
 * @param {readonly string[]} nodeArgs
 * @param {{ readonly env?: NodeJS.ProcessEnv, readonly timeout?: number }} [options]
 * @returns {Promise<Step>}
 */
export const runStep = async (name, nodeArgs, options = {}) => {
  console.log(`\n▸ ${name}`);
  const started = performance.now();
  const { code } = await run(process.execPath, nodeArgs, { cwd: root, ...options });
  return { name, seconds: (performance.now() - started) / 1000, passed: code === 0 };
};

/** @type {readonly (readonly [string, readonly string[]])[]} */
const checks = [
  ["types", [bin("tsc"), "-b"]],
  ["lint", [bin("biome"), "check", "."]],
  ["boundaries", ["tools/boundary-check.ts"]],
  ["documents", ["tools/docs-check.ts"]],
  ["unused code", [bin("knip")]],
];

/** All of them run, so that one visit shows every fault. */
export const runChecks = async () => {
  /** @type {Step[]} */
  const steps = [];
  for (const [name, nodeArgs] of checks) if (!isStopped()) steps.push(await runStep(name, nodeArgs));
  return steps;
};

/** @param {readonly Step[]} steps */
export const printSteps = (steps) => {
  const width = Math.max(...steps.map(({ name }) => name.length));
  console.log("");
  for (const { name, seconds, passed } of steps) {
    console.log(
      `${passed ? "✓" : "✗"} ${name.padEnd(width)} ${seconds.toFixed(1).padStart(6)} s${passed ? "" : "  failed"}`,
    );
  }
};
