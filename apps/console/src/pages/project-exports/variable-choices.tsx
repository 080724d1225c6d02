import { type ReactNode, useState } from "react";
import { Button } from "../../design/button.tsx";
import { Checkbox } from "../../design/choices.tsx";
import { Select } from "../../design/select.tsx";
import { TextField } from "../../design/text-field.tsx";
import { hasWords } from "./field-groups.ts";
import type { Toggles } from "./fields-panel.tsx";
import { type FieldSource, isChosen } from "./job-draft.ts";

type Variable = { readonly source: FieldSource; readonly label: string; readonly hint?: string };

type VariablesProps = Toggles & {
  readonly title: string;
  readonly variables: readonly Variable[];
  /** By which one is added that was not seen lately. */
  readonly children: ReactNode;
};

function Variables({ title, variables, chosen, onToggle, children }: VariablesProps) {
  return (
    <fieldset className="field-group">
      <legend className="field-group__title">{title}</legend>
      {variables.map(({ source, label, hint }) => (
        <Checkbox
          key={`${label} ${hint}`}
          label={label}
          hint={hint}
          isChecked={isChosen(chosen, source)}
          onChange={(next) => onToggle(source, next)}
        />
      ))}
      <div className="field-group__add">{children}</div>
    </fieldset>
  );
}

type CustomVariablesProps = Toggles & {
  readonly seen: readonly { readonly position: number; readonly name: string }[];
  readonly search: string;
};

const positions = Array.from({ length: 20 }, (_, index) => index + 1);

/** Those that were seen lately by their names; any other position can be chosen too. */
export function CustomVariables({ seen, search, ...toggles }: CustomVariablesProps) {
  const [asked, setAsked] = useState("");
  const shown = seen.filter(({ position, name }) =>
    hasWords(search, "custom variable custom_var", `${position}`, name),
  );
  if (search !== "" && shown.length === 0) return null;
  const toSource = (position: number): FieldSource => ({ fieldName: "custom_var", customVarPosition: position });
  const variables = shown.map(({ position, name }) => ({
    source: toSource(position),
    label: name,
    hint: `Position ${position}`,
  }));
  const others = positions.filter((position) => seen.every((one) => one.position !== position)).map(String);
  const add = (): void => {
    toggles.onToggle(toSource(Number(asked)), true);
    setAsked("");
  };
  return (
    <Variables title="Custom variables" variables={variables} {...toggles}>
      <Select
        label={seen.length === 0 ? "Position" : "Another position"}
        options={[{ value: "", label: "Choose a position" }, ...others.map((value) => ({ value, label: value }))]}
        value={asked}
        onChange={setAsked}
      />
      <Button isDisabled={asked === ""} onClick={add}>
        Add
      </Button>
    </Variables>
  );
}

type DynamicVariablesProps = Toggles & { readonly seen: readonly string[]; readonly search: string };

export function DynamicVariables({ seen, search, ...toggles }: DynamicVariablesProps) {
  const shown = seen.filter((key) => hasWords(search, "dynamic variable dynamic_var", key));
  if (search !== "" && shown.length === 0) return null;
  const toSource = (key: string): FieldSource => ({ fieldName: "dynamic_var", dynamicVarKey: key });
  const variables = shown.map((key) => ({ source: toSource(key), label: key }));
  return (
    <Variables title="Dynamic variables" variables={variables} {...toggles}>
      <KeyField
        label={seen.length === 0 ? "Key" : "Another key"}
        onAdd={(key) => toggles.onToggle(toSource(key), true)}
      />
    </Variables>
  );
}

type KeyFieldProps = { readonly label: string; readonly onAdd: (key: string) => void };

function KeyField({ label, onAdd }: KeyFieldProps) {
  const [typed, setTyped] = useState("");
  const key = typed.trim();
  const add = (): void => {
    if (key !== "") onAdd(key);
    setTyped("");
  };
  return (
    <>
      <TextField
        label={label}
        isOptional
        value={typed}
        onChange={setTyped}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          // Enter adds the key, and does not send the form.
          event.preventDefault();
          add();
        }}
        autoComplete="off"
        spellCheck={false}
        maxLength={255}
      />
      <Button isDisabled={key === ""} onClick={add}>
        Add
      </Button>
    </>
  );
}
