import { type FileHandle, open } from "node:fs/promises";
import { checkRow, parseJson, type RowPlace } from "./check-row.ts";
import { type Line, readLines } from "./read-lines.ts";

export type RowCounts = { readonly acceptedCount: number; readonly rejectedCount: number };

type RowFiles = {
  /** One row a line. */
  readonly input: string;
  /** Where the rows go that can be stored, and the others with their reason; there must be no such files. */
  readonly accepted: string;
  readonly rejected: string;
};

/** Every line that is not blank goes to one of both files. Memory does not grow with the input. */
export async function checkRows(
  files: RowFiles,
  place: RowPlace,
  onProgress: (counts: RowCounts) => void,
): Promise<RowCounts> {
  const accepted = await open(files.accepted, "wx", 0o600);
  const rejected = await open(files.rejected, "wx", 0o600);
  let counts: RowCounts = { acceptedCount: 0, rejectedCount: 0 };
  try {
    for await (const lines of readLines(files.input)) {
      const checked = lines.filter(isMeant).map((line) => checkLine(line, place));
      const rows = checked.filter(({ isAccepted }) => isAccepted);
      const rejects = checked.filter(({ isAccepted }) => !isAccepted);
      await append(accepted, rows);
      await append(rejected, rejects);
      counts = {
        acceptedCount: counts.acceptedCount + rows.length,
        rejectedCount: counts.rejectedCount + rejects.length,
      };
      onProgress(counts);
    }
    return counts;
  } finally {
    await accepted.close();
    await rejected.close();
  }
}

type CheckedLine = { readonly isAccepted: boolean; readonly text: string };

function isMeant({ text, defect }: Line): boolean {
  return defect !== undefined || text.trim() !== "";
}

function checkLine(line: Line, place: RowPlace): CheckedLine {
  const checked = line.defect === undefined ? checkRow(line.text, place) : { reason: line.defect };
  if ("row" in checked) return { isAccepted: true, text: JSON.stringify(checked.row) };
  return { isAccepted: false, text: formatReject(line, checked.reason) };
}

/** The row stands there letter by letter, so that it can be put right and brought in again; as a string if it is no JSON. */
function formatReject({ number, text, defect }: Line, reason: string): string {
  const isJson = defect === undefined && parseJson(text) !== undefined;
  return `{"line":${number},"reason":${JSON.stringify(reason)},"row":${isJson ? text.trim() : JSON.stringify(text)}}`;
}

async function append(file: FileHandle, lines: readonly CheckedLine[]): Promise<void> {
  await file.writeFile(lines.map(({ text }) => `${text}\n`).join(""));
}
