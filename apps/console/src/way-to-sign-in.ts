import type { ConsoleRouter } from "./router.tsx";

const publicPages = /^\/(sign-in|setup|invitation)(?:\/|$)/;

/** For a session that ended while a page was open. Where one was is kept, and comes back after sign-in. */
export function createWayToSignIn(router: ConsoleRouter): () => void {
  return () => {
    const { pathname, href } = router.state.location;
    if (publicPages.test(pathname)) return;
    void router.navigate({
      to: "/sign-in",
      search: { returnTo: href },
      replace: true,
    });
  };
}
