import { Icon } from "./icon.tsx";
import "./field.css";
import "./filter-select.css";
import type { Option } from "./select.tsx";

type FilterSelectProps<Value extends string> = {
  /** What is narrowed: "State". It is read out; the options say it to those who see them. */
  readonly label: string;
  readonly value: Value;
  readonly options: readonly Option<Value>[];
  readonly onChange: (value: Value) => void;
};

/** A choice beside a search or in the head of a panel, where a label above it would take a line. */
export function FilterSelect<Value extends string>({ label, value, options, onChange }: FilterSelectProps<Value>) {
  return (
    <div className="select filter-select">
      <select
        className="input"
        aria-label={label}
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
  );
}
