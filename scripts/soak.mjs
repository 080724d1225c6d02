/**
 * Faults, floods and long proofs: each file of test/soak by a Vitest of its own, one after the other. It stops by
 * itself: after a round for the sample, else when there is no time for another one, each with chance of its own.
 */

import { readdirSync } from "node:fs";
import path from "node:path";
import { isStopped } from "./child.mjs";
import { root } from "./steps.mjs";
import { printCounts, runVitest } from "./vitest-step.mjs";

/** At the limit whatever runs is ended and counts as failed. The sample needs less on a machine with two cores. */
const limitMinutes = { sample: 22, whole: 150 };

/** They take minutes however few their cases, or a machine that does nothing else. */
const wholeOnly = ["floods.test.ts", "image.test.ts"];

const usage = `usage: npm run soak [-- [sample] [FILE]...]

  sample   a tenth of the cases of most files, as .ci/run does; without it, as many whole rounds as fit into ${limitMinutes.whole} minutes
  FILE     files whose names have this in them, one round

  BIPED_SEED=N           the same chance again, as a failure prints it; one round
  BIPED_CASES_FACTOR=N   so many times the cases of a round, 0.1 of them too`;

/** @typedef {{ readonly name: string, rounds: number, minutes: number, passed: number, failed: number, skipped: number }} Row */

const folder = path.join("test", "soak");

/** @type {(filters: readonly string[]) => Row[]} */
const findRows = (filters) =>
  readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith(".test.ts"))
    .filter((name) => filters.length === 0 || filters.some((filter) => path.join(folder, name).includes(filter)))
    .sort()
    .map((name) => ({ name, rounds: 0, minutes: 0, passed: 0, failed: 0, skipped: 0 }));

/**
 * @param {readonly Row[]} rows
 * @param {number} deadline
 */
const runRound = async (rows, deadline) => {
  for (const row of rows) {
    const timeout = Math.ceil(deadline - performance.now());
    const args = ["--config", path.join(folder, "vitest.config.ts"), path.join(folder, row.name)];
    if (isStopped() || timeout <= 0) {
      row.failed += 1;
      continue;
    }
    const { step, counts } = await runVitest(row.name, args, { timeout });
    row.rounds += 1;
    row.minutes += step.seconds / 60;
    for (const key of /** @type {const} */ (["passed", "failed", "skipped"])) row[key] += counts[key];
  }
};

/** @param {readonly Row[]} rows */
const printTable = (rows) => {
  const all = rows.reduce(
    (sum, row) => ({
      name: "in all",
      rounds: Math.max(sum.rounds, row.rounds),
      minutes: sum.minutes + row.minutes,
      passed: sum.passed + row.passed,
      failed: sum.failed + row.failed,
      skipped: sum.skipped + row.skipped,
    }),
    { name: "in all", rounds: 0, minutes: 0, passed: 0, failed: 0, skipped: 0 },
  );
  const width = Math.max(...rows.map(({ name }) => name.length), all.name.length);
  const titles = /** @type {const} */ (["rounds", "minutes", "passed", "failed", "skipped"]);
  console.log(`\n${"file".padEnd(width)}  ${titles.join("  ")}`);
  for (const row of [...rows, all]) {
    const cells = titles.map((title) => row[title].toFixed(title === "minutes" ? 1 : 0).padStart(title.length));
    console.log(`${row.name.padEnd(width)}  ${cells.join("  ")}`);
  }
  return all;
};

const args = process.argv.slice(2);
if (args.some((arg) => arg.startsWith("-"))) {
  console.log(usage);
  process.exit(args.includes("--help") ? 0 : 2);
}
const isSample = args[0] === "sample";
if (isSample) process.env.BIPED_CASES_FACTOR ||= "0.1";
const filters = isSample ? args.slice(1) : args;
const rows = findRows(filters).filter(({ name }) => !isSample || !wholeOnly.includes(name));
const isOneRound = isSample || filters.length > 0 || process.env.BIPED_SEED !== undefined;
const deadline = performance.now() + limitMinutes[isSample ? "sample" : "whole"] * 60_000;
let longest = 0;
do {
  const startedAt = performance.now();
  await runRound(rows, deadline);
  longest = Math.max(longest, performance.now() - startedAt);
} while (!isOneRound && !isStopped() && rows.length > 0 && performance.now() + 1.2 * longest < deadline);
printCounts(printTable(rows));
