import { type ComponentProps, useState } from "react";
import { IconButton } from "./button.tsx";
import { Field, type FieldTexts } from "./field.tsx";

type PasswordFieldProps = FieldTexts &
  Pick<ComponentProps<"input">, "autoFocus" | "maxLength"> & {
    readonly value: string;
    readonly onChange: (value: string) => void;
    /** Tells password managers whether to fill in or to propose. */
    readonly autoComplete: "current-password" | "new-password";
  };

/** One may look at what one types, and paste. */
export function PasswordField({ label, hint, error, value, onChange, ...rest }: PasswordFieldProps) {
  const [isRevealed, setRevealed] = useState(false);
  return (
    <Field label={label} hint={hint} error={error}>
      {(links) => (
        <div className="input-with-button">
          <input
            {...rest}
            {...links}
            className="input"
            type={isRevealed ? "text" : "password"}
            spellCheck={false}
            autoCapitalize="off"
            required
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
          <IconButton
            icon={isRevealed ? "eye-off" : "eye"}
            label="Show the password"
            aria-pressed={isRevealed}
            onClick={() => setRevealed(!isRevealed)}
          />
        </div>
      )}
    </Field>
  );
}
