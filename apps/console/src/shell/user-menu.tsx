import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useAction } from "../api/actions.ts";
import { forgetEverything, useSession } from "../api/session.ts";
import { Icon } from "../design/icon.tsx";
import { Menu, MenuGroup, MenuItem, MenuSeparator } from "../design/menu.tsx";
import { showFailure } from "../design/toast.ts";
import { setTheme, useTheme } from "./theme.ts";

const themes = [
  { theme: "system", title: "As the system", icon: "system" },
  { theme: "light", title: "Light", icon: "sun" },
  { theme: "dark", title: "Dark", icon: "moon" },
] as const;

type UserMenuProps = {
  readonly kind: "side" | "top";
  readonly onShowKeys: () => void;
};

export function UserMenu({ kind, onShowKeys }: UserMenuProps) {
  const { administrator } = useSession();
  const chosen = useTheme();
  const signOut = useSignOut();
  return (
    <Menu trigger={createTrigger(kind, administrator.name)} side={kind === "side" ? "top" : "bottom"} align="end">
      <MenuGroup label={administrator.email}>
        <MenuItem icon="person" link={<Link to="/you" />}>
          Your account
        </MenuItem>
        <MenuItem icon="keyboard" onSelect={onShowKeys}>
          Keys
        </MenuItem>
      </MenuGroup>
      <MenuSeparator />
      <MenuGroup label="Theme">
        {themes.map(({ theme, title, icon }) => (
          <MenuItem key={theme} icon={icon} isChosen={theme === chosen} onSelect={() => setTheme(theme)}>
            {title}
          </MenuItem>
        ))}
      </MenuGroup>
      <MenuSeparator />
      <MenuItem icon="sign-out" onSelect={signOut}>
        Sign out
      </MenuItem>
    </Menu>
  );
}

function createTrigger(kind: "side" | "top", name: string) {
  if (kind === "top") {
    return (
      <button type="button" className="icon-button" aria-label={`Your account: ${name}`}>
        <Icon name="person" size={18} />
      </button>
    );
  }
  return (
    <button type="button" className="side-button side-button--quiet">
      <Icon name="person" />
      <span className="side-button__text">{name}</span>
      <Icon name="up-down" size={14} />
    </button>
  );
}

function useSignOut(): () => void {
  const action = useAction("DELETE /api/session");
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  return () => {
    void action.run({}).then(async (done) => {
      if (done === undefined) return showFailure(signOutFailure);
      await navigate({ to: "/sign-in" });
      forgetEverything(queryClient);
    });
  };
}

const signOutFailure = {
  title: "You are still signed in",
  text: "The service could not end your session. Try again, or close the browser.",
};
