import "./states.css";
import type { ReactNode } from "react";
import { readFailure } from "../api/failure.ts";
import { Button } from "./button.tsx";
import { FailureCallout } from "./callout.tsx";
import { Icon, type IconName } from "./icon.tsx";

type EmptyStateProps = {
  readonly icon: IconName;
  readonly title: string;
  /** What such a thing is for, and what to do to have the first one. */
  readonly children: ReactNode;
  readonly actions?: ReactNode;
};

/** Nothing is here yet, or nothing was found: it teaches the next step. */
export function EmptyState({ icon, title, children, actions }: EmptyStateProps) {
  return (
    <div className="empty-state">
      <span className="empty-state__icon">
        <Icon name={icon} size={20} />
      </span>
      <h2>{title}</h2>
      <p className="empty-state__text">{children}</p>
      {actions !== undefined && <div className="empty-state__actions">{actions}</div>}
    </div>
  );
}

type ErrorStateProps = {
  readonly error: unknown;
  readonly onRetry?: () => void;
};

/** In the place of what could not be read. */
export function ErrorState({ error, onRetry }: ErrorStateProps) {
  const failure = readFailure(error);
  const mayRetry = onRetry !== undefined && failure.kind !== "not-found" && failure.kind !== "forbidden";
  const retry = mayRetry && (
    <Button size="small" icon="rotate" onClick={onRetry}>
      Try again
    </Button>
  );
  return (
    <div className="error-state">
      <FailureCallout failure={failure} actions={retry || undefined} />
    </div>
  );
}

/** As wide as the text that will be there: `width="8rem"`. */
export function Skeleton({ width = "100%" }: { readonly width?: string }) {
  return <span className="skeleton" style={{ width }} aria-hidden="true" />;
}

export function TableSkeleton({ rows = 6, columns = 4 }: { readonly rows?: number; readonly columns?: number }) {
  return (
    <div className="skeleton-table" role="status">
      <span className="visually-hidden">Loading</span>
      {Array.from({ length: rows }, (_row, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: The rows are alike and never move.
        <div key={row} className="skeleton-table__row">
          {Array.from({ length: columns }, (_column, column) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: The columns are alike and never move.
            <Skeleton key={column} />
          ))}
        </div>
      ))}
    </div>
  );
}
