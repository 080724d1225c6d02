/** The id that a path names. Undefined for what no object can have; `01` and `1e0` are no spellings of 1. */
export function readId(params: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = params.get(name) ?? "";
  const id = /^[1-9][0-9]{0,15}$/.test(text) ? Number(text) : undefined;
  return Number.isSafeInteger(id) ? id : undefined;
}
