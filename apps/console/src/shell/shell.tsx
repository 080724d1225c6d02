import "./shell.css";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useSession } from "../api/session.ts";
import { formatButtonClass, IconButton } from "../design/button.tsx";
import { Callout } from "../design/callout.tsx";
import { Icon } from "../design/icon.tsx";
import { lazyPart } from "../design/lazy-part.tsx";
import { AccountSwitcher } from "./account-switcher.tsx";
import { Brand } from "./brand.tsx";
import { Navigation } from "./navigation.tsx";
import { useTypedAhead } from "./typed-ahead.ts";
import { useKeys } from "./use-keys.ts";
import { UserMenu } from "./user-menu.tsx";

const CommandPalette = lazyPart(() => import("./command-palette.tsx").then((module) => module.CommandPalette));
const KeyHelp = lazyPart(() => import("./key-help.tsx").then((module) => module.KeyHelp));
const MobileMenu = lazyPart(() => import("./mobile-menu.tsx").then((module) => module.MobileMenu));

type Open = "palette" | "help" | "menu" | undefined;

/** What is round every page of somebody who is signed in. */
export function Shell() {
  const [open, setOpen] = useState<Open>(undefined);
  useKeys(setOpen);
  const takeTyped = useTypedAhead(open === "palette");
  const main = useFocusOnNewPage();
  const close = (): void => setOpen(undefined);
  return (
    <>
      <a className="skip-link" href="#main">
        Skip to the page
      </a>
      <div className="shell">
        <TopBar onOpen={setOpen} />
        <Side onOpen={setOpen} />
        <main className="shell__main" id="main" tabIndex={-1} ref={main}>
          <SecondFactorBanner />
          <Outlet />
        </main>
      </div>
      {open === "palette" && <CommandPalette takeTyped={takeTyped} onClose={close} />}
      {open === "help" && <KeyHelp onClose={close} />}
      {open === "menu" && <MobileMenu onClose={close} />}
    </>
  );
}

/** A new page begins at its beginning, for screen readers and the keyboard too. */
function useFocusOnNewPage() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return main;
}

type BarProps = { readonly onOpen: (open: Open) => void };

function Side({ onOpen }: BarProps) {
  return (
    <header className="shell__side">
      <Link to="/" className="shell__brand" aria-label="Biped: overview">
        <Brand />
      </Link>
      <button type="button" className="side-button" onClick={() => onOpen("palette")}>
        <Icon name="search" />
        <span className="side-button__text">Search</span>
        <span className="key" aria-hidden="true">
          Ctrl K
        </span>
      </button>
      <Navigation kind="side" />
      <div>
        <AccountSwitcher />
        <UserMenu kind="side" onShowKeys={() => onOpen("help")} />
      </div>
    </header>
  );
}

function TopBar({ onOpen }: BarProps) {
  return (
    <header className="shell__top">
      <IconButton icon="menu" label="Menu" onClick={() => onOpen("menu")} />
      <Link to="/" className="shell__brand" aria-label="Biped: overview">
        <Brand />
      </Link>
      <IconButton icon="search" label="Search" onClick={() => onOpen("palette")} />
      <UserMenu kind="top" onShowKeys={() => onOpen("help")} />
    </header>
  );
}

/** until there is a second factor, all that changes something is refused. */
function SecondFactorBanner() {
  const { mustEnrolSecondFactor } = useSession();
  if (!mustEnrolSecondFactor) return null;
  const enrol = (
    <Link to="/you" className={formatButtonClass({ size: "small" })}>
      Set up a second factor
    </Link>
  );
  return (
    <div className="shell__banner">
      <Callout kind="warning" title="Set up a second factor" actions={enrol}>
        Who can make credentials needs more than a password. Until then you can look, and change nothing.
      </Callout>
    </div>
  );
}
