import type { Account } from "@biped/management-client";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { isPlatformOwner } from "../../api/permissions.ts";
import { useList } from "../../api/queries.ts";
import { useSession } from "../../api/session.ts";
import { StateBadge } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import { LoadMore, PageHeader, Toolbar } from "../../design/layout.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";
import { SearchField } from "../../design/search-field.tsx";
import { EmptyState, ErrorState, TableSkeleton } from "../../design/states.tsx";
import { type Column, Table } from "../../design/table.tsx";
import { TimeText } from "../../design/time-text.tsx";
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
        <SearchField
          label="Search accounts"
          value={search ?? ""}
          onSearch={(text) =>
            void navigate({
              search: (former) => ({ ...former, search: text || undefined }),
              replace: true,
            })
          }
        />
      </Toolbar>
      <AccountList create={create || undefined} />
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

function AccountList({ create }: { readonly create: ReactNode }) {
  const { search, sort } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useList("GET /api/accounts", (cursor) => ({
    query: { search, sort, cursor },
  }));
  if (list.error !== null) return <ErrorState error={list.error} onRetry={() => void list.refetch()} />;
  if (list.items === undefined) return <TableSkeleton columns={5} />;
  if (list.items.length === 0) return <NoAccounts search={search} create={create} />;
  return (
    <>
      <Table
        label="Accounts"
        columns={columns}
        rows={list.items}
        rowKey={({ id }) => id}
        sort={sort}
        onSort={(next) =>
          void navigate({
            search: (former) => ({ ...former, sort: next }),
            replace: true,
          })
        }
      />
      <LoadMore
        shownCount={list.items.length}
        noun={list.items.length === 1 ? "account" : "accounts"}
        hasMore={list.hasNextPage}
        isLoading={list.isFetchingNextPage}
        onLoadMore={() => void list.fetchNextPage()}
      />
    </>
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
