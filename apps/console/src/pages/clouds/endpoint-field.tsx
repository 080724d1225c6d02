import { RuleList } from "../../design/rule-list.tsx";
import { TextField } from "../../design/text-field.tsx";
import { checkEndpoint } from "./cloud-rules.ts";

type EndpointFieldProps = {
  readonly label: string;
  readonly value: string;
  readonly onChange: (endpoint: string) => void;
};

export function EndpointField({ label, value, onChange }: EndpointFieldProps) {
  return (
    <TextField
      label={label}
      hint={<RuleList rules={checkEndpoint(value)} />}
      placeholder="https://api.eu.example.com"
      value={value}
      onChange={onChange}
      isMono
      inputMode="url"
      autoComplete="off"
      autoCapitalize="off"
      spellCheck={false}
      maxLength={300}
    />
  );
}
