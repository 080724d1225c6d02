import type { DuckDBConnection } from "@duckdb/node-api";
import { EngineFailure } from "./engine.ts";
import { quoteText } from "./sql-text.ts";

/** DuckDB's own text stays here: it names paths, and values of rows. */
export async function explainFailure(
  error: unknown,
  { connection, files }: { readonly connection: DuckDBConnection; readonly files: readonly string[] },
): Promise<EngineFailure> {
  if (error instanceof EngineFailure) return error;
  const text = error instanceof Error ? error.message : "";
  // Behind it stands a piece of the statement, which names files that are not meant.
  const [message = ""] = text.split("\n\nLINE ");
  const retry = { isLasting: false, cause: error };
  if (/No space left|ENOSPC|Disk quota exceeded|EDQUOT/.test(message)) {
    return new EngineFailure("There is no space left for the file.", retry);
  }
  if (message.startsWith("Out of Memory Error")) return new EngineFailure("There is not enough memory.", retry);
  if (message.startsWith("Conversion Error")) {
    return new EngineFailure("A value of the data does not fit its column.", { isLasting: true, cause: error });
  }
  const file = files.find((name) => message.includes(name)) ?? (await findUnreadable(connection, files));
  if (file !== undefined) return new EngineFailure(explainUnreadable(file), retry);
  const [kind = "Error"] = /^[A-Z][A-Za-z ]{0,40}(?=: )/.exec(message) ?? [];
  return new EngineFailure(`The engine failed (${kind}).`, retry);
}

function explainUnreadable(file: string): string {
  const [, day] = /[\\/]day=(\d{4}-\d\d-\d\d)[\\/]/.exec(file) ?? [];
  return day === undefined ? "The data file cannot be read." : `A data file of ${day} cannot be read.`;
}

/** Not every message names the file that it is about, so that each one's every value is read once more. */
async function findUnreadable(connection: DuckDBConnection, files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    try {
      await connection.run(`SELECT bit_xor(hash(row)) FROM read_parquet(${quoteText(file)}) AS row`);
    } catch {
      return file;
    }
  }
  return undefined;
}
