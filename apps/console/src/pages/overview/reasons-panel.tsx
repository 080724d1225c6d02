import type { Overview } from "@biped/management-client";
import { Panel } from "../../design/layout.tsx";
import { type Column, Table } from "../../design/table.tsx";

type Reason = Overview["refusals"][number];

const columns: readonly Column<Reason>[] = [
  {
    id: "reason",
    title: "Why",
    isTitle: true,
    cell: ({ explanation, reason }) => (
      <>
        {explanation}
        <span className="table__below">In the log: {reason}</span>
      </>
    ),
  },
  { id: "count", title: "Times", align: "end", cell: ({ count }) => count },
];

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
