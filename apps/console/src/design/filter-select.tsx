import "./filter-select.css";
import { type OptionChoice, SelectControl } from "./select-control.tsx";

type FilterSelectProps<Value extends string> = OptionChoice<Value> & {
  /** What is narrowed: "State". It is read out; the options say it to those who see them. */
  readonly label: string;
};

/** A choice beside a search or in the head of a panel, where a label above it would take a line. */
export function FilterSelect<Value extends string>({ label, ...choice }: FilterSelectProps<Value>) {
  return <SelectControl {...choice} aria-label={label} className="filter-select" />;
}
