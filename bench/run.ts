/** `npm run bench`: measures the rows that the arguments select, prints them, and writes them to `results/`. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { fullPace, openLab, type Pace, quickPace } from "./lab.ts";
import { generatorVersion } from "./load/load.ts";
import { describeCommit, describeMachine } from "./measure/machine.ts";
import { formatReport } from "./report.ts";
import { takeRounds } from "./rounds.ts";
import { type Row, rows } from "./rows.ts";
import { judge } from "./verdict.ts";

const usage = `usage: npm run bench -- [--quick] [--rounds N] [--list] [FILTER…]

FILTER selects the rows whose name or text contains it; without one, all are measured (about an hour), and the
result is written to results/. --quick is a smoke run: one short round.`;

type Choice = {
  readonly rows: readonly Row[];
  readonly pace: Pace;
  readonly isWritten: boolean;
  readonly list: boolean;
};

function readChoice(): Choice {
  const { values, positionals } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      list: { type: "boolean", default: false },
    },
    allowPositionals: true,
  });
  const filters = positionals.map((filter) => filter.toLowerCase());
  const isChosen = ({ id, what }: Row): boolean =>
    filters.length === 0 || filters.some((filter) => `${id} ${what}`.toLowerCase().includes(filter));
  const pace = values.quick ? quickPace : fullPace;
  const rounds = Number(values.rounds ?? pace.rounds);
  const chosen = rows.filter(isChosen);
  if (chosen.length === 0 || !Number.isInteger(rounds) || rounds < 1) throw new Error(usage);
  return {
    rows: chosen,
    pace: { ...pace, rounds },
    isWritten: !values.quick && filters.length === 0,
    list: values.list,
  };
}

async function measure({ rows: chosen, pace, isWritten }: Choice): Promise<void> {
  const started = performance.now();
  const lab = openLab(pace);
  process.once("exit", lab.close);
  const rounds = await takeRounds(lab, new Set(chosen.flatMap(({ needs }) => needs)), console.log);
  const judged = chosen.map((row) => judge(row, rounds));
  const date = new Date().toISOString().slice(0, 10);
  const [commit, minutes] = [describeCommit(), (performance.now() - started) / 60_000];
  const facts = { date, commit, machine: describeMachine(), generator: generatorVersion, pace, minutes };
  const report = formatReport(facts, judged, rounds);
  console.log(`\n${report}`);
  if (!isWritten) return;
  const folder = join(import.meta.dirname, "results");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${date}-${commit}.md`);
  writeFileSync(file, report);
  console.log(`written to ${relative(process.cwd(), file)}`);
}

// An end by a signal still takes the servers and the folder along, which go when this process exits.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

try {
  if (process.platform !== "linux") throw new Error("The benchmarks read processor times from /proc: they need Linux.");
  const choice = readChoice();
  if (choice.list) for (const { id, what } of choice.rows) console.log(`${id.padEnd(28)}${what}`);
  else await measure(choice);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
