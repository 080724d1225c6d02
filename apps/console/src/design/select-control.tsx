import "./field.css";
import type { ComponentProps } from "react";
import { joinClassNames } from "./class-names.ts";
import { Icon } from "./icon.tsx";

export type Option<Value extends string> = {
  readonly value: Value;
  readonly label: string;
};

export type OptionChoice<Value extends string> = {
  readonly value: Value;
  readonly options: readonly Option<Value>[];
  readonly onChange: (value: Value) => void;
};

type SelectControlProps<Value extends string> = OptionChoice<Value> &
  Omit<ComponentProps<"select">, keyof OptionChoice<Value> | "children">;

/** The browser's own list: it is the best one on every phone, and with every screen reader. */
export function SelectControl<Value extends string>(props: SelectControlProps<Value>) {
  const { value, options, onChange, className, ...rest } = props;
  return (
    <div className={joinClassNames("select", className)}>
      <select
        {...rest}
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
  );
}
