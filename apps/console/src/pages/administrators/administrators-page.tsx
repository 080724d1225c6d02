import type { Administrator } from "@biped/management-client";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { isPlatformOwner } from "../../api/permissions.ts";
import { useList } from "../../api/queries.ts";
import { useSession } from "../../api/session.ts";
import { Button } from "../../design/button.tsx";
import { PageHeader, Toolbar } from "../../design/layout.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";
import { ListView } from "../../design/list-view.tsx";
import { SearchField } from "../../design/search-field.tsx";
import { EmptyState } from "../../design/states.tsx";
import { usePageTitle } from "../../shell/page-title.ts";
import { createColumns } from "./administrator-columns.tsx";
import type { Intent } from "./administrator-dialog.tsx";

const route = getRouteApi("/signed-in/administrators");
const InviteDialog = lazyPart(() => import("./invite-dialog.tsx").then((module) => module.InviteDialog));
const AdministratorDialog = lazyPart(() =>
  import("./administrator-dialog.tsx").then((module) => module.AdministratorDialog),
);

type Open = "invite" | { readonly intent: Intent; readonly administrator: Administrator } | undefined;

export function AdministratorsPage() {
  usePageTitle("Administrators");
  const [open, setOpen] = useState<Open>(undefined);
  const { search } = route.useSearch();
  const navigate = route.useNavigate();
  const mayChange = isPlatformOwner(useSession().administrator);
  const close = (): void => setOpen(undefined);
  const invite = mayChange && (
    <Button kind="primary" icon="plus" onClick={() => setOpen("invite")}>
      Invite platform owner
    </Button>
  );
  return (
    <>
      <PageHeader title="Administrators" text={mayChange ? ownerText : memberText} actions={invite || undefined} />
      <Toolbar>
        <SearchField
          label="Search administrators"
          value={search}
          onSearch={(text) => void navigate({ search: { search: text }, replace: true })}
        />
      </Toolbar>
      <AdministratorList
        search={search}
        onIntend={mayChange ? (intent, administrator) => setOpen({ intent, administrator }) : undefined}
      />
      {open === "invite" && <InviteDialog onClose={close} />}
      {typeof open === "object" && <AdministratorDialog {...open} onClose={close} />}
    </>
  );
}

const ownerText =
  "People who sign in to this console. Platform owners are invited here, members of an account on the account's page.";
const memberText = "People of the accounts that you see. Members are added and removed on the page of their account.";

type AdministratorListProps = {
  readonly search: string | undefined;
  readonly onIntend: ((intent: Intent, administrator: Administrator) => void) | undefined;
};

function AdministratorList({ search, onIntend }: AdministratorListProps) {
  const ownId = useSession().administrator.id;
  const list = useList("GET /api/administrators", (cursor) => ({ query: { search, cursor } }));
  return (
    <ListView
      label="Administrators"
      noun="administrator"
      list={list}
      columns={createColumns({ ownId, onIntend })}
      rowKey={({ id }) => id}
      empty={
        <EmptyState icon="search" title="Nobody is called so">
          Nobody has “{search}” in their name or e-mail address. Try a part of it.
        </EmptyState>
      }
    />
  );
}
