import type { ReactNode } from "react";

export type OwnItem = {
  readonly id: string;
  readonly title: ReactNode;
  readonly text: ReactNode;
  readonly action?: ReactNode;
};

/** What a person has several of: each with a line about it, and what can be done with it. */
export function OwnList({ label, items }: { readonly label: string; readonly items: readonly OwnItem[] }) {
  return (
    <ul className="you-list" aria-label={label}>
      {items.map(({ id, title, text, action }) => (
        <li key={id} className="you-list__item">
          <div className="you-list__words">
            <div className="you-list__title">{title}</div>
            <div className="you-list__text">{text}</div>
          </div>
          {action}
        </li>
      ))}
    </ul>
  );
}
