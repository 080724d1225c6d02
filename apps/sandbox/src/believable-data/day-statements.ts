import { type DataSet, storedColumns } from "@biped/data-export-api";
import { joinSessionLists, type Making, selectSessions, sessionColumns } from "./session-rows.ts";
import { joinViewLists, selectViews, viewColumns } from "./view-rows.ts";
import { dayMilliseconds, type World } from "./visitors.ts";
import { createWorldTables, listWorld, quote } from "./world-tables.ts";

/** A file that is to hold all rows of a day, counted from 1970. */
export type DayFile = { readonly day: number; readonly file: string };

/** What DuckDB has to run so that each file holds its day. */
export function formatStatements(world: World, scope: DataSet["scope"], files: readonly DayFile[]): readonly string[] {
  const making = { world, lists: listWorld(world) };
  const copies = files.map(
    ({ day, file }) => `copy (${selectRows(making, scope, day)}) to ${quote(file)} (format parquet)`,
  );
  return [...createWorldTables(making.lists), ...copies];
}

function selectRows(making: Making, scope: DataSet["scope"], day: number): string {
  if (scope === "views") {
    const rows = `(${selectViews(making, day)}) ${joinViewLists(making.lists)}`;
    return `select ${formatColumns(scope, viewColumns)} from ${rows}`;
  }
  const rows = `(${selectSessions(making, day, day * dayMilliseconds)}) ${joinSessionLists(making.lists)}`;
  return `select ${formatColumns(scope, sessionColumns)} from ${rows}`;
}

/** All columns of the scope; one of which nothing is known here is null. */
function formatColumns(scope: DataSet["scope"], expressions: Readonly<Record<string, string>>): string {
  const columns = storedColumns[scope].map(
    ({ name, type }) => `cast(${expressions[name] ?? "null"} as ${type}) as "${name}"`,
  );
  return columns.join(",\n");
}
