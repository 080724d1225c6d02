import { Field, type FieldTexts } from "./field.tsx";
import { Icon } from "./icon.tsx";

export type Option<Value extends string> = {
  readonly value: Value;
  readonly label: string;
};

type SelectProps<Value extends string> = FieldTexts & {
  readonly value: Value;
  readonly options: readonly Option<Value>[];
  readonly onChange: (value: Value) => void;
};

/** The browser's own list: it is the best one on every phone, and with every screen reader. */
export function Select<Value extends string>({ value, options, onChange, ...texts }: SelectProps<Value>) {
  return (
    <Field {...texts}>
      {(links) => (
        <div className="select">
          <select
            {...links}
            className="input"
            value={value}
            onChange={(event) => {
              const chosen = options.find((option) => option.value === event.target.value);
              if (chosen !== undefined) onChange(chosen.value);
            }}
          >
            {options.map((option) => (
              <option key={option.value} value={option.value}>
                {option.label}
              </option>
            ))}
          </select>
          <Icon name="chevron-down" />
        </div>
      )}
    </Field>
  );
}
