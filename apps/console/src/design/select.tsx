import { Field, type FieldTexts } from "./field.tsx";
import { type OptionChoice, SelectControl } from "./select-control.tsx";

type SelectProps<Value extends string> = FieldTexts & OptionChoice<Value>;

/** A choice of a form, with its label above it. */
export function Select<Value extends string>({ value, options, onChange, ...texts }: SelectProps<Value>) {
  return (
    <Field {...texts}>
      {(links) => <SelectControl {...links} value={value} options={options} onChange={onChange} />}
    </Field>
  );
}
