/** The result as Markdown: the table of rows, space for the cause of each that falls short, and all values. */

import { caseNames, mostRounds } from "./cases.ts";
import type { Pace } from "./lab.ts";
import type { CpuShares } from "./measure/cpu-meter.ts";
import type { Machine } from "./measure/machine.ts";
import { formatNumber, type TakenReading, type TakenRound } from "./rounds.ts";
import type { Row } from "./rows.ts";
import type { Judged, RoundValue } from "./verdict.ts";

export type Facts = {
  readonly date: string;
  readonly commit: string;
  readonly machine: Machine;
  readonly generator: string;
  readonly pace: Pace;
  readonly minutes: number;
};

export function formatReport(facts: Facts, judged: readonly Judged[], rounds: readonly TakenRound[]): string {
  const name = (text: string): string => nameCounts(text, facts.pace);
  const parts = [
    formatHead(facts),
    `${formatRows(judged, name)}\n\n\`~\` others used the processors; \`!\` some requests failed.`,
    formatCauses(judged, name),
    `## All values\n\nOne column a round.\n\n${formatValues(rounds)}`,
    `## Processors\n\nIn percent of all cores, round by round.\n\n${formatShares(rounds)}`,
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** A smoke run has fewer of everything. */
function nameCounts(text: string, { manyCredentials, sessionsADay, exportJobs }: Pace): string {
  const counts = { MANY: manyCredentials, SESSIONS: 10 * sessionsADay, TENTH: sessionsADay, JOBS: exportJobs };
  const replaceCount = (named: string, [word, count]: readonly [string, number]): string =>
    named.replace(word, count.toLocaleString("en-US"));
  return Object.entries(counts).reduce(replaceCount, text);
}

function formatHead({ date, commit, machine, generator, pace, minutes }: Facts): string {
  const { rounds, seconds, warmUpSeconds } = pace;
  const { processor, memory, system, node, openssl } = machine;
  return [
    `# Benchmark of ${date}, commit ${commit}`,
    "",
    `- ${processor}, ${memory}; ${system}; Node ${node}; ${openssl} as the yardstick`,
    `- Load by ${generator} on the same machine; ${seconds} s measured after ${warmUpSeconds} s of warm-up`,
    `- ${rounds} interleaved ${rounds === 1 ? "round: a smoke run, no measurement" : "rounds"}; ${minutes.toFixed(0)} minutes`,
    "",
    "A row's value is the median of its ratios, each of one round. Absolute numbers move from hour to hour; ratios hold.",
  ].join("\n");
}

const verdicts = {
  met: "met",
  short: "**falls short**",
  noisy: "noisy: measure again",
  refused: "**requests failed**",
  information: "–",
  failed: "not measured",
} as const;

function formatRows(judged: readonly Judged[], name: (text: string) => string): string {
  const lines = judged.map(({ row, values, median, verdict }) => {
    const each = values.map((each) => formatNumber(each.value) + formatMarks(each)).join(" · ");
    return `| ${name(row.what)} | ${formatTarget(row)} | ${formatValue(row, median)} | ${each} | ${verdicts[verdict]} |`;
  });
  return ["| row | target | measured | each round | verdict |", "|---|---|---|---|---|", ...lines].join("\n");
}

function formatMarks({ noisy, refused }: RoundValue): string {
  return (noisy ? "~" : "") + (refused ? "!" : "");
}

function formatTarget({ target, unit }: Row): string {
  if (target === undefined) return "–";
  const [sign, number] = "atLeast" in target ? ["≥", target.atLeast] : ["≤", target.atMost];
  return `${sign} ${number}${unit === undefined ? "" : ` ${unit}`}`;
}

function formatValue({ unit }: Row, value: number): string {
  if (Number.isNaN(value)) return "–";
  return formatNumber(value) + (unit === undefined ? "" : ` ${unit}`);
}

function formatCauses(judged: readonly Judged[], name: (text: string) => string): string {
  const short = judged.filter(({ verdict }) => verdict === "short" || verdict === "refused");
  if (short.length === 0) return "";
  return ["## Causes", "", ...short.map(({ row }) => `- ${name(row.what)}: _cause not yet written_`)].join("\n");
}

/** The cases that were measured, in their order, with their readings of all rounds; a failed one has none. */
function listCases(rounds: readonly TakenRound[]) {
  return caseNames.flatMap((name) => {
    const readings = rounds.slice(0, mostRounds[name]).map((round) => round[name]);
    return readings.every((reading) => reading === undefined) ? [] : [{ name, readings }];
  });
}

function formatValues(rounds: readonly TakenRound[]): string {
  const lines = listCases(rounds).flatMap(({ name, readings }) => {
    const values = Object.keys(readings.find((reading) => reading !== undefined)?.values ?? {});
    return values.map((value) => {
      const cells = readings.map((reading) => formatCell(reading, value));
      return `| ${name} | ${value} | ${cells.join(" | ")} |`;
    });
  });
  return [...formatTableHead(["case", "value"], rounds.length), ...lines].join("\n");
}

function formatCell(reading: TakenReading | undefined, value: string): string {
  if (reading === undefined) return "failed";
  return formatNumber(reading.values[value] ?? Number.NaN) + (reading.noisy ? "~" : "");
}

const shares: readonly (keyof CpuShares)[] = ["server", "load", "beside", "interrupts", "stolen", "others"];

function formatShares(rounds: readonly TakenRound[]): string {
  const lines = listCases(rounds).flatMap(({ name, readings }) => {
    if (readings.every((reading) => reading?.cpu === undefined)) return [];
    const percent = (share: number | undefined): string => (100 * (share ?? Number.NaN)).toFixed(0);
    const cells = readings.map((reading) => shares.map((share) => percent(reading?.cpu?.[share])).join(" / "));
    return [`| ${name} | ${cells.join(" | ")} |`];
  });
  const legend = `Each cell: ${shares.join(" / ")}. What is measured stands under load with openssl, the guard, the client, exports and the sandbox.`;
  return [legend, "", ...formatTableHead(["case"], rounds.length), ...lines].join("\n");
}

function formatTableHead(first: readonly string[], rounds: number): readonly string[] {
  const columns = [...first, ...Array.from({ length: rounds }, (_, index) => `round ${index + 1}`)];
  return [`| ${columns.join(" | ")} |`, `|${"---|".repeat(columns.length)}`];
}
