import type { Kysely, Transaction } from "kysely";
import { sql } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoredTable } from "./tables.ts";

export type Row = Readonly<Record<string, unknown>>;

const pageLength = 500;

/** All rows of a table of a SQLite file that nobody else changes. */
export async function* readRowsOfFile(db: Kysely<Schema>, table: StoredTable): AsyncGenerator<readonly Row[], void> {
  let last = 0;
  for (;;) {
    const page = await sql<Row & { readonly row_number: number }>`
      select rowid as row_number, * from ${sql.table(table)} where rowid > ${last} order by rowid limit ${pageLength}
    `.execute(db);
    if (page.rows.length === 0) return;
    last = page.rows.at(-1)?.row_number ?? last;
    yield page.rows.map(({ row_number: _row, ...row }) => row);
  }
}

/** All rows of a table as the transaction sees it, which is one of PostgreSQL. */
export async function* readRowsOfPostgres(
  trx: Transaction<Schema>,
  table: StoredTable,
): AsyncGenerator<readonly Row[], void> {
  await sql`declare backup no scroll cursor for select * from ${sql.table(table)}`.execute(trx);
  for (;;) {
    const { rows } = await sql<Row>`fetch ${sql.lit(pageLength)} from backup`.execute(trx);
    if (rows.length === 0) break;
    yield rows;
  }
  await sql`close backup`.execute(trx);
}

export async function insertRows(trx: Transaction<Schema>, table: StoredTable, rows: readonly Row[]): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first);
  const values = rows.map((row) => sql`(${sql.join(columns.map((column) => row[column]))})`);
  await sql`insert into ${sql.table(table)} (${sql.join(columns.map((column) => sql.ref(column)))})
    values ${sql.join(values)}`.execute(trx);
}

/** What migrations put into some tables gives way to the rows that come. */
export async function emptyTables(trx: Transaction<Schema>, emptied: readonly StoredTable[]): Promise<void> {
  for (const table of emptied.toReversed()) await sql`delete from ${sql.table(table)}`.execute(trx);
}
