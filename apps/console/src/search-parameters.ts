/** What stands behind the `?` of a page's address: anybody may have written it. */
export type RawSearch = Readonly<Record<string, unknown>>;

/** The router reads `?search=42` as a number; to us it is a text. */
export function readText(raw: RawSearch, name: string): string | undefined {
  const value = raw[name];
  if (typeof value === "string") return value === "" ? undefined : value.slice(0, 1000);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** Undefined where it is none of these. */
export function readOneOf<const Value extends string>(
  raw: RawSearch,
  name: string,
  values: readonly Value[],
): Value | undefined {
  return values.find((value) => value === raw[name]);
}

export type SignInSearch = {
  readonly returnTo?: string | undefined;
  readonly problem?: string | undefined;
};

export function readSignInSearch(raw: RawSearch): SignInSearch {
  return {
    returnTo: readText(raw, "returnTo"),
    problem: readText(raw, "problem"),
  };
}

const listSorts = ["id", "-id", "name", "-name"] as const;

export type ListSearch = {
  readonly search?: string | undefined;
  readonly sort?: (typeof listSorts)[number] | undefined;
};

/** Of the lists that are sorted by id or name. */
export function readListSearch(raw: RawSearch): ListSearch {
  return {
    search: readText(raw, "search"),
    sort: readOneOf(raw, "sort", listSorts),
  };
}
