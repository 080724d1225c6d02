/** `name` is ascending, `-name` descending, as in the query of the API. */
export function findSortDirection(column: string, sort: string | undefined): "ascending" | "descending" | undefined {
  if (sort === column) return "ascending";
  return sort === `-${column}` ? "descending" : undefined;
}

/** What a click on the column's header asks for. */
export function toggleSort<Column extends string>(column: Column, sort: string | undefined): Column | `-${Column}` {
  return sort === column ? `-${column}` : column;
}
