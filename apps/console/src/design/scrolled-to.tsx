import type { ReactNode } from "react";

function scrollTo(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: "nearest" });
}

/** What appears in something that scrolls, such as the body of a long dialog, is seen at once. */
export function ScrolledTo({ children }: { readonly children: ReactNode }) {
  return <div ref={scrollTo}>{children}</div>;
}
