import "./tabs.css";
import { Tabs as BaseTabs } from "@base-ui/react/tabs";
import type { ReactNode } from "react";

export type Tab = {
  readonly id: string;
  readonly title: string;
  readonly content: ReactNode;
};

/** Sheets on one page that need no address of their own. For parts of a page that have one, see `TabLinks`. */
export function Tabs({ label, tabs }: { readonly label: string; readonly tabs: readonly Tab[] }) {
  return (
    <BaseTabs.Root defaultValue={tabs[0]?.id}>
      <BaseTabs.List className="tabs__list" aria-label={label}>
        {tabs.map(({ id, title }) => (
          <BaseTabs.Tab key={id} value={id} className="tabs__tab">
            {title}
          </BaseTabs.Tab>
        ))}
      </BaseTabs.List>
      {tabs.map(({ id, content }) => (
        <BaseTabs.Panel key={id} value={id} className="tabs__panel">
          {content}
        </BaseTabs.Panel>
      ))}
    </BaseTabs.Root>
  );
}

/** Links that look like tabs: `<Link className="tabs__tab" …>`; the router marks the current one. */
export function TabLinks({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <nav className="tabs__list" aria-label={label}>
      {children}
    </nav>
  );
}
