import type { Administrator } from "@biped/management-client";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { mayActAs } from "../../api/permissions.ts";
import { useList, useOperation } from "../../api/queries.ts";
import { useSession } from "../../api/session.ts";
import { Button } from "../../design/button.tsx";
import { Toolbar } from "../../design/layout.tsx";
import { lazyPart } from "../../design/lazy-part.tsx";
import { ListView } from "../../design/list-view.tsx";
import { EmptyState } from "../../design/states.tsx";
import { createMemberColumns } from "./member-columns.tsx";

const route = getRouteApi("/signed-in/accounts/$accountId/members");
const AddMemberDialog = lazyPart(() => import("./add-member-dialog.tsx").then((module) => module.AddMemberDialog));
const ChangeRoleDialog = lazyPart(() => import("./change-role-dialog.tsx").then((module) => module.ChangeRoleDialog));
const EndMembershipDialog = lazyPart(() =>
  import("./end-membership-dialog.tsx").then((module) => module.EndMembershipDialog),
);

type Open = "add" | { readonly intent: "role" | "end"; readonly member: Administrator } | undefined;

/** Who may do what in this account. */
export function MembersTab() {
  const { accountId } = route.useParams();
  const { data: account } = useOperation("GET /api/accounts/:accountId", { params: { accountId } });
  const [open, setOpen] = useState<Open>(undefined);
  const close = (): void => setOpen(undefined);
  const mayChange = mayActAs(account?.role, "owner");
  const add = mayChange ? (
    <Button kind="primary" icon="plus" onClick={() => setOpen("add")}>
      Add member
    </Button>
  ) : undefined;
  const dialog = { accountId, onClose: close };
  return (
    <>
      <Toolbar>
        <p className="muted">Platform owners may do everything here too, and are not listed.</p>
        {add}
      </Toolbar>
      <MemberList
        accountId={accountId}
        add={add}
        onIntend={mayChange ? (intent, member) => setOpen({ intent, member }) : undefined}
      />
      {open === "add" && <AddMemberDialog {...dialog} />}
      {typeof open === "object" && open.intent === "role" && <ChangeRoleDialog {...dialog} member={open.member} />}
      {typeof open === "object" && open.intent === "end" && <EndMembershipDialog {...dialog} member={open.member} />}
    </>
  );
}

type MemberListProps = {
  readonly accountId: number;
  readonly add: ReactNode;
  readonly onIntend: ((intent: "role" | "end", member: Administrator) => void) | undefined;
};

function MemberList({ accountId, add, onIntend }: MemberListProps) {
  const ownId = useSession().administrator.id;
  const list = useList("GET /api/administrators", (cursor) => ({ query: { accountId, cursor } }));
  return (
    <ListView
      label="Members"
      noun="member"
      list={list}
      columns={createMemberColumns({ accountId, ownId, onIntend })}
      rowKey={({ id }) => id}
      empty={
        <EmptyState icon="administrators" title="No members yet" actions={add}>
          Members sign in to this console and see this account alone. A viewer looks, an administrator makes
          credentials, an owner also decides who the members are.
        </EmptyState>
      }
    />
  );
}
