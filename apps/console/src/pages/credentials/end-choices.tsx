import { RadioCards } from "../../design/choices.tsx";
import { TextField } from "../../design/text-field.tsx";
import { formatDay } from "../../design/time-format.ts";
import {
  type ChosenEnd,
  type EndChoice,
  type EndFacts,
  findLatestEndMs,
  findLongestEndMs,
  formatLocalDay,
} from "./end.ts";

type EndChoicesProps = {
  readonly facts: EndFacts;
  readonly choice: EndChoice;
  readonly date: string;
  /** What the choice comes to. */
  readonly end: ChosenEnd;
  readonly onChange: (choice: EndChoice, date: string) => void;
};

export function EndChoices({ facts, choice, date, end, onChange }: EndChoicesProps) {
  const latestMs = findLatestEndMs(facts);
  return (
    <>
      <RadioCards label="End" cards={listCards(facts)} value={choice} onChange={(next) => onChange(next, date)} />
      {choice === "date" && (
        <TextField
          type="date"
          label="Last day"
          hint="It works to the end of this day, in your time zone."
          error={date !== "" && "mistake" in end ? end.mistake : undefined}
          value={date}
          min={formatLocalDay(facts.openedAtMs)}
          max={latestMs === undefined ? undefined : formatLocalDay(latestMs)}
          onChange={(next) => onChange("date", next)}
        />
      )}
    </>
  );
}

function listCards(facts: EndFacts) {
  const { limitDays, kept } = facts;
  const longest = formatDay(new Date(findLongestEndMs(facts)).toISOString());
  const required = `The account requires an end within ${limitDays} days.`;
  const keptCard = {
    value: "kept" as const,
    title: kept ? `Stay as it is: ${formatDay(kept)}` : "Stay as it is: never",
  };
  const neverCard = {
    value: "never" as const,
    title: "Never",
    text: limitDays === null ? "It works until somebody disables or deletes it." : required,
    isDisabled: limitDays !== null,
  };
  const isYear = limitDays === null || limitDays >= 365;
  const longestCard = {
    value: "longest" as const,
    title: isYear ? "In one year (recommended)" : "As late as the account allows",
    text: `${longest}. The console says so when the end comes near.`,
  };
  const dateCard = { value: "date" as const, title: "On a day that you choose" };
  const isKeepable = kept !== undefined;
  const offersNever = !isKeepable || kept !== null;
  return [...(isKeepable ? [keptCard] : []), ...(offersNever ? [neverCard] : []), longestCard, dateCard];
}
