/** Property tests: fast-check, with a seed that is always printed and can always be replayed. */

import { randomInt } from "node:crypto";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { test } from "vitest";

/** Vitest loses a worker that holds its event loop for a minute, so that a long property pauses between batches. */
const batchCases = 20_000;
const timeoutMilliseconds = 600_000;

/**
 * A test that holds for `cases` generated values. BIPED_SEED replays a run, BIPED_CASES_FACTOR lengthens or shortens it.
 * @param property Made by `fc.property` or `fc.asyncProperty`.
 */
export function testProperty<Values>(name: string, cases: number, property: fc.IRawProperty<Values>): void {
  const seed = readSeed() ?? randomInt(0x7fffffff);
  const allCases = scaleCases(cases);
  test(name, { timeout: scaleTimeout(timeoutMilliseconds) }, async ({ task }) => {
    console.log(`property "${name}": ${allCases} cases, seed ${seed}`);
    for (let done = 0; done < allCases; done += batchCases) {
      // Each batch has a seed of its own, with which it is the first one of a replay.
      const batchSeed = (seed + done * 0x9e37) % 0x7fffffff;
      const details = await fc.check(property, { seed: batchSeed, numRuns: Math.min(batchCases, allCases - done) });
      if (details.failed) throw await createFailure({ name, file: task.file.filepath, seed: batchSeed }, details);
      await setImmediate();
    }
  });
}

type FailedProperty = { readonly name: string; readonly file: string; readonly seed: number };

async function createFailure<Values>(
  { name, file, seed }: FailedProperty,
  details: fc.RunDetails<Values>,
): Promise<Error> {
  const root = path.dirname(import.meta.dirname);
  const relative = path.relative(root, file);
  const command = relative.startsWith(path.join("test", "soak")) ? "npm run soak" : "npm test";
  const replay = `BIPED_SEED=${seed} ${command} -- ${relative}`;
  const report = await fc.asyncDefaultReportMessage(details);
  return new Error(`property "${name}" fails with seed ${seed}; replay it with: ${replay}\n${report}`, {
    cause: details.errorInstance,
  });
}

/** How many cases of so many this run has, also for a test that is long without being a property. */
export function scaleCases(cases: number): number {
  return Math.max(1, Math.ceil(cases * readCasesFactor()));
}

/** For a property of one case that is a long run by itself: a longer run is several of them, a shorter one is a part. */
export function shortenCase(steps: number): number {
  return Math.max(1, Math.ceil(steps * Math.min(1, readCasesFactor())));
}

/** A shorter run has as much time as the usual one: what it starts and stops takes no less. */
export function scaleTimeout(milliseconds: number): number {
  return milliseconds * Math.max(1, readCasesFactor());
}

function readCasesFactor(): number {
  const text = process.env.BIPED_CASES_FACTOR;
  if (text === undefined || text === "") return 1;
  if (!/^\d{1,6}(?:\.\d{1,6})?$/.test(text)) throw new Error("BIPED_CASES_FACTOR must be a number such as 10 or 0.1.");
  return Number(text);
}

/** The seed to replay, where there is one. */
export function readSeed(): number | undefined {
  return readWhole("BIPED_SEED");
}

function readWhole(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === "") return undefined;
  if (!/^\d{1,10}$/.test(text)) throw new Error(`${variable} must be a whole number.`);
  return Number(text);
}
