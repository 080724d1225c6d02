import "./badge.css";
import type { ReactNode } from "react";
import { findStateLook } from "./state-look.ts";

export type BadgeKind = "neutral" | "success" | "warning" | "danger" | "accent";

/** Its words are one text, spaces and all, also where a part of them is an element of its own. */
export function Badge({ kind = "neutral", children }: { readonly kind?: BadgeKind; readonly children: ReactNode }) {
  return (
    <span className={`badge badge--${kind}`}>
      <span>{children}</span>
    </span>
  );
}

/** One look for each state that the service names, on every page. The word says it, the colour repeats it. */
export function StateBadge({ state }: { readonly state: string }) {
  return (
    <span className={`badge badge--${findStateLook(state)}`}>
      <span className="badge__dot" aria-hidden="true" />
      {state}
    </span>
  );
}
