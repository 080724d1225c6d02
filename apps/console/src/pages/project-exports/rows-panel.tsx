import { Panel } from "../../design/layout.tsx";
import { Select } from "../../design/select.tsx";
import { TextField } from "../../design/text-field.tsx";
import type { FormPart } from "./create-job-page.tsx";
import { readSegment } from "./job-draft.ts";
import { deviceTitles } from "./job-words.ts";

const deviceOptions = (["all", "desktop", "mobile", "tablet"] as const).map((value) => ({
  value,
  label: deviceTitles[value],
}));

export function RowsPanel({ draft, onChange, ruleAt }: FormPart) {
  const mistake = readSegment(draft.segment) === undefined ? "Enter the whole number of a segment." : undefined;
  return (
    <Panel title="Which visits">
      <div className="stack job-form__fields">
        <Select
          label="Devices"
          options={deviceOptions}
          value={draft.deviceLabel}
          onChange={(deviceLabel) => onChange({ deviceLabel })}
          error={ruleAt("deviceLabel")}
        />
        <TextField
          label="Segment"
          isOptional
          hint="The id of a segment. Empty exports the visits of all users."
          value={draft.segment}
          onChange={(segment) => onChange({ segment })}
          error={mistake ?? ruleAt("segmentId")}
          inputMode="numeric"
          autoComplete="off"
          maxLength={20}
        />
      </div>
    </Panel>
  );
}
