import "./field.css";
import { type ReactNode, useId } from "react";
import { Icon } from "./icon.tsx";

export type FieldTexts = {
  readonly label: string;
  /** What to enter, and why; shown before a mistake is made. */
  readonly hint?: ReactNode;
  /** What is wrong and how to put it right. */
  readonly error?: string | undefined;
  readonly isOptional?: boolean;
};

export type FieldLinks = {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": true | undefined;
};

type FieldProps = FieldTexts & {
  readonly children: (links: FieldLinks) => ReactNode;
};

/** Label, hint and error of one control, tied to it. */
export function Field({ label, hint, error, isOptional = false, children }: FieldProps) {
  const id = useId();
  const described = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean);
  return (
    <div className="field">
      <label className="field__label" htmlFor={id}>
        {label} {isOptional && <span className="field__optional">(optional)</span>}
      </label>
      {children({
        id,
        "aria-describedby": described.length === 0 ? undefined : described.join(" "),
        "aria-invalid": error === undefined ? undefined : true,
      })}
      {hint !== undefined && (
        <div className="field__hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
      <div className="field__live" id={`${id}-error`} aria-live="polite">
        {error !== undefined && (
          <p className="field__error">
            <Icon name="warning" />
            {error}
          </p>
        )}
      </div>
    </div>
  );
}
