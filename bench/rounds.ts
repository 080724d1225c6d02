/** Takes the rounds: every case once in each, again at once where others were using the processors. */

import { type CaseName, caseNames, cases, type Reading } from "./cases.ts";
import type { Lab } from "./lab.ts";
import type { CpuShares } from "./measure/cpu-meter.ts";

export type TakenReading = Reading & {
  /** Others used the processors, and that many times over. */
  readonly noisy: boolean;
  readonly discarded: number;
};

/** Without the cases that failed. */
export type TakenRound = Readonly<Partial<Record<CaseName, TakenReading>>>;

/** Of all cores together. */
const tolerated = { others: 0.04, stolen: 0.08 };
const attempts = 3;

export function isNoisy(cpu: CpuShares | undefined): boolean {
  return cpu !== undefined && (cpu.others > tolerated.others || cpu.stolen > tolerated.stolen);
}

export async function takeRounds(
  lab: Lab,
  needed: ReadonlySet<CaseName>,
  tell: (line: string) => void,
): Promise<readonly TakenRound[]> {
  const rounds: TakenRound[] = [];
  for (let round = 1; round <= lab.pace.rounds; round += 1) {
    const readings: [CaseName, TakenReading][] = [];
    for (const name of caseNames.filter((each) => needed.has(each))) {
      const reading = await takeReading(lab, name).catch(describeFailure);
      const text = typeof reading === "string" ? `FAILED ${reading}` : formatReading(reading);
      tell(`round ${round}/${lab.pace.rounds}  ${name.padEnd(36)}${text}`);
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

/** The quietest attempt is kept where none was quiet enough, and is marked. */
async function takeReading(lab: Lab, name: CaseName): Promise<TakenReading> {
  let kept: Reading | undefined;
  for (let attempt = 0; attempt < (lab.pace.rounds === 1 ? 1 : attempts); attempt += 1) {
    const reading = await cases[name](lab);
    if (!isNoisy(reading.cpu)) return { ...reading, noisy: false, discarded: attempt };
    if (kept === undefined || sumForeign(reading) < sumForeign(kept)) kept = reading;
  }
  if (kept === undefined) throw new Error(`${name} was never measured.`);
  return { ...kept, noisy: true, discarded: attempts - 1 };
}

function sumForeign({ cpu }: Reading): number {
  return (cpu?.others ?? 0) + (cpu?.stolen ?? 0);
}

function formatReading({ values, noisy, discarded }: TakenReading): string {
  const numbers = Object.entries(values).map(([name, value]) => `${name} ${formatNumber(value)}`);
  const repeated = discarded === 0 || noisy ? "" : `  (attempt ${discarded + 1})`;
  return numbers.join("  ") + (noisy ? "  NOISY" : repeated);
}

export function formatNumber(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3);
}
