import type { Mistake, Place } from "./declaration.ts";

export type Pair<Declared, Found> = {
  readonly declared: Declared;
  readonly place: Place;
  /** Undefined: it is to be created. */
  readonly found: Found | undefined;
};

type Matching<Declared, Found> = {
  readonly declared: readonly Declared[];
  readonly found: readonly Found[];
  /** Where the list stands in the file. */
  readonly place: Place;
  /** Its id, where the file or the service gives one. */
  readonly readId: (item: Declared | Found) => string | number | undefined;
};

export type Matched<Declared, Found> = {
  readonly pairs: readonly Pair<Declared, Found>[];
  /** What the list leaves out. */
  readonly left: readonly Found[];
  readonly mistakes: readonly Mistake[];
};

/** By id where the file gives one, else by name among those that no id has taken. */
export function match<Declared extends { readonly name: string }, Found extends { readonly name: string }>({
  declared,
  found,
  place,
  readId,
}: Matching<Declared, Found>): Matched<Declared, Found> {
  const wanted = new Set(declared.map(readId).filter((id) => id !== undefined));
  const others = found.filter((item) => !wanted.has(readId(item) ?? ""));
  const byId = new Map(found.map((item) => [readId(item), item]));
  const mistakes: Mistake[] = [];
  const pairs = declared.map((item, at) => {
    const id = readId(item);
    const [only, ...more] = id === undefined ? others.filter(({ name }) => name === item.name) : [byId.get(id)];
    if (more.length > 0) {
      const rule = `is not clear: there are ${more.length + 1} of this name; give the id of the one that is meant`;
      mistakes.push({ place: [...place, at, "name"], rule });
    }
    return { declared: item, place: [...place, at], found: only };
  });
  const taken = new Set(pairs.map((pair) => pair.found));
  return { pairs, left: found.filter((item) => !taken.has(item)), mistakes };
}
