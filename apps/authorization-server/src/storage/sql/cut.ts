/** Rows a statement: PostgreSQL takes 65,535 parameters, and one statement must not hold the others up. */
const chunkSize = 500;

export function cut<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const count = Math.ceil(items.length / chunkSize);
  return Array.from({ length: count }, (_, index) => items.slice(index * chunkSize, (index + 1) * chunkSize));
}
