import "./new-password.css";
import { joinClassNames } from "../../design/class-names.ts";
import { Icon } from "../../design/icon.tsx";
import { PasswordField } from "../../design/password-field.tsx";
import { checkPassword } from "./password-rules.ts";

type NewPasswordProps = {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly person: { readonly email: string; readonly name: string; readonly hasSecondFactor?: boolean };
};

/** The rules are shown from the start, and tick themselves off. */
export function NewPassword({ value, onChange, person }: NewPasswordProps) {
  const rules = (
    <ul className="password-rules">
      {checkPassword(value, person).map(({ id, text, isMet }) => (
        <li key={id} className={joinClassNames(isMet && "password-rules__rule--met")}>
          <span className="password-rules__mark" aria-hidden="true">
            {isMet ? <Icon name="check" size={14} /> : <span className="password-rules__dot" />}
          </span>
          {text}
          {isMet && <span className="visually-hidden">(met)</span>}
        </li>
      ))}
    </ul>
  );
  return (
    <PasswordField
      label="Password"
      hint={rules}
      value={value}
      onChange={onChange}
      autoComplete="new-password"
      maxLength={1024}
    />
  );
}
