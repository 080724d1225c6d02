import { Select } from "../../design/select.tsx";
import { TextField } from "../../design/text-field.tsx";
import { useAccountNames } from "../account-names/use-account-names.ts";

type AccountChoiceProps = {
  /** An id; empty for every account. */
  readonly value: string;
  readonly onChange: (accountId: string) => void;
};

/** By name; where there are too many accounts for that, by id. */
export function AccountChoice({ value, onChange }: AccountChoiceProps) {
  const { accounts, isComplete } = useAccountNames();
  if (!isComplete && accounts.length > 0) {
    return (
      <TextField
        label="Id of the one account in which it works"
        hint="Leave it empty for every account of yours."
        isOptional
        isMono
        value={value}
        onChange={onChange}
        inputMode="numeric"
        autoComplete="off"
        maxLength={15}
      />
    );
  }
  const named = accounts.map(({ id, name }) => ({ value: String(id), label: name }));
  return (
    <Select
      label="Where it works"
      options={[{ value: "", label: "In every account of yours, also later ones" }, ...named]}
      value={value}
      onChange={onChange}
    />
  );
}
