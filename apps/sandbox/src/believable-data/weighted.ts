/** Something that is drawn `weight` times as often as something with the weight 1. */
export type Weighted<Row> = Row & { readonly weight: number };

/** As many times as it weighs, so that a draw is a position in a list. */
export function spread<Row extends { readonly weight: number }>(rows: readonly Row[]): readonly Row[] {
  return rows.flatMap((row) => Array.from({ length: row.weight }, () => row));
}
