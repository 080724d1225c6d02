import type { Overview } from "@biped/management-client";
import { Panel } from "../../design/layout.tsx";
import { type Column, Table } from "../../design/table.tsx";
import { countColumn, reasonColumn } from "../usage/refusal-columns.tsx";

type Reason = Overview["refusals"][number];

const columns: readonly Column<Reason>[] = [reasonColumn, countColumn];

export function ReasonsPanel({ refusals }: { readonly refusals: readonly Reason[] }) {
  return (
    <Panel title="Refusals" text="Why tokens were refused in the last seven days.">
      {refusals.length === 0 ? (
        <p>None.</p>
      ) : (
        <Table label="Refusals by reason" columns={columns} rows={refusals} rowKey={({ reason }) => reason} />
      )}
    </Panel>
  );
}
