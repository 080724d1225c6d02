import { Link, useParams } from "@tanstack/react-router";
import { useOperation } from "../api/queries.ts";
import { Icon } from "../design/icon.tsx";
import { Menu, MenuGroup, MenuItem, MenuSeparator } from "../design/menu.tsx";

/** From account to account. Nobody with a single account needs it, so it is not shown to them. */
export function AccountSwitcher({ onGo }: { readonly onGo?: () => void }) {
  const { accountId } = useParams({ strict: false });
  const { data } = useOperation("GET /api/accounts", {
    query: { limit: 12, sort: "name" },
  });
  if (data === undefined || data.items.length < 2) return null;
  const current = data.items.find((account) => account.id === accountId);
  return (
    <Menu
      trigger={
        <button type="button" className="side-button side-button--quiet">
          <Icon name="account" />
          <span className="side-button__text">{current?.name ?? "Go to an account"}</span>
          <Icon name="up-down" size={14} />
        </button>
      }
    >
      <MenuGroup label="Accounts">
        {data.items.map((account) => (
          <MenuItem
            key={account.id}
            isChosen={account.id === accountId}
            link={<Link to="/accounts/$accountId" params={{ accountId: account.id }} />}
            onSelect={() => onGo?.()}
          >
            {account.name}
          </MenuItem>
        ))}
      </MenuGroup>
      <MenuSeparator />
      <MenuItem link={<Link to="/accounts" />} onSelect={() => onGo?.()}>
        All accounts
      </MenuItem>
    </Menu>
  );
}
