import { parseArgs } from "node:util";
import type { RowCounts } from "../data/check-rows.ts";
import { listDays, parseDay } from "../data/days.ts";
import { ingest as bringIn, type IngestOutcome, type IngestParts, type IngestRequest } from "../data/ingest.ts";
import { EngineFailure } from "../engine/engine.ts";
import { exportScopes } from "../exportable-fields/exportable-field.ts";

type Output = { readonly write: (text: string) => unknown; readonly isTTY?: boolean | undefined };

export type IngestSurroundings = Omit<IngestParts, "onProgress"> & {
  readonly stdout: Output;
  readonly stderr: Output;
};

export const ingestUsage = `Usage: biped-data-export-api ingest --project ID --scope ${exportScopes.join("|")} FILE

FILE holds rows, as JSONL or as Parquet. Every row is stored, or goes to the rejects with its reason.

  --covers FIRST..LAST  days (UTC) of which FILE is all there is, such as 2026-11-01..2026-11-07
  --rejects FILE        where the rejects go; beside FILE, as FILE.rejects.jsonl, if absent
`;

const maxCoveredDays = 366;
const progressRows = 10_000;

/** @returns the exit code: 0, 1 where rows were rejected, 2 for wrong usage. @throws Error where nothing was brought in. */
export async function ingest(argv: readonly string[], surroundings: IngestSurroundings): Promise<number> {
  const { stdout, stderr } = surroundings;
  const request = readRequest(argv);
  if ("mistake" in request) {
    stderr.write(`${request.mistake}\n\n${ingestUsage}`);
    return 2;
  }
  try {
    const outcome = await bringIn({ ...surroundings, onProgress: createProgress(stderr) }, request);
    stdout.write(formatOutcome(outcome, request));
    return outcome.rejectedCount > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof EngineFailure)) throw error;
    throw new Error(`Nothing was brought in: ${error.message}`, { cause: error });
  } finally {
    if (stderr.isTTY === true) stderr.write("\r\x1b[K");
  }
}

type Mistake = { readonly mistake: string };

function readRequest(argv: readonly string[]): IngestRequest | Mistake {
  const parsed = readArguments(argv);
  if ("mistake" in parsed) return parsed;
  const { values, positionals } = parsed;
  const [input, ...others] = positionals;
  if (input === undefined || others.length > 0) return { mistake: "Name one FILE." };
  const projectId = Number(values.project);
  if (!/^[1-9]\d*$/.test(values.project ?? "") || !Number.isSafeInteger(projectId)) {
    return { mistake: "--project must be the id of a project." };
  }
  const scope = exportScopes.find((name) => name === values.scope);
  if (scope === undefined) return { mistake: `--scope must be one of ${exportScopes.join(", ")}.` };
  const coveredDays = values.covers === undefined ? [] : readDays(values.covers);
  if (coveredDays === undefined) {
    return { mistake: `--covers must be FIRST..LAST, at most ${maxCoveredDays} days such as 2026-11-01..2026-11-07.` };
  }
  return { projectId, scope, input, coveredDays, rejectsFile: values.rejects ?? `${input}.rejects.jsonl` };
}

const options = {
  project: { type: "string" },
  scope: { type: "string" },
  covers: { type: "string" },
  rejects: { type: "string" },
} as const;

function readArguments(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    if (error instanceof TypeError && "code" in error) return { mistake: error.message };
    throw error;
  }
}

/** Both ends are days that are covered. */
function readDays(text: string): readonly string[] | undefined {
  const [first, last, ...others] = text.split("..").map(parseDay);
  if (first === undefined || last === undefined || others.length > 0) return undefined;
  const days = listDays({ from: first, to: last + 1 });
  return days.length >= 1 && days.length <= maxCoveredDays ? days : undefined;
}

function createProgress(output: Output): (counts: RowCounts) => void {
  let shown = 0;
  return ({ acceptedCount, rejectedCount }) => {
    const rowCount = acceptedCount + rejectedCount;
    if (output.isTTY !== true || rowCount < shown + progressRows) return;
    shown = rowCount;
    output.write(`\r${format(rowCount)} rows checked`);
  };
}

function formatOutcome({ acceptedCount, rejectedCount, days }: IngestOutcome, request: IngestRequest): string {
  const isSame = days.length > 0 && days.every(({ outcome }) => outcome === "unchanged");
  return [
    `Rows accepted: ${format(acceptedCount)}`,
    `Rows rejected: ${format(rejectedCount)}${rejectedCount > 0 ? `, see ${request.rejectsFile}` : ""}`,
    `Days: ${format(days.length)}`,
    ...days.map(
      ({ day, rowCount, outcome }) => `  ${day} ${format(rowCount)}${outcome === "placed" ? "" : ", unchanged"}`,
    ),
    ...(isSame ? ["Nothing changed: all of this was brought in before."] : []),
    "",
  ].join("\n");
}

function format(count: number): string {
  return count.toLocaleString("en-GB");
}
