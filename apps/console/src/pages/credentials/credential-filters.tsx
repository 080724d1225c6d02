import { FilterSelect } from "../../design/filter-select.tsx";
import { SearchField } from "../../design/search-field.tsx";
import type { CredentialListSearch } from "../../search-parameters.ts";

type CredentialFiltersProps = {
  readonly search: CredentialListSearch;
  readonly onChange: (search: CredentialListSearch) => void;
  /** Only an account's list has levels to choose from. */
  readonly hasLevels: boolean;
};

const states = [
  { value: "any", label: "Any state" },
  { value: "enabled", label: "Enabled" },
  { value: "disabled", label: "Disabled" },
] as const;

const levels = [
  { value: "account", label: "Account level" },
  { value: "project", label: "Project level" },
  { value: "all", label: "All levels" },
] as const;

export function CredentialFilters({ search, onChange, hasLevels }: CredentialFiltersProps) {
  return (
    <div className="credential-filters">
      <SearchField
        label="Search credentials"
        value={search.search}
        onSearch={(text) => onChange({ ...search, search: text })}
      />
      <FilterSelect
        label="State"
        options={states}
        value={search.state ?? "any"}
        onChange={(state) => onChange({ ...search, state: state === "any" ? undefined : state })}
      />
      {hasLevels && (
        <FilterSelect
          label="Level"
          options={levels}
          value={search.level ?? "account"}
          onChange={(level) => onChange({ ...search, level: level === "account" ? undefined : level })}
        />
      )}
    </div>
  );
}
