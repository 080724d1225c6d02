import type { ComponentProps } from "react";
import { joinClassNames } from "./class-names.ts";
import { Field, type FieldTexts } from "./field.tsx";

type TextFieldProps = FieldTexts &
  Omit<ComponentProps<"input">, "className" | "id" | "value" | "onChange" | "required"> & {
    readonly value: string;
    readonly onChange: (value: string) => void;
    /** For what is compared character by character: ids, codes, addresses. */
    readonly isMono?: boolean;
  };

/** Required unless `isOptional`. */
export function TextField({ label, hint, error, isOptional, value, onChange, isMono, ...rest }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error} isOptional={isOptional ?? false}>
      {(links) => (
        <input
          type="text"
          {...rest}
          {...links}
          className={joinClassNames("input", isMono === true && "input--mono")}
          required={isOptional !== true}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
