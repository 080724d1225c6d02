/** What a list is read by: the operation and the input of its first page. */
export type ListKey = readonly [name: string, kind: "pages", input: unknown];

/**
 * Whether two keys show the same list, searched or sorted in another way. Only then may the former rows stay until the
 * new ones are there: those of another account must not.
 */
export function isSameList(former: readonly unknown[] | undefined, key: ListKey): boolean {
  return former !== undefined && describe(former) === describe(key);
}

function describe(key: readonly unknown[]): string {
  return JSON.stringify(key, (name, value) => (name === "search" || name === "sort" ? undefined : value));
}
