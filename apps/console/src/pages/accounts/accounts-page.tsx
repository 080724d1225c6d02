import type { Account } from "@biped/management-client";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { isPlatformOwner } from "../../api/permissions.ts";
import { useList } from "../../api/queries.ts";
import { useSession } from "../../api/session.ts";
import { StateBadge } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import { PageHeader, Toolbar } from "../../design/layout.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";
import { ListView } from "../../design/list-view.tsx";
import { SearchField } from "../../design/search-field.tsx";
import { EmptyState } from "../../design/states.tsx";
import type { Column } from "../../design/table.tsx";
import { TimeText } from "../../design/time-text.tsx";
import type { ListSearch } from "../../search-parameters.ts";
import { usePageTitle } from "../../shell/page-title.ts";

const route = getRouteApi("/signed-in/accounts");
const CreateAccountDialog = lazyPart(() =>
  import("./create-account-dialog.tsx").then((module) => module.CreateAccountDialog),
);

/** The exemplary list: its search and sort are in the address, so that a link shows the same. */
export function AccountsPage() {
  usePageTitle("Accounts");
  const [isCreating, setCreating] = useState(false);
  const { search } = route.useSearch();
  const navigate = route.useNavigate();
  const change = (next: ListSearch): void =>
    void navigate({ search: (former) => ({ ...former, ...next }), replace: true });
  const mayCreate = isPlatformOwner(useSession().administrator);
  const create = mayCreate && (
    <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
      Create account
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Accounts"
        text="An account is a customer of yours. It owns projects and credentials."
        actions={create || undefined}
      />
      <Toolbar>
        <SearchField label="Search accounts" value={search} onSearch={(text) => change({ search: text })} />
      </Toolbar>
      <AccountList create={create || undefined} onSort={(sort) => change({ sort })} />
      {isCreating && <CreateAccountDialog onClose={() => setCreating(false)} />}
    </>
  );
}

type Sort = "id" | "name";

const columns: readonly Column<Account, Sort>[] = [
  {
    id: "name",
    title: "Account",
    sort: "name",
    isTitle: true,
    cell: ({ id, name }) => (
      <Link className="table__link" to="/accounts/$accountId" params={{ accountId: id }}>
        {name}
      </Link>
    ),
  },
  { id: "id", title: "Id", sort: "id", align: "end", cell: ({ id }) => id },
  {
    id: "projects",
    title: "Projects",
    align: "end",
    cell: ({ projectCount }) => projectCount,
  },
  {
    id: "credentials",
    title: "Credentials",
    align: "end",
    cell: ({ credentialCount }) => credentialCount,
  },
  {
    id: "state",
    title: "State",
    cell: ({ state }) => <StateBadge state={state} />,
  },
  {
    id: "created",
    title: "Created",
    cell: ({ createdAt }) => <TimeText instant={createdAt} />,
  },
];

type AccountListProps = {
  readonly create: ReactNode;
  readonly onSort: (sort: Sort | `-${Sort}`) => void;
};

function AccountList({ create, onSort }: AccountListProps) {
  const { search, sort } = route.useSearch();
  const list = useList("GET /api/accounts", (cursor) => ({
    query: { search, sort, cursor },
  }));
  return (
    <ListView
      label="Accounts"
      noun="account"
      list={list}
      columns={columns}
      rowKey={({ id }) => id}
      sort={sort}
      onSort={onSort}
      empty={<NoAccounts search={search} create={create} />}
    />
  );
}

function NoAccounts({ search, create }: { readonly search: string | undefined; readonly create: ReactNode }) {
  if (search !== undefined) {
    return (
      <EmptyState icon="search" title="No account is called so">
        Nothing has “{search}” in its name, or as its id. Try a part of the name.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon="account" title="No accounts yet" actions={create}>
      Create an account for each customer, then its projects on their clouds, then credentials for the programs that
      call your API.
    </EmptyState>
  );
}
