import { type KeyboardEvent, useEffect, useState } from "react";
import { useOperation } from "../../api/queries.ts";
import { Button } from "../../design/button.tsx";
import { Field } from "../../design/field.tsx";
import { Select } from "../../design/select.tsx";
import type { AuditSearch } from "../../search-parameters.ts";
import { useAccountNames } from "../account-names/use-account-names.ts";
import {
  findActionChoices,
  findDayEnd,
  findDayStart,
  formatDayBefore,
  formatDayOf,
  isFiltered,
  keepChosen,
} from "./audit-filter-values.ts";

type AuditFiltersProps = {
  readonly search: AuditSearch;
  readonly onFilter: (change: AuditSearch) => void;
  readonly onClear: () => void;
};

export function AuditFilters({ search, onFilter, onClear }: AuditFiltersProps) {
  const { actor, action, subject, from, to } = search;
  return (
    <search className="audit-filters" aria-label="Filters">
      <AccountFilter accountId={search.accountId} onFilter={onFilter} />
      <ActorFilter actor={actor} onFilter={onFilter} />
      <Select
        label="What happened"
        options={findActionChoices(action)}
        value={action ?? ""}
        onChange={(value) => onFilter({ action: value || undefined })}
      />
      <TextFilter
        label="To what"
        placeholder="project:42"
        value={subject ?? ""}
        onCommit={(value) => onFilter({ subject: value || undefined })}
      />
      <DayFilter label="From" day={formatDayOf(from)} onChange={(day) => onFilter({ from: findDayStart(day) })} />
      <DayFilter label="Until" day={formatDayBefore(to)} onChange={(day) => onFilter({ to: findDayEnd(day) })} />
      {isFiltered(search) && (
        <div className="audit-filters__clear">
          <Button size="small" icon="close" onClick={onClear}>
            Clear the filters
          </Button>
        </div>
      )}
    </search>
  );
}

type FilterProps = Pick<AuditFiltersProps, "onFilter">;

/** A choice by name; where there are too many accounts for that, by id. */
function AccountFilter({ accountId, onFilter }: FilterProps & Pick<AuditSearch, "accountId">) {
  const { accounts, isComplete } = useAccountNames();
  const chosen = accountId === undefined ? undefined : String(accountId);
  const choose = (value: string): void => {
    onFilter({ accountId: /^[1-9]\d{0,14}$/.test(value) ? Number(value) : undefined });
  };
  if (!isComplete && accounts.length > 0) {
    return <TextFilter label="Id of the account" placeholder="1" value={chosen ?? ""} onCommit={choose} />;
  }
  const named = accounts.map(({ id, name }) => ({ value: String(id), label: name }));
  const options = keepChosen([{ value: "", label: "Any" }, ...named], chosen);
  return <Select label="Account" options={options} value={chosen ?? ""} onChange={choose} />;
}

function ActorFilter({ actor, onFilter }: FilterProps & Pick<AuditSearch, "actor">) {
  const { data } = useOperation("GET /api/administrators", { query: { limit: 100 } });
  const people = (data?.items ?? []).map(({ id, email }) => ({ value: `administrator:${id}`, label: email }));
  const options = [
    { value: "", label: "Anybody" },
    { value: "system", label: "Biped itself" },
    { value: "operator", label: "The operator, by command" },
    ...people,
  ];
  return (
    <Select
      label="By whom"
      options={keepChosen(options, actor)}
      value={actor ?? ""}
      onChange={(value) => onFilter({ actor: value || undefined })}
    />
  );
}

type TextFilterProps = {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onCommit: (value: string) => void;
};

/** Only the whole text is compared, so that it is asked for when one is done typing. */
function TextFilter({ label, placeholder, value, onCommit }: TextFilterProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const commit = (): void => {
    if (text.trim() !== value) onCommit(text.trim());
  };
  const commitOnEnter = (event: KeyboardEvent): void => {
    if (event.key === "Enter") commit();
  };
  return (
    <Field label={label}>
      {(links) => (
        <input
          {...links}
          className="input input--mono"
          type="text"
          placeholder={placeholder}
          autoComplete="off"
          spellCheck={false}
          maxLength={200}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onBlur={commit}
          onKeyDown={commitOnEnter}
        />
      )}
    </Field>
  );
}

type DayFilterProps = {
  readonly label: string;
  readonly day: string;
  readonly onChange: (day: string) => void;
};

function DayFilter({ label, day, onChange }: DayFilterProps) {
  return (
    <Field label={label}>
      {(links) => (
        <input
          {...links}
          className="input"
          type="date"
          value={day}
          onChange={({ target }) => {
            if (target.value === "" || findDayStart(target.value) !== undefined) onChange(target.value);
          }}
        />
      )}
    </Field>
  );
}
