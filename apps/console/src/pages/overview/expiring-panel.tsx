import type { Overview } from "@biped/management-client";
import { Link } from "@tanstack/react-router";
import { Badge } from "../../design/badge.tsx";
import { Panel } from "../../design/layout.tsx";
import { type Column, Table } from "../../design/table.tsx";
import { TimeText } from "../../design/time-text.tsx";

type Expiring = Overview["expiring"][number];

const columns: readonly Column<Expiring>[] = [
  {
    id: "what",
    title: "What",
    isTitle: true,
    cell: ({ clientId, credentialName, what }) => (
      <>
        <Link className="table__link" to="/credentials/$clientId" params={{ clientId }}>
          {credentialName}
        </Link>
        <span className="table__below">{what === "secret" ? "one of its secrets" : "the credential"}</span>
      </>
    ),
  },
  { id: "ends", title: "Ends", cell: ({ expiresAt }) => <TimeText instant={expiresAt} /> },
  {
    id: "use",
    title: "Use",
    cell: ({ isInUse }) => (isInUse ? <Badge kind="warning">in use</Badge> : <Badge>silent for a day</Badge>),
  },
];

export function ExpiringPanel({ expiring }: { readonly expiring: readonly Expiring[] }) {
  return (
    <Panel title="Ending soon" text="What ends within 30 days. What is in use needs a successor.">
      {expiring.length === 0 ? (
        <p>Nothing ends within 30 days.</p>
      ) : (
        <Table
          label="Ending soon"
          columns={columns}
          rows={expiring}
          rowKey={({ clientId, secretId }) => secretId ?? clientId}
        />
      )}
    </Panel>
  );
}
