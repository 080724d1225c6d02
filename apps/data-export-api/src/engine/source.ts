import { type DuckDBConnection, type DuckDBType, DuckDBTypeId } from "@duckdb/node-api";
import { momentColumns, storedColumns } from "../data/stored-columns.ts";
import type { ExportScope } from "../exportable-fields/exportable-field.ts";
import { isReadableAs } from "./column-types.ts";
import { EngineFailure } from "./engine.ts";
import { quoteName, quoteText, quoteTexts } from "./sql-text.ts";

/** The rows of some Parquet files, in SQL. */
export type Source = {
  /** What stands behind FROM. */
  readonly from: string;
  /** A stored column as an expression of its type. @throws EngineFailure where its values cannot be read as such. */
  readonly column: (name: string) => string;
};

type FoundColumns = ReadonlyMap<string, DuckDBType>;

/** What the path says of the rows does not count: `hive_partitioning` would make columns of it. */
export async function openSource(
  connection: DuckDBConnection,
  scope: ExportScope,
  files: readonly string[],
): Promise<Source> {
  if (files.length === 0) return createSource(scope, "(SELECT 1 LIMIT 0)", new Map());
  const from = `read_parquet(${quoteTexts(files)}, union_by_name = true, hive_partitioning = false)`;
  const head = await connection.run(`SELECT * FROM ${from} LIMIT 0`);
  const types = head.columnTypes();
  const found = head.columnNames().flatMap((name, index) => {
    const type = types[index];
    return type === undefined ? [] : [[name.toLowerCase(), type] as const];
  });
  return createSource(scope, from, new Map(found));
}

function createSource(scope: ExportScope, from: string, found: FoundColumns): Source {
  const wanted = new Map(storedColumns[scope].map(({ name, type }) => [name, type]));
  const column = (name: string): string => {
    const type = wanted.get(name);
    if (type === undefined) throw new Error(`The scope ${scope} has no column ${name}.`);
    // DuckDB's names know no upper and lower case.
    const foundType = found.get(name);
    if (foundType === undefined && name === momentColumns[scope] && found.size > 0) {
      throw new EngineFailure(`The data has no column ${name}.`, { isLasting: true });
    }
    if (foundType === undefined || foundType.typeId === DuckDBTypeId.SQLNULL) return `CAST(NULL AS ${type})`;
    if (isReadableAs(type, foundType)) return readAs(type, name);
    const reason = `The data's column ${name} has the type ${foundType}, which is not read as ${type}.`;
    throw new EngineFailure(reason, { isLasting: true });
  };
  return { from, column };
}

/** Of structures and maps the members are read by name: a cast would ask for the same members in each file. */
function readAs(type: string, name: string): string {
  return /^(?:STRUCT|MAP)/.test(type) ? quoteName(name) : `CAST(${quoteName(name)} AS ${type})`;
}

/** ISO 8601 in UTC, always with three digits behind the second: finer ones are cut off. */
export function formatMoment(moment: string): string {
  return `strftime(${moment}, ${quoteText("%Y-%m-%dT%H:%M:%S.%gZ")})`;
}

export function formatDay(moment: string): string {
  return `strftime(${moment}, ${quoteText("%Y-%m-%d")})`;
}
