/** Statements take some thousands of parameters at most. */
const longest = 500;

/** The list in pieces that a statement takes; none of an empty list. */
export function splitList<Item>(list: readonly Item[]): readonly (readonly Item[])[] {
  const count = Math.ceil(list.length / longest);
  return Array.from({ length: count }, (_, index) => list.slice(index * longest, (index + 1) * longest));
}
