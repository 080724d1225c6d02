import { type ReactNode, useId } from "react";
import { Icon } from "./icon.tsx";

type CheckedProps = {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  readonly isChecked: boolean;
  readonly onChange: (isChecked: boolean) => void;
  readonly isDisabled?: boolean;
};

export function Checkbox(props: CheckedProps) {
  return <Choice {...props} className="choice__box" />;
}

/** For what takes effect at once; a checkbox is for what a form will send. */
export function Switch(props: CheckedProps) {
  return <Choice {...props} className="switch" role="switch" />;
}

type ChoiceProps = CheckedProps & {
  readonly className: string;
  readonly role?: "switch";
};

function Choice({ label, hint, isChecked, onChange, isDisabled = false, ...rest }: ChoiceProps) {
  return (
    <label className="choice">
      <input
        {...rest}
        type="checkbox"
        checked={isChecked}
        disabled={isDisabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span>
        {label}
        {hint !== undefined && <span className="choice__hint">{hint}</span>}
      </span>
    </label>
  );
}

export type Card<Value extends string> = {
  readonly value: Value;
  readonly title: string;
  readonly text?: ReactNode;
  readonly isDisabled?: boolean;
};

type RadioCardsProps<Value extends string> = {
  readonly label: string;
  readonly cards: readonly Card<Value>[];
  readonly value: Value | undefined;
  readonly onChange: (value: Value) => void;
  readonly error?: string | undefined;
};

/** A choice among few that each need a sentence. */
export function RadioCards<Value extends string>({ label, cards, value, onChange, error }: RadioCardsProps<Value>) {
  const group = useId();
  return (
    <fieldset className="field">
      <legend className="field__label">{label}</legend>
      <div className="radio-cards">
        {cards.map((card) => (
          <label key={card.value} className="radio-card">
            <input
              type="radio"
              name={group}
              checked={card.value === value}
              disabled={card.isDisabled === true}
              onChange={() => onChange(card.value)}
            />
            <span>
              <span className="radio-card__title">{card.title}</span>
              {card.text !== undefined && <span className="radio-card__text">{card.text}</span>}
            </span>
          </label>
        ))}
      </div>
      {error !== undefined && (
        <p className="field__error" role="alert">
          <Icon name="warning" />
          {error}
        </p>
      )}
    </fieldset>
  );
}
