import "./text-area.css";
import { joinClassNames } from "./class-names.ts";
import { Field, type FieldTexts } from "./field.tsx";

type TextAreaProps = FieldTexts & {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly rows: number;
  readonly maxLength: number;
  /** For what is compared character by character: ids, tokens, addresses. */
  readonly isMono?: boolean;
};

/** For what is longer than a line. Required unless `isOptional`. */
export function TextArea({ value, onChange, rows, maxLength, isMono, ...texts }: TextAreaProps) {
  return (
    <Field {...texts}>
      {(links) => (
        <textarea
          {...links}
          className={joinClassNames("input text-area", isMono === true && "input--mono")}
          rows={rows}
          required={texts.isOptional !== true}
          spellCheck={false}
          autoComplete="off"
          maxLength={maxLength}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
