/** Runs the simulation for many seeds, one after the other, and tells what came of them. */

import { randomInt } from "node:crypto";
import { readSeed } from "../property.ts";
import { simulate } from "./cluster.ts";
import { createTemplate } from "./world.ts";

const shownLines = 60;

/**
 * Prints the first seed and what happened in all.
 * @param command What replays a seed that fails, behind its BIPED_SEED.
 * @throws Error with the first violations, and the end of what led to them.
 */
export async function proveSeeds(count: number, command: string): Promise<void> {
  const first = readSeed() ?? randomInt(0x7fffffff - count);
  const template = await createTemplate();
  const counts: Record<string, number> = {};
  try {
    for (let seed = first; seed < first + count; seed += 1) {
      const { violations, trace, counts: own } = await simulate(seed, template);
      for (const [kind, number] of Object.entries(own)) counts[kind] = (counts[kind] ?? 0) + number;
      if (violations.length === 0) continue;
      const last = trace.findIndex((line) => line.includes("violation: "));
      const lines = trace.slice(Math.max(0, last - shownLines), last + 1);
      throw new Error(
        [`F-16 fails with seed ${seed}; replay it with: BIPED_SEED=${seed} ${command}`, ...violations, ...lines].join(
          "\n",
        ),
      );
    }
  } finally {
    await template.remove();
  }
  const told = Object.entries(counts).map(([kind, number]) => `${number} ${kind}`);
  console.log(`F-16: ${count} seeds from ${first} on, 0 violations: ${told.join(", ")}`);
}

/** The hash of all that happened, each time. */
export async function repeatSeed(seed: number, times: number): Promise<readonly string[]> {
  const template = await createTemplate();
  const hashes: string[] = [];
  for (let time = 0; time < times; time += 1) hashes.push((await simulate(seed, template)).hash);
  await template.remove();
  return hashes;
}
