import { PasswordField } from "../../design/password-field.tsx";
import { RuleList } from "../../design/rule-list.tsx";
import { checkPassword } from "./password-rules.ts";

type NewPasswordProps = {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly person: { readonly email: string; readonly name: string; readonly hasSecondFactor?: boolean };
};

export function NewPassword({ value, onChange, person }: NewPasswordProps) {
  return (
    <PasswordField
      label="Password"
      hint={<RuleList rules={checkPassword(value, person)} />}
      value={value}
      onChange={onChange}
      autoComplete="new-password"
      maxLength={1024}
    />
  );
}
