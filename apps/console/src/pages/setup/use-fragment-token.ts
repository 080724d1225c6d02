import { useEffect, useState } from "react";
import { readFragmentToken } from "./fragment-token.ts";

/**
 * Read, then taken out of the address, so that it stays neither in the history nor on the screen. A link that is opened
 * where its page is shown already changes the fragment alone, and loads nothing.
 */
export function useFragmentToken(kind: "setup" | "invite"): string | undefined {
  const [token, setToken] = useState(() => readFragmentToken(window.location.hash, kind));
  useEffect(() => {
    const read = (): void => {
      const found = readFragmentToken(window.location.hash, kind);
      if (found === undefined) return;
      setToken(found);
      window.history.replaceState(window.history.state, "", window.location.pathname);
    };
    read();
    window.addEventListener("hashchange", read);
    return () => window.removeEventListener("hashchange", read);
  }, [kind]);
  return token;
}
