import type { Administrator, Role } from "@biped/management-client";
import { Badge, StateBadge } from "../../design/badge.tsx";
import { IconButton } from "../../design/button.tsx";
import { Menu, MenuItem } from "../../design/menu.tsx";
import type { Column } from "../../design/table.tsx";
import { TimeOr } from "../../design/time-text.tsx";
import { Person } from "../administrators/administrator-columns.tsx";

type ColumnOptions = {
  readonly accountId: number;
  readonly ownId: string;
  /** Undefined for who may change nobody. */
  readonly onIntend: ((intent: "role" | "end", member: Administrator) => void) | undefined;
};

export function createMemberColumns({ accountId, ownId, onIntend }: ColumnOptions): readonly Column<Administrator>[] {
  const columns: readonly Column<Administrator>[] = [
    {
      id: "name",
      title: "Name",
      isTitle: true,
      cell: (member) => <Person administrator={member} isOwn={member.id === ownId} />,
    },
    { id: "role", title: "Role", cell: (member) => <Badge>{findMemberRole(member, accountId) ?? "none"}</Badge> },
    { id: "state", title: "State", cell: ({ state }) => <StateBadge state={state} /> },
    {
      id: "last",
      title: "Last sign-in",
      cell: ({ lastSignedInAt }) => <TimeOr instant={lastSignedInAt} otherwise="never" />,
    },
  ];
  if (onIntend === undefined) return columns;
  const cell = (member: Administrator) => (
    <Menu align="end" trigger={<IconButton icon="more" label={`Actions for ${member.name}`} />}>
      <MenuItem onSelect={() => onIntend("role", member)}>Change role</MenuItem>
      <MenuItem kind="danger" onSelect={() => onIntend("end", member)}>
        End membership
      </MenuItem>
    </Menu>
  );
  return [...columns, { id: "actions", title: "Actions", isTitleHidden: true, align: "end", cell }];
}

export function findMemberRole(member: Pick<Administrator, "memberships">, accountId: number): Role | undefined {
  return member.memberships.find((membership) => membership.accountId === accountId)?.role;
}
