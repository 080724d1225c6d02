import { RadioCards } from "../../design/choices.tsx";
import { Panel } from "../../design/layout.tsx";
import { TextField } from "../../design/text-field.tsx";
import type { FormPart } from "./create-job-page.tsx";
import { readRange } from "./job-draft.ts";
import { nameZone } from "./job-words.ts";
import { addDays } from "./zone-days.ts";

type WhenPanelProps = FormPart & { readonly timeZone: string };

export function WhenPanel({ draft, onChange, ruleAt, timeZone }: WhenPanelProps) {
  const zone = nameZone(timeZone);
  const cards = [
    {
      value: "daily",
      title: "Every day",
      text: `A run for each day, from midnight to midnight in ${zone}. It begins some time after the day has ended, when the data is there.`,
    },
    {
      value: "hourly",
      title: "Every hour",
      text: "A run for each full hour. It begins some time after the hour has ended, when the data is there.",
    },
    { value: "once", title: "Once", text: "One run, for days that you choose." },
  ] as const;
  const isOnce = draft.frequency === "once";
  return (
    <Panel title="When" text={`Times are told in ${zone}, the time zone of the project's exports.`}>
      <div className="stack job-form__fields">
        <RadioCards
          label="Frequency"
          cards={cards}
          value={draft.frequency}
          onChange={(frequency) => onChange({ frequency })}
          error={isOnce ? undefined : ruleAt("frequency")}
        />
        {isOnce && <Days draft={draft} onChange={onChange} ruleAt={ruleAt} timeZone={timeZone} />}
      </div>
    </Panel>
  );
}

const longestDays = 7;

function Days({ draft, onChange, ruleAt, timeZone }: WhenPanelProps) {
  const { firstDay, lastDay } = draft;
  const range = readRange(draft, timeZone);
  const mistake = "mistake" in range ? range.mistake : undefined;
  return (
    <div className="job-form__days">
      <TextField
        type="date"
        label="First day"
        value={firstDay}
        error={ruleAt("frequency.dateRange.from")}
        onChange={(day) => onChange({ firstDay: day })}
      />
      <TextField
        type="date"
        label="Last day"
        hint="7 days at most. If it has not ended yet, the run waits for its end."
        value={lastDay}
        min={firstDay}
        max={addDays(firstDay, longestDays - 1)}
        error={mistake ?? ruleAt("frequency.dateRange.to") ?? ruleOfRange(ruleAt)}
        onChange={(day) => onChange({ lastDay: day })}
      />
    </div>
  );
}

/** What is wrong with both days, or with the frequency as a whole. */
function ruleOfRange(ruleAt: FormPart["ruleAt"]): string | undefined {
  return ruleAt("frequency.dateRange.from") === undefined ? ruleAt("frequency") : undefined;
}
