import type { SigningKey } from "@biped/management-client";
import { formatExact } from "../../design/time-format.ts";
import { TimeText } from "../../design/time-text.tsx";
import { type Moment, tellKeyStory } from "./key-story.ts";
import "./signing-keys.css";

/** What happened, where we are, what comes. */
export function KeyTimeline({ keys }: { readonly keys: readonly SigningKey[] }) {
  const moments = tellKeyStory(keys);
  return (
    <ol className="timeline">
      {moments.filter(({ tense }) => tense === "past").map(formatMoment)}
      <li className="timeline__moment timeline__moment--now">
        <span className="timeline__when" />
        <p className="timeline__title">Now</p>
      </li>
      {moments.filter(({ tense }) => tense === "future").map(formatMoment)}
    </ol>
  );
}

function formatMoment({ id, at, tense, title, text }: Moment) {
  return (
    <li key={id} className={`timeline__moment timeline__moment--${tense}`}>
      <span className="timeline__when">
        <TimeText instant={at} />
        <span className="timeline__exact">{formatExact(at)}</span>
      </span>
      <div>
        <p className="timeline__title">{title}</p>
        {text !== "" && <p className="timeline__text">{text}</p>}
      </div>
    </li>
  );
}
