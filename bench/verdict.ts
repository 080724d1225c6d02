/** From the rounds to one number and one verdict for each row. */

import { median } from "./measure/median.ts";
import type { TakenRound } from "./rounds.ts";
import type { Row, Target } from "./rows.ts";

export type Judged = {
  readonly row: Row;
  /** One for each round; noisy ones are marked. */
  readonly values: readonly { readonly value: number; readonly noisy: boolean }[];
  readonly median: number;
  readonly verdict: "met" | "short" | "noisy" | "information" | "failed";
};

/** Enough quiet rounds for a median that leaves the noisy ones out. */
const enough = 3;

export function judge(row: Row, rounds: readonly TakenRound[]): Judged {
  const whole = rounds.filter((round) => row.needs.every((name) => round[name] !== undefined));
  const values = whole.map((round) => ({
    value: row.value(round),
    noisy: row.needs.some((name) => round[name]?.noisy === true),
  }));
  const quiet = values.filter(({ noisy }) => !noisy);
  const used = quiet.length >= enough ? quiet : values;
  const middle = median(used.map(({ value }) => value));
  const isMuddied = used.some(({ noisy }) => noisy);
  const verdict = values.length === 0 ? "failed" : decide(row.target, middle, isMuddied);
  return { row, values, median: middle, verdict };
}

function decide(target: Target | undefined, value: number, isMuddied: boolean): Judged["verdict"] {
  if (target === undefined) return "information";
  if (isMuddied) return "noisy";
  const isMet = "atLeast" in target ? value >= target.atLeast : value <= target.atMost;
  return isMet ? "met" : "short";
}
