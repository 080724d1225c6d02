import { type MouseEvent, useId, useState } from "react";
import { IconButton } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import type { FormPart } from "./create-job-page.tsx";
import { type ChosenField, findAliasMistake, moveField, renameField } from "./job-draft.ts";

type ChosenFieldsProps = Pick<FormPart, "ruleAt"> & {
  readonly chosen: readonly ChosenField[];
  readonly onChoose: (chosen: readonly ChosenField[]) => void;
};

export function ChosenFields({ chosen, onChoose, ruleAt }: ChosenFieldsProps) {
  const [told, setTold] = useState("");
  const move = (index: number, step: -1 | 1): void => {
    const next = moveField(chosen, index, step);
    if (next === chosen) return;
    onChoose(next);
    setTold(`${chosen[index]?.columnName} is column ${index + step + 1} of ${chosen.length} now.`);
  };
  return (
    <section className="field-picker__side" aria-label="Chosen fields">
      <div>
        <h3>
          Chosen: {chosen.length} {chosen.length === 1 ? "field" : "fields"}
        </h3>
        <p className="muted">A name that you enter stands in the file instead of the field's own.</p>
      </div>
      <span className="visually-hidden" role="status">
        {told}
      </span>
      {chosen.length === 0 && <p className="field-picker__none">None yet. Select at least one.</p>}
      <ol className="field-picker__list">
        {chosen.map((field, index) => (
          <ChosenRow
            key={field.columnName}
            field={field}
            place={index + 1}
            mistake={findAliasMistake(chosen, index) ?? ruleAt(`fields[${index}]`)}
            onRename={(name) => onChoose(renameField(chosen, index, name))}
            onMove={(step) => move(index, step)}
            onRemove={() => onChoose(chosen.toSpliced(index, 1))}
          />
        ))}
      </ol>
    </section>
  );
}

type ChosenRowProps = {
  readonly field: ChosenField;
  readonly place: number;
  readonly mistake: string | undefined;
  readonly onRename: (name: string) => void;
  readonly onMove: (step: -1 | 1) => void;
  readonly onRemove: () => void;
};

function ChosenRow({ field: { columnName, aliasName }, place, mistake, onRename, ...moves }: ChosenRowProps) {
  const id = useId();
  return (
    <li className="chosen-field">
      <span className="chosen-field__name">
        <span className="chosen-field__place">{place}</span>
        <span className="mono">{columnName}</span>
      </span>
      <RowButtons columnName={columnName} {...moves} />
      <input
        className="input input--mono chosen-field__alias"
        type="text"
        aria-label={`Name of ${columnName} in the file`}
        aria-invalid={mistake === undefined ? undefined : true}
        aria-describedby={mistake === undefined ? undefined : id}
        placeholder={columnName}
        autoComplete="off"
        spellCheck={false}
        maxLength={255}
        value={aliasName}
        onChange={(event) => onRename(event.target.value)}
      />
      <span className="field__live chosen-field__mistake" id={id} aria-live="polite">
        {mistake !== undefined && (
          <span className="field__error">
            <Icon name="warning" />
            {mistake}
          </span>
        )}
      </span>
    </li>
  );
}

type RowButtonsProps = Pick<ChosenRowProps, "onMove" | "onRemove"> & { readonly columnName: string };

function RowButtons({ columnName, onMove, onRemove }: RowButtonsProps) {
  const move = (step: -1 | 1) => (event: MouseEvent<HTMLButtonElement>) => {
    const button = event.currentTarget;
    onMove(step);
    // A row that was moved in the document has lost the focus: it gets it back, so that it can be moved on.
    window.requestAnimationFrame(() => button.focus());
  };
  return (
    <span className="chosen-field__buttons">
      <IconButton icon="up" label={`Move ${columnName} up`} onClick={move(-1)} />
      <IconButton icon="down" label={`Move ${columnName} down`} onClick={move(1)} />
      <IconButton icon="close" label={`Remove ${columnName}`} onClick={onRemove} />
    </span>
  );
}
