import type { AuditEventView } from "@biped/management-client";
import { formatDay } from "../../design/time-format.ts";

export type DayOfEvents = { readonly day: string; readonly events: readonly AuditEventView[] };

/** Events of one day of the reader's zone under one heading, in the order in which they came. */
export function groupByDay(events: readonly AuditEventView[], timeZone?: string): readonly DayOfEvents[] {
  const dated = events.map((event) => ({ event, day: formatDay(event.at, timeZone) }));
  return [...new Set(dated.map(({ day }) => day))].map((day) => ({
    day,
    events: dated.filter((each) => each.day === day).map(({ event }) => event),
  }));
}
