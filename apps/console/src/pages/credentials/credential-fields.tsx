import { useOperation } from "../../api/queries.ts";
import { ErrorState, TableSkeleton } from "../../design/states.tsx";
import type { CredentialForm } from "./credential-form.ts";
import { EndChoices } from "./end-choices.tsx";
import { RangeField } from "./range-field.tsx";
import { ScopeChoices } from "./scope-choices.tsx";

/** Scopes, end and ranges: the same to create a credential and to edit one. */
export function CredentialFields({ form }: { readonly form: CredentialForm }) {
  const catalogue = useOperation("GET /api/scopes", {});
  return (
    <>
      {catalogue.error !== null && <ErrorState error={catalogue.error} onRetry={() => void catalogue.refetch()} />}
      {catalogue.isPending && <TableSkeleton columns={1} rows={4} />}
      {catalogue.data !== undefined && (
        <ScopeChoices catalogue={catalogue.data.items} chosen={form.scopes} onChange={form.setScopes} />
      )}
      <EndChoices facts={form.facts} choice={form.choice} date={form.date} end={form.end} onChange={form.setEnd} />
      <RangeField text={form.rangeText} typed={form.typedRanges} onChange={form.setRangeText} />
    </>
  );
}
