/** The names of the IANA database, with UTC, which some browsers leave out. */
export function findTimeZones(): readonly string[] {
  return [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone")])];
}
