import { Field } from "../../design/field.tsx";
import type { TypedRanges } from "./ip-ranges.ts";

type RangeFieldProps = {
  readonly text: string;
  readonly typed: TypedRanges;
  readonly onChange: (text: string) => void;
};

export function RangeField({ text, typed, onChange }: RangeFieldProps) {
  return (
    <Field
      label="Allowed address ranges"
      isOptional
      hint="One a line, such as 192.0.2.0/24. Empty lets it act from anywhere."
      error={typed.kind === "mistake" ? typed.text : undefined}
    >
      {(links) => (
        <textarea
          {...links}
          className="input input--mono textarea"
          rows={3}
          spellCheck={false}
          autoComplete="off"
          maxLength={4000}
          value={text}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
