import type { Administrator } from "@biped/management-client";
import { Link } from "@tanstack/react-router";
import { useAction } from "../../api/actions.ts";
import { Badge, StateBadge } from "../../design/badge.tsx";
import { IconButton } from "../../design/button.tsx";
import { Menu, MenuItem } from "../../design/menu.tsx";
import type { Column } from "../../design/table.tsx";
import { TimeOr } from "../../design/time-text.tsx";
import { showToast } from "../../design/toast.ts";
import { useShownFailure } from "../../design/use-shown-failure.ts";
import type { Intent } from "./administrator-dialog.tsx";
import "./administrators.css";

type OnIntend = (intent: Intent, administrator: Administrator) => void;

type ColumnOptions = {
  readonly ownId: string;
  /** Undefined for who may change nobody. */
  readonly onIntend: OnIntend | undefined;
};

export function createColumns({ ownId, onIntend }: ColumnOptions): readonly Column<Administrator>[] {
  const columns: readonly Column<Administrator>[] = [
    {
      id: "name",
      title: "Name",
      isTitle: true,
      cell: (administrator) => <Person administrator={administrator} isOwn={administrator.id === ownId} />,
    },
    { id: "state", title: "State", cell: ({ state }) => <StateBadge state={state} /> },
    { id: "roles", title: "Roles", cell: (administrator) => <Roles administrator={administrator} /> },
    {
      id: "factor",
      title: "Second factor",
      cell: ({ hasSecondFactor }) => (hasSecondFactor ? "yes" : <span className="muted">none here</span>),
    },
    {
      id: "last",
      title: "Last sign-in",
      cell: ({ lastSignedInAt }) => <TimeOr instant={lastSignedInAt} otherwise="never" />,
    },
  ];
  if (onIntend === undefined) return columns;
  const cell = (administrator: Administrator) =>
    administrator.id === ownId ? null : <Actions administrator={administrator} onIntend={onIntend} />;
  return [...columns, { id: "actions", title: "Actions", isTitleHidden: true, align: "end", cell }];
}

export function Person({ administrator, isOwn }: { readonly administrator: Administrator; readonly isOwn: boolean }) {
  const { name, email } = administrator;
  return (
    <span className="person">
      <span className="person__name">
        {name} {isOwn && <Badge kind="accent">you</Badge>}
      </span>
      {name !== email && <span className="table__below">{email}</span>}
    </span>
  );
}

function Roles({ administrator: { platformRole, memberships } }: { readonly administrator: Administrator }) {
  if (platformRole === null && memberships.length === 0) return <span className="muted">no account</span>;
  return (
    <ul className="person__roles">
      {platformRole !== null && (
        <li>
          <Badge kind="accent">platform owner</Badge>
        </li>
      )}
      {memberships.map(({ accountId, accountName, role }) => (
        <li key={accountId}>
          {role} of{" "}
          <Link to="/accounts/$accountId/members" params={{ accountId }}>
            {accountName}
          </Link>
        </li>
      ))}
    </ul>
  );
}

type ActionsProps = { readonly administrator: Administrator; readonly onIntend: OnIntend };

function Actions({ administrator, onIntend }: ActionsProps) {
  const { name, state, platformRole } = administrator;
  const enable = useEnabling(administrator);
  return (
    <Menu align="end" trigger={<IconButton icon="more" label={`Actions for ${name}`} />}>
      {platformRole === null ? (
        <MenuItem onSelect={() => onIntend("give-role", administrator)}>Make platform owner</MenuItem>
      ) : (
        <MenuItem onSelect={() => onIntend("take-role", administrator)}>Take the platform role</MenuItem>
      )}
      <MenuItem onSelect={() => onIntend("invite-again", administrator)}>New invitation</MenuItem>
      {state === "disabled" ? (
        <MenuItem onSelect={enable}>Enable</MenuItem>
      ) : (
        <MenuItem kind="danger" onSelect={() => onIntend("disable", administrator)}>
          Disable
        </MenuItem>
      )}
    </Menu>
  );
}

/** At once: it takes nothing from anybody, and can be taken back. */
function useEnabling({ id, email, version }: Administrator): () => void {
  const action = useAction("PATCH /api/administrators/:administratorId");
  useShownFailure(action.failure);
  return () => {
    const input = { params: { administratorId: id }, body: { state: "enabled" } } as const;
    void action.run(input, { ifVersion: version }).then((done) => {
      if (done !== undefined) showToast({ title: "Administrator enabled", text: email });
    });
  };
}
