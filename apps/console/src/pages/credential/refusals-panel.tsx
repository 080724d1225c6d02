import type { CredentialRefusal } from "@biped/management-client";
import { useOperation } from "../../api/queries.ts";
import { Panel } from "../../design/layout.tsx";
import { ErrorState, TableSkeleton } from "../../design/states.tsx";
import { type Column, Table } from "../../design/table.tsx";
import { TimeText } from "../../design/time-text.tsx";
import { countColumn, reasonColumn } from "../usage/refusal-columns.tsx";

const columns: readonly Column<CredentialRefusal>[] = [
  reasonColumn,
  { id: "source", title: "From", cell: ({ source }) => <span className="mono">{source}</span> },
  countColumn,
  { id: "at", title: "Last", cell: ({ at }) => <TimeText instant={at} /> },
];

export function RefusalsPanel({ clientId }: { readonly clientId: string }) {
  return (
    <Panel title="Recent refusals" text="Why it did not get a token. Callers are told less.">
      <Refusals clientId={clientId} />
    </Panel>
  );
}

function Refusals({ clientId }: { readonly clientId: string }) {
  const { data, error, refetch } = useOperation("GET /api/credentials/:clientId/refusals", { params: { clientId } });
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <TableSkeleton columns={3} rows={2} />;
  if (data.items.length === 0) return <p>None.</p>;
  return (
    <Table
      label="Recent refusals"
      columns={columns}
      rows={data.items}
      rowKey={({ at, reason, source }) => `${at} ${reason} ${source}`}
    />
  );
}
