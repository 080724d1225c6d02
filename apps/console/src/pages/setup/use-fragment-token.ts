import { useEffect, useState } from "react";
import { readFragmentToken } from "./fragment-token.ts";

/** Read once, then taken out of the address, so that it stays neither in the history nor on the screen. */
export function useFragmentToken(kind: "setup" | "invite"): string | undefined {
  const [token] = useState(() => readFragmentToken(window.location.hash, kind));
  useEffect(() => {
    if (token !== undefined) window.history.replaceState(window.history.state, "", window.location.pathname);
  }, [token]);
  return token;
}
