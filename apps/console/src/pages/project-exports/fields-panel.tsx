import { useState } from "react";
import { useOperation } from "../../api/queries.ts";
import { Button } from "../../design/button.tsx";
import { Checkbox } from "../../design/choices.tsx";
import { Panel } from "../../design/layout.tsx";
import { SearchField } from "../../design/search-field.tsx";
import { ErrorState, TableSkeleton } from "../../design/states.tsx";
import { ChosenFields } from "./chosen-fields.tsx";
import type { FormPart } from "./create-job-page.tsx";
import { type CatalogueField, groupFields, hasWords } from "./field-groups.ts";
import { addFields, type ChosenField, type FieldSource, isChosen, removeFields } from "./job-draft.ts";
import { CustomVariables, DynamicVariables } from "./variable-choices.tsx";

type FieldsPanelProps = FormPart & { readonly projectId: number };

export function FieldsPanel({ projectId, draft, onChange, ruleAt }: FieldsPanelProps) {
  const { scope } = draft;
  const chosen = draft.chosen[scope];
  const choose = (next: readonly ChosenField[]): void => onChange({ chosen: { ...draft.chosen, [scope]: next } });
  const rule = ruleAt("fields");
  return (
    <Panel title="Fields" text="Each becomes a column of the files, in the order in which they are listed.">
      <div className="field-picker">
        <Offered key={scope} projectId={projectId} scope={scope} chosen={chosen} onChoose={choose} />
        <ChosenFields chosen={chosen} onChoose={choose} ruleAt={ruleAt} />
      </div>
      {rule !== undefined && (
        <p className="field__error" role="alert">
          {rule}
        </p>
      )}
    </Panel>
  );
}

type OfferedProps = {
  readonly projectId: number;
  readonly scope: "sessions" | "views";
  readonly chosen: readonly ChosenField[];
  readonly onChoose: (chosen: readonly ChosenField[]) => void;
};

function Offered({ projectId, scope, chosen, onChoose }: OfferedProps) {
  const [search, setSearch] = useState("");
  const { data, error, refetch } = useOperation("GET /api/projects/:projectId/exportable-fields", {
    params: { projectId },
    query: { scope },
  });
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <TableSkeleton columns={1} rows={8} />;
  const found = data.fields.filter(({ name, type, description }) => hasWords(search, name, type, description));
  const toggles = { chosen, onToggle: createToggle(chosen, onChoose) };
  return (
    <section className="field-picker__side" aria-label="Fields to choose from">
      <SearchField label="Search fields" value={search} onSearch={(text) => setSearch(text ?? "")} />
      <AllFound found={found} isSearch={search !== ""} chosen={chosen} onChoose={onChoose} />
      <div className="field-picker__list">
        {groupFields(found).map(({ title, fields }) => (
          <FieldGroup key={title} title={title} fields={fields} {...toggles} />
        ))}
        <CustomVariables seen={data.customVars} search={search} {...toggles} />
        <DynamicVariables seen={data.dynamicVarKeys} search={search} {...toggles} />
      </div>
    </section>
  );
}

export type Toggles = {
  readonly chosen: readonly ChosenField[];
  readonly onToggle: (source: FieldSource, isChosen: boolean) => void;
};

function createToggle(chosen: readonly ChosenField[], onChoose: OfferedProps["onChoose"]): Toggles["onToggle"] {
  return (source, isChosen) => onChoose(isChosen ? addFields(chosen, [source]) : removeFields(chosen, [source]));
}

type AllFoundProps = Pick<OfferedProps, "chosen" | "onChoose"> & {
  readonly found: readonly CatalogueField[];
  readonly isSearch: boolean;
};

/** Of the fields that are shown; variables are chosen one by one. */
function AllFound({ found, isSearch, chosen, onChoose }: AllFoundProps) {
  const sources = groupFields(found).flatMap(({ fields }) => fields.map(({ name }) => ({ fieldName: name })));
  const held = sources.filter((source) => isChosen(chosen, source)).length;
  return (
    <div className="row row--apart">
      <span className="muted" role="status">
        {sources.length} {sources.length === 1 ? "field" : "fields"}
        {isSearch && " found"}
      </span>
      <span className="row">
        <Button size="small" isDisabled={held === sources.length} onClick={() => onChoose(addFields(chosen, sources))}>
          {isSearch ? "Select all found" : "Select all"}
        </Button>
        <Button size="small" isDisabled={held === 0} onClick={() => onChoose(removeFields(chosen, sources))}>
          Select none
        </Button>
      </span>
    </div>
  );
}

type FieldGroupProps = Toggles & { readonly title: string; readonly fields: readonly CatalogueField[] };

function FieldGroup({ title, fields, chosen, onToggle }: FieldGroupProps) {
  return (
    <fieldset className="field-group">
      <legend className="field-group__title">{title}</legend>
      {fields.map(({ name, type, description }) => (
        <Checkbox
          key={name}
          label={
            <>
              <span className="mono">{name}</span> <span className="field-group__type">{type}</span>
            </>
          }
          hint={description}
          isChecked={isChosen(chosen, { fieldName: name })}
          onChange={(next) => onToggle({ fieldName: name }, next)}
        />
      ))}
    </fieldset>
  );
}
