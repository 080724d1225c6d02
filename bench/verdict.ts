/** From the rounds to one number and one verdict for each row. */

import { median } from "./measure/median.ts";
import type { TakenRound } from "./rounds.ts";
import type { Row, Target } from "./rows.ts";

export type RoundValue = { readonly value: number; readonly noisy: boolean; readonly refused: boolean };

export type Judged = {
  readonly row: Row;
  /** One for each round in which all that the row needs was measured. */
  readonly values: readonly RoundValue[];
  readonly median: number;
  readonly verdict: "met" | "short" | "noisy" | "refused" | "information" | "failed";
};

/** Enough quiet rounds for a median that leaves the noisy ones out. */
const enough = 3;

export function judge(row: Row, rounds: readonly TakenRound[]): Judged {
  const values = rounds.flatMap((round): readonly RoundValue[] => {
    const readings = row.needs.flatMap((name) => round[name] ?? []);
    if (readings.length < row.needs.length) return [];
    const refused = readings.some((reading) => (reading.values.failures ?? 0) > 0);
    return [{ value: row.value(round), noisy: readings.some(({ noisy }) => noisy), refused }];
  });
  const quiet = values.filter(({ noisy }) => !noisy);
  const used = quiet.length >= enough ? quiet : values;
  const middle = median(used.map(({ value }) => value));
  return { row, values, median: middle, verdict: decide(row.target, middle, used) };
}

/** A rate at which some were refused is no rate to compare with. */
function decide(target: Target | undefined, value: number, used: readonly RoundValue[]): Judged["verdict"] {
  if (used.length === 0) return "failed";
  if (target === undefined) return "information";
  if (used.some(({ noisy }) => noisy)) return "noisy";
  if (used.some(({ refused }) => refused)) return "refused";
  const isMet = "atLeast" in target ? value >= target.atLeast : value <= target.atMost;
  return isMet ? "met" : "short";
}
