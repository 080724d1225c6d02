import { useEffect } from "react";

/** The title of the tab: what the page shows first, then whose it is. */
export function usePageTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title === undefined ? "Biped console" : `${title} · Biped console`;
  }, [title]);
}
