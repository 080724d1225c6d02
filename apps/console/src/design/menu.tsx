import "./menu.css";
import { Menu as BaseMenu } from "@base-ui/react/menu";
import type { ReactElement, ReactNode } from "react";
import { joinClassNames } from "./class-names.ts";
import { Icon, type IconName } from "./icon.tsx";

type MenuProps = {
  /** The button that opens it, with its own look and name. */
  readonly trigger: ReactElement;
  readonly side?: "top" | "bottom";
  readonly align?: "start" | "end";
  readonly children: ReactNode;
};

/** Items, separators and labels under a button. Arrow keys, letters and Escape work. */
export function Menu({ trigger, side = "bottom", align = "start", children }: MenuProps) {
  return (
    <BaseMenu.Root>
      <BaseMenu.Trigger render={trigger} />
      <BaseMenu.Portal>
        <BaseMenu.Positioner className="menu__positioner" side={side} align={align} sideOffset={6}>
          <BaseMenu.Popup className="menu">{children}</BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}

type MenuItemProps = {
  readonly icon?: IconName;
  readonly kind?: "plain" | "danger";
  readonly isDisabled?: boolean;
  readonly isChosen?: boolean;
  readonly onSelect?: () => void;
  /** For an item that leads somewhere: `<Link to="/you" />`. */
  readonly link?: ReactElement;
  readonly children: ReactNode;
};

export function MenuItem({ icon, kind, isDisabled, isChosen, onSelect, link, children }: MenuItemProps) {
  return (
    <BaseMenu.Item
      className={joinClassNames("menu__item", kind === "danger" && "menu__item--danger")}
      disabled={isDisabled ?? false}
      onClick={() => onSelect?.()}
      {...(link === undefined ? {} : { render: link })}
    >
      {icon !== undefined && <Icon name={icon} />}
      <span className="menu__text">{children}</span>
      {isChosen === true && (
        <>
          <Icon name="check" size={14} />
          <span className="visually-hidden">(chosen)</span>
        </>
      )}
    </BaseMenu.Item>
  );
}

export function MenuSeparator() {
  return <BaseMenu.Separator className="menu__separator" />;
}

export function MenuGroup({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <BaseMenu.Group>
      <BaseMenu.GroupLabel className="menu__label">{label}</BaseMenu.GroupLabel>
      {children}
    </BaseMenu.Group>
  );
}
