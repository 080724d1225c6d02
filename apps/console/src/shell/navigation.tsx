import { Link } from "@tanstack/react-router";
import { isPlatformOwner } from "../api/permissions.ts";
import { useSession } from "../api/session.ts";
import { joinClassNames } from "../design/class-names.ts";
import { Icon } from "../design/icon.tsx";
import { findPlaces } from "./places.ts";

type NavigationProps = {
  readonly kind: "side" | "menu";
  readonly onGo?: () => void;
};

export function Navigation({ kind, onGo }: NavigationProps) {
  const { administrator } = useSession();
  return (
    <nav className={joinClassNames("navigation", kind === "menu" && "navigation--menu")} aria-label="Console">
      <ul>
        {findPlaces(isPlatformOwner(administrator)).map(({ to, title, icon }) => (
          <li key={to}>
            <Link
              to={to}
              className="navigation__link"
              activeOptions={{ exact: to === "/", includeSearch: false }}
              activeProps={{ "aria-current": "page" }}
              onClick={() => onGo?.()}
            >
              <Icon name={icon} />
              {title}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
