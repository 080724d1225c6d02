import "./layout.css";
import { Fragment, type ReactNode } from "react";
import { Button } from "./button.tsx";
import { joinClassNames } from "./class-names.ts";
import { Icon } from "./icon.tsx";

type PageHeaderProps = {
  readonly title: string;
  /** State and the like, beside the title. */
  readonly badges?: ReactNode;
  /** One sentence: what this is, for who sees it the first time. */
  readonly text?: ReactNode;
  /** Links from the top down to the parent; the page itself is the title. */
  readonly breadcrumbs?: readonly ReactNode[];
  readonly actions?: ReactNode;
};

/** The one h1 of a page. */
export function PageHeader({ title, badges, text, breadcrumbs, actions }: PageHeaderProps) {
  return (
    <header className="page-header">
      {breadcrumbs !== undefined && <Breadcrumbs links={breadcrumbs} />}
      <div className="page-header__line">
        <div>
          <div className="page-header__title">
            <h1>{title}</h1>
            {badges}
          </div>
          {text !== undefined && <p className="page-header__text">{text}</p>}
        </div>
        {actions !== undefined && <div className="page-header__actions">{actions}</div>}
      </div>
    </header>
  );
}

function Breadcrumbs({ links }: { readonly links: readonly ReactNode[] }) {
  return (
    <nav className="breadcrumbs" aria-label="Breadcrumbs">
      <ol>
        {links.map((link, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: The place in the path is what a crumb is.
          <li key={index}>
            {index > 0 && <Icon name="chevron-right" size={12} />}
            {link}
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** Search and filters to the left, what is done to the list to the right. */
export function Toolbar({ children }: { readonly children: ReactNode }) {
  return <div className="toolbar">{children}</div>;
}

type LoadMoreProps = {
  readonly shownCount: number;
  /** Singular: "account". */
  readonly noun: string;
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly onLoadMore: () => void;
};

/** Below a list. It says how many are shown, and is read out when there are more. */
export function LoadMore({ shownCount, noun, hasMore, isLoading, onLoadMore }: LoadMoreProps) {
  return (
    <div className="load-more">
      <span role="status">
        {shownCount} {shownCount === 1 ? noun : `${noun}s`}
        {hasMore && " so far"}
      </span>
      {hasMore && (
        <Button size="small" isLoading={isLoading} onClick={onLoadMore}>
          Show more
        </Button>
      )}
    </div>
  );
}

type PanelProps = {
  readonly title: string;
  readonly text?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
};

/** One matter of a page, under its own h2. */
export function Panel({ title, text, actions, children }: PanelProps) {
  return (
    <section className="panel">
      <div className="panel__head">
        <div>
          <h2>{title}</h2>
          {text !== undefined && <p className="muted">{text}</p>}
        </div>
        {actions}
      </div>
      {children}
    </section>
  );
}

export type Definition = { readonly term: string; readonly value: ReactNode };

export function DefinitionList({ items }: { readonly items: readonly Definition[] }) {
  return (
    <dl className="definitions">
      {items.map(({ term, value }) => (
        <Fragment key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}

/** Where one is in something of several steps. */
export function Stepper({ steps, current }: { readonly steps: readonly string[]; readonly current: number }) {
  return (
    <ol className="stepper" aria-label="Steps">
      {steps.map((step, index) => (
        <li
          key={step}
          className={joinClassNames("stepper__step", index < current && "stepper__step--done")}
          aria-current={index === current ? "step" : undefined}
        >
          <span className="stepper__mark">{index < current ? <Icon name="check" size={12} /> : index + 1}</span>
          {step}
          {index < current && <span className="visually-hidden">(done)</span>}
        </li>
      ))}
    </ol>
  );
}
