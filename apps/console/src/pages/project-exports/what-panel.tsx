import { Checkbox, RadioCards } from "../../design/choices.tsx";
import { Panel } from "../../design/layout.tsx";
import { TextField } from "../../design/text-field.tsx";
import type { FormPart } from "./create-job-page.tsx";

const scopeCards = [
  { value: "sessions", title: "Sessions", text: "One row for each visit." },
  { value: "views", title: "Page views", text: "One row for each page or screen that was seen during a visit." },
] as const;

const formatCards = [
  { value: "JSONL", title: "JSONL", text: "One JSON object a line. Right for programs and warehouses." },
  { value: "CSV", title: "CSV", text: "One line a row, the names of the columns first. Right for spreadsheets." },
] as const;

export function WhatPanel({ draft, onChange, ruleAt }: FormPart) {
  return (
    <Panel title="What">
      <div className="stack job-form__fields">
        <TextField
          label="Name"
          hint="What it is for, such as “Nightly sessions for the warehouse”."
          value={draft.name}
          onChange={(name) => onChange({ name })}
          error={ruleAt("name")}
          autoComplete="off"
          maxLength={255}
        />
        <RadioCards
          label="Rows"
          cards={scopeCards}
          value={draft.scope}
          onChange={(scope) => onChange({ scope })}
          error={ruleAt("scope")}
        />
        <RadioCards
          label="Format"
          cards={formatCards}
          value={draft.format}
          onChange={(format) => onChange({ format })}
          error={ruleAt("format")}
        />
        {draft.format === "CSV" && <GuardChoice isGuarded={draft.isGuarded} onChange={onChange} />}
      </div>
    </Panel>
  );
}

type GuardChoiceProps = Pick<FormPart, "onChange"> & { readonly isGuarded: boolean };

function GuardChoice({ isGuarded, onChange }: GuardChoiceProps) {
  return (
    <Checkbox
      label="Guard against spreadsheet formulas"
      hint="What begins with = + - or @ gets an apostrophe in front, so that a spreadsheet shows it instead of running it: visitors can put such text into pages. Take it off for files that only programs read."
      isChecked={isGuarded}
      onChange={(isChecked) => onChange({ isGuarded: isChecked })}
    />
  );
}
