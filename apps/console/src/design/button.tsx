import "./button.css";
import type { ComponentProps } from "react";
import { joinClassNames } from "./class-names.ts";
import { Icon, type IconName } from "./icon.tsx";

export type ButtonLook = {
  /** One primary a page or dialog at most; `danger` only where something is destroyed. */
  readonly kind?: "primary" | "secondary" | "quiet" | "danger";
  readonly size?: "medium" | "small";
  readonly isWide?: boolean;
};

type ButtonProps = Omit<ComponentProps<"button">, "className" | "disabled"> &
  ButtonLook & {
    readonly icon?: IconName;
    readonly isLoading?: boolean;
    readonly isDisabled?: boolean;
  };

/** For what must be a link and looks like a button: `<Link className={formatButtonClass({ kind: "primary" })}>`. */
export function formatButtonClass({ kind = "secondary", size = "medium", isWide = false }: ButtonLook = {}): string {
  return joinClassNames("button", `button--${kind}`, size === "small" && "button--small", isWide && "button--wide");
}

/** Stays focusable while it is loading or disabled, so that the keyboard's place is not lost. */
export function Button({ kind, size, isWide, icon, isLoading, isDisabled, children, ...rest }: ButtonProps) {
  const isInert = isLoading === true || isDisabled === true;
  const look = {
    kind: kind ?? "secondary",
    size: size ?? "medium",
    isWide: isWide ?? false,
  } as const;
  return (
    <button
      type="button"
      {...rest}
      className={formatButtonClass(look)}
      aria-disabled={isInert || undefined}
      aria-busy={isLoading === true || undefined}
      onClick={(event) => {
        if (isInert) event.preventDefault();
        else rest.onClick?.(event);
      }}
    >
      {isLoading === true ? <span className="button__spinner" aria-hidden="true" /> : icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

type IconButtonProps = Omit<ComponentProps<"button">, "className" | "children" | "aria-label"> & {
  readonly icon: IconName;
  /** What it does, in words. */
  readonly label: string;
};

export function IconButton({ icon, label, ...rest }: IconButtonProps) {
  return (
    <button type="button" {...rest} className="icon-button" aria-label={label}>
      <Icon name={icon} />
    </button>
  );
}
