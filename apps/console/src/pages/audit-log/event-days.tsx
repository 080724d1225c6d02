import type { AuditEventView } from "@biped/management-client";
import { useId, useState } from "react";
import { useOperation } from "../../api/queries.ts";
import { useSession } from "../../api/session.ts";
import { Icon } from "../../design/icon.tsx";
import { TimeText } from "../../design/time-text.tsx";
import { useAccountNames } from "../account-names/use-account-names.ts";
import { EventDetails } from "./event-details.tsx";
import { groupByDay } from "./group-by-day.ts";
import { findSubjectNames, type Names, tellEvent } from "./tell-event.ts";

export function EventDays({ events }: { readonly events: readonly AuditEventView[] }) {
  const names = useNames(events);
  return groupByDay(events).map(({ day, events: ofDay }) => (
    <section key={day} className="event-day">
      <h2 className="event-day__title">{day}</h2>
      <ol className="events">
        {ofDay.map((event) => (
          <EventRow key={event.sequence} event={event} names={names} />
        ))}
      </ol>
    </section>
  ));
}

function useNames(events: readonly AuditEventView[]): Names {
  const { accounts } = useAccountNames();
  const { data } = useOperation("GET /api/administrators", { query: { limit: 100 } });
  return {
    ownId: useSession().administrator.id,
    people: new Map((data?.items ?? []).map(({ id, email }) => [id, email])),
    accounts: new Map(accounts.map(({ id, name }) => [id, name])),
    subjects: findSubjectNames(events),
  };
}

function EventRow({ event, names }: { readonly event: AuditEventView; readonly names: Names }) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const { who, did, what, link, details } = tellEvent(event, names);
  return (
    <li className="event">
      <div className="event__line">
        <button
          type="button"
          className="event__toggle"
          aria-expanded={isOpen}
          aria-controls={isOpen ? id : undefined}
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name={isOpen ? "chevron-down" : "chevron-right"} size={14} />
          <span>
            <span className="event__sentence">
              <strong>{who}</strong> {did} {what !== "" && <strong>{what}</strong>}
            </span>
            {details.length > 0 && <span className="event__more">{details.join(" · ")}</span>}
          </span>
        </button>
        <span className="event__when">
          <TimeText instant={event.at} />
        </span>
      </div>
      {isOpen && (
        <div className="event__details" id={id}>
          <EventDetails event={event} link={link} />
        </div>
      )}
    </li>
  );
}
