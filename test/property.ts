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
 * A test that holds for `cases` generated values. BIPED_SEED replays a run, BIPED_CASES_FACTOR lengthens it.
 * @param property Made by `fc.property` or `fc.asyncProperty`.
 */
export function testProperty<Values>(name: string, cases: number, property: fc.IRawProperty<Values>): void {
  const seed = readWhole("BIPED_SEED") ?? randomInt(0x7fffffff);
  const factor = readWhole("BIPED_CASES_FACTOR") ?? 1;
  const allCases = cases * factor;
  test(name, { timeout: timeoutMilliseconds * Math.max(1, factor) }, async ({ task }) => {
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
  const replay = `BIPED_SEED=${seed} npm test -- ${path.relative(root, file)}`;
  const report = await fc.asyncDefaultReportMessage(details);
  return new Error(`property "${name}" fails with seed ${seed}; replay it with: ${replay}\n${report}`, {
    cause: details.errorInstance,
  });
}

function readWhole(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === "") return undefined;
  if (!/^\d{1,10}$/.test(text)) throw new Error(`${variable} must be a whole number.`);
  return Number(text);
}
