/** Takes the rounds: every case once in each, again at once where others were using the processors. */

import { type CaseName, caseNames, cases, mostRounds, type Reading } from "./cases.ts";
import type { Lab } from "./lab.ts";
import type { CpuShares } from "./measure/cpu-meter.ts";

export type TakenReading = Reading & {
  /** Others used the processors during it. */
  readonly noisy: boolean;
  /** How many readings before it were thrown away for that. */
  readonly discarded: number;
};

/** Without the cases that failed. */
export type TakenRound = Readonly<Partial<Record<CaseName, TakenReading>>>;

/** Of all cores together. */
const tolerated = { others: 0.04, stolen: 0.08 };
const mostRepeats = 2;

export function isNoisy(cpu: CpuShares | undefined): boolean {
  return cpu !== undefined && (cpu.others > tolerated.others || cpu.stolen > tolerated.stolen);
}

export async function takeRounds(
  lab: Lab,
  needed: ReadonlySet<CaseName>,
  tell: (line: string) => void,
): Promise<readonly TakenRound[]> {
  const take = createTaker(lab);
  const rounds: TakenRound[] = [];
  for (let round = 1; round <= lab.pace.rounds; round += 1) {
    const readings: [CaseName, TakenReading][] = [];
    const isTaken = (name: CaseName): boolean => needed.has(name) && round <= (mostRounds[name] ?? round);
    for (const name of caseNames.filter(isTaken)) {
      const reading = await take(name).catch(describeFailure);
      const text = typeof reading === "string" ? `FAILED ${reading}` : formatReading(reading);
      tell(`round ${round}/${lab.pace.rounds}  ${name.padEnd(28)}${text}`);
      if (typeof reading !== "string") readings.push([name, reading]);
    }
    rounds.push(Object.fromEntries(readings));
  }
  return rounds;
}

/** One server that does not start must not cost the readings of all others. */
function describeFailure(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A noisy reading is taken again, until it is quiet or patience ends; the quietest is kept, and marked if need be. */
function createTaker(lab: Lab): (name: CaseName) => Promise<TakenReading> {
  let secondsLeft = lab.pace.repeatSeconds;
  return async (name) => {
    const started = performance.now();
    let kept: Reading = await cases[name](lab);
    const seconds = (performance.now() - started) / 1000;
    let discarded = 0;
    for (; isNoisy(kept.cpu) && discarded < mostRepeats && seconds <= secondsLeft; discarded += 1) {
      secondsLeft -= seconds;
      const again = await cases[name](lab);
      if (sumForeign(again) < sumForeign(kept)) kept = again;
    }
    return { ...kept, noisy: isNoisy(kept.cpu), discarded };
  };
}

function sumForeign({ cpu }: Reading): number {
  return (cpu?.others ?? 0) + (cpu?.stolen ?? 0);
}

function formatReading({ values, noisy, discarded }: TakenReading): string {
  const numbers = Object.entries(values).map(([name, value]) => `${name} ${formatNumber(value)}`);
  const repeated = discarded === 0 ? "" : `  (${discarded} discarded)`;
  return numbers.join("  ") + (noisy ? "  NOISY" : "") + repeated;
}

export function formatNumber(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3);
}
