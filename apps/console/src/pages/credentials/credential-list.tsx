import type { Credential } from "@biped/management-client";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useList } from "../../api/queries.ts";
import { StateBadge } from "../../design/badge.tsx";
import { ListView } from "../../design/list-view.tsx";
import type { Column } from "../../design/table.tsx";
import { TimeOr } from "../../design/time-text.tsx";
import type { CredentialListSearch } from "../../search-parameters.ts";
import { EndText } from "./end-text.tsx";
import "./credentials.css";

type Sort = "name" | "createdAt";

const columns: readonly Column<Credential, Sort>[] = [
  {
    id: "name",
    title: "Credential",
    sort: "name",
    isTitle: true,
    cell: ({ clientId, name }) => (
      <>
        <Link className="table__link" to="/credentials/$clientId" params={{ clientId }}>
          {name}
        </Link>
        <span className="table__below mono">{clientId}</span>
      </>
    ),
  },
  { id: "scopes", title: "Scopes", cell: ({ scopes }) => <ScopeNames scopes={scopes} /> },
  {
    id: "used",
    title: "Last use",
    cell: ({ lastUsedAt }) => <TimeOr instant={lastUsedAt} otherwise="never" />,
  },
  { id: "ends", title: "Ends", cell: ({ expiresAt }) => <EndText expiresAt={expiresAt} /> },
  { id: "state", title: "State", cell: ({ effectiveState }) => <StateBadge state={effectiveState} /> },
];

const levelColumn: Column<Credential, Sort> = {
  id: "level",
  title: "For",
  cell: ({ projectName }) => projectName ?? <span className="muted">the account</span>,
};

function ScopeNames({ scopes }: { readonly scopes: readonly string[] }) {
  const [first, ...rest] = scopes;
  return (
    <span>
      <span className="mono">{first}</span>
      {rest.length > 0 && <span className="table__below">and {rest.length} more</span>}
    </span>
  );
}

type CredentialListProps = {
  readonly owner: { readonly accountId: number } | { readonly projectId: number };
  readonly search: CredentialListSearch;
  readonly onSort: (sort: Sort | `-${Sort}`) => void;
  /** In the place of an empty list. */
  readonly empty: ReactNode;
};

export function CredentialList({ owner, search, onSort, empty }: CredentialListProps) {
  const { level, ...filters } = search;
  const isOfAccount = "accountId" in owner;
  const ofLevel = isOfAccount && level !== "all" ? { level: level ?? ("account" as const) } : {};
  const list = useList("GET /api/credentials", (cursor) => ({ query: { ...owner, ...ofLevel, ...filters, cursor } }));
  const [title, ...others] = columns;
  const shown = title !== undefined && isOfAccount && level !== undefined ? [title, levelColumn, ...others] : columns;
  return (
    <ListView
      label="Credentials"
      noun="credential"
      list={list}
      columns={shown}
      rowKey={({ clientId }) => clientId}
      sort={search.sort}
      onSort={onSort}
      empty={empty}
    />
  );
}
