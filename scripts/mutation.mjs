/**
 * Mutation tests (M-10): Stryker changes the code in small ways, one at a time, and the unit tests must notice. One area
 * after the other, each with the score that it must reach; docs/mutation.md names the changes that nothing can notice.
 */

import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { isStopped } from "./child.mjs";
import { root, runStep } from "./steps.mjs";

/** At the limit whatever runs is ended and its area counts as failed. */
const limitMinutes = 60;

/** @typedef {{ readonly name: string, readonly leastScore: number, readonly code: readonly string[], readonly tests: readonly string[] }} Area */

const server = "apps/authorization-server/src";
const cloud = "apps/data-export-api/src";

/** @type {(folder: string, names: readonly string[]) => string[]} */
const inFolder = (folder, names) => names.map((name) => `${folder}/${name}.ts`);

/** @type {(folder: string, isLeftOut: RegExp) => string[]} */
const allBut = (folder, isLeftOut) =>
  globSync(`${folder}/*.ts`, { cwd: root }).filter((file) => !isLeftOut.test(path.basename(file)));

/**
 * The small ones first.
 * @type {readonly Area[]}
 */
const areas = [
  {
    name: "links",
    leastScore: 85,
    code: inFolder(`${cloud}/files`, ["link", "link-keys", "links"]),
    tests: inFolder(`${cloud}/files`, ["links.test"]),
  },
  {
    name: "secrets",
    leastScore: 85,
    code: inFolder(`${server}/credentials`, [
      "authenticate-credential",
      "client-directory",
      "judge-credential",
      "secret-digest",
      "use-counter",
    ]),
    tests: [`${server}/credentials/*.test.ts`],
  },
  {
    name: "sign-in",
    leastScore: 85,
    code: inFolder(`${server}/administrators`, ["password", "password-rules", "session", "totp"]),
    tests: inFolder(`${server}/administrators`, ["{password,password-rules,session,totp}.test"]),
  },
  {
    name: "protocol",
    leastScore: 95,
    code: allBut("packages/protocol/src", /\.test\.ts$|^index\.ts$/),
    tests: ["packages/protocol/src/*.test.ts"],
  },
  {
    name: "guard",
    leastScore: 95,
    code: allBut("packages/guard/src", /\.test\.ts$|^index\.ts$|^testing/),
    tests: ["packages/guard/src/*.test.ts"],
  },
];

const usage = `usage: npm run mutation [-- [AREA|FILE]... [OPTION]...]

  AREA     ${areas.map(({ name }) => name).join(", ")}; all of them if none is named
  FILE     files whose paths have this in them
  OPTION   of "stryker run", such as --incremental, which tests again only what has changed; its value after "="

It ends after ${limitMinutes} minutes at most.`;

const folder = path.join("dist", "mutation");

/** @type {(area: Area) => object} */
const createOptions = ({ name, leastScore, code }) => ({
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  vitest: { configFile: "test/mutation/vitest.config.ts", related: false },
  mutate: code,
  // The others work too: a mutant that only waits for the processor must not pass for one that was noticed.
  concurrency: Math.max(1, os.availableParallelism() - 1),
  timeoutMS: 3_000,
  thresholds: { high: leastScore, low: leastScore, break: leastScore },
  reporters: ["clear-text", "json", "progress-append-only"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: path.join(folder, `${name}.json`) },
  incrementalFile: path.join(folder, `${name}-known.json`),
  tempDirName: path.join(folder, "tree"),
  ignorePatterns: ["dist", "screenshots", "bench"],
  // It would have them rewritten by the programming interface of TypeScript, which version 7 does not have.
  tsconfigFile: "none",
  disableTypeChecks: false,
});

/** @typedef {{ readonly files: Record<string, { readonly mutants: readonly { readonly status: string }[] }> }} Report */

/**
 * Undefined where Stryker ended before its report.
 * @type {(area: Area) => { score: number, mutants: number, survivors: number } | undefined}
 */
const readScore = ({ name }) => {
  try {
    /** @type {Report} */
    const report = JSON.parse(readFileSync(path.join(root, folder, `${name}.json`), "utf8"));
    const statuses = Object.values(report.files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
    const killed = statuses.filter((status) => status === "Killed" || status === "Timeout").length;
    const survivors = statuses.filter((status) => status === "Survived" || status === "NoCoverage").length;
    return { score: (100 * killed) / (killed + survivors), mutants: killed + survivors, survivors };
  } catch {
    return undefined;
  }
};

/**
 * @param {Area} area
 * @param {readonly string[]} options
 * @param {number} deadline
 */
const runArea = async (area, options, deadline) => {
  const config = path.join(folder, `${area.name}-options.json`);
  mkdirSync(path.join(root, folder), { recursive: true });
  rmSync(path.join(root, folder, `${area.name}.json`), { force: true });
  writeFileSync(path.join(root, config), JSON.stringify(createOptions(area)));
  // One seed, so that a score says the same tomorrow.
  const env = {
    ...process.env,
    BIPED_MUTATION_TESTS: area.tests.join("|"),
    BIPED_SEED: "1",
    BIPED_CASES_FACTOR: "0.01",
  };
  const stryker = path.join("test", "mutation", "node_modules", "@stryker-mutator", "core", "bin", "stryker.js");
  const timeout = Math.max(1, Math.ceil(deadline - performance.now()));
  const step = await runStep(`mutation: ${area.name}`, [stryker, "run", config, ...options], { timeout, env });
  return { ...step, name: area.name, found: readScore(area) };
};

/** @typedef {Awaited<ReturnType<typeof runArea>>} Row */

/** @param {readonly Row[]} rows */
const printTable = (rows) => {
  console.log("\narea      minutes  mutants  survivors  score");
  for (const { name, seconds, passed, found } of rows) {
    const cells = [(seconds / 60).toFixed(1).padStart(7)];
    if (found)
      cells.push(`${found.mutants}`.padStart(7), `${found.survivors}`.padStart(9), `${found.score.toFixed(1)} %`);
    console.log(`${name.padEnd(8)}  ${cells.join("  ")}${passed ? "" : "  failed"}`);
  }
};

const args = process.argv.slice(2);
if (args.includes("--help")) {
  console.log(usage);
  process.exit(0);
}
const filters = args.filter((arg) => !arg.startsWith("-"));
const options = args.filter((arg) => arg.startsWith("-"));
const isChosen = (/** @type {string} */ name) => filters.length === 0 || filters.includes(name);
const isNamed = (/** @type {string} */ file) => filters.some((filter) => file.includes(filter));
const chosen = areas
  .map((area) => (isChosen(area.name) ? area : { ...area, code: area.code.filter(isNamed) }))
  .filter(({ code }) => code.length > 0);
if (chosen.length === 0) {
  console.error(usage);
  process.exit(2);
}
const deadline = performance.now() + limitMinutes * 60_000;
/** @type {Row[]} */
const rows = [];
for (const area of chosen) if (!isStopped()) rows.push(await runArea(area, options, deadline));
printTable(rows);
process.exitCode = rows.length === chosen.length && rows.every(({ passed }) => passed) ? 0 : 1;
