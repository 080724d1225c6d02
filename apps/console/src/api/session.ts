import type { Session } from "@biped/management-client";
import { type QueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { readOperation } from "./queries.ts";

/** Who is signed in. Read before any page that needs it is shown. */
export const sessionQuery = {
  ...readOperation("GET /api/session", {}),
  staleTime: 60_000,
};

export const signInOptionsQuery = {
  ...readOperation("GET /api/sign-in-options", {}),
  staleTime: 60_000,
};

/** Only below the shell, where somebody is signed in. */
export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data;
}

/** What one person saw is not shown to the next. */
export function forgetEverything(queryClient: QueryClient): void {
  queryClient.clear();
}
