import { type RawBuilder, sql } from "kysely";

/**
 * Parameters of held statements. To SQLite a bare one is a hint: it compiles a join anew for each new value, which
 * took 115 µs where this takes 10. PostgreSQL learns the type from the cast.
 */
export function textParameter(value: string): RawBuilder<string> {
  return sql<string>`cast(${value} as text)`;
}

/** See `textParameter`. */
export function integerParameter(value: number): RawBuilder<number> {
  return sql<number>`cast(${value} as bigint)`;
}
