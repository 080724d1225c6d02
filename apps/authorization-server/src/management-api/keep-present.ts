/** Optional members as zod has them may be undefined; filters and changes of the storage know them only as absent. */
export type Present<Members> = { [Name in keyof Members]?: NonNullable<Members[Name]> };

export function keepPresent<Members extends object>(members: Members): Present<Members> {
  const present: Present<Members> = {};
  for (const name in members) {
    const value = members[name];
    if (value !== undefined && value !== null) present[name] = value;
  }
  return present;
}
