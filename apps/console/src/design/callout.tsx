import "./callout.css";
import type { ReactNode } from "react";
import type { Failure } from "../api/failure.ts";
import { Icon } from "./icon.tsx";

type CalloutProps = {
  readonly kind?: "info" | "success" | "warning" | "danger";
  readonly title?: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
  /** `alert` for what appears after something was tried, so that it is read out. */
  readonly role?: "alert" | "status";
};

const icons = {
  info: "info",
  success: "success",
  warning: "warning",
  danger: "warning",
} as const;

export function Callout({ kind = "info", title, children, actions, role }: CalloutProps) {
  return (
    <div className={`callout callout--${kind}`} role={role}>
      <Icon name={icons[kind]} />
      <div className="callout__body">
        {title !== undefined && <p className="callout__title">{title}</p>}
        {children !== undefined && <div className="callout__text">{children}</div>}
        {actions !== undefined && <div className="callout__actions">{actions}</div>}
      </div>
    </div>
  );
}

/** Why an action did not work, beside the button that began it. */
export function FailureCallout({ failure, actions }: { readonly failure: Failure; readonly actions?: ReactNode }) {
  const kind = failure.kind === "busy" || failure.kind === "changed-meanwhile" ? "warning" : "danger";
  return (
    <Callout kind={kind} title={failure.title} role="alert" actions={actions}>
      {failure.text}
      {failure.requestId !== undefined && (
        <p className="callout__request">
          Request <span className="mono">{failure.requestId}</span>
        </p>
      )}
    </Callout>
  );
}
