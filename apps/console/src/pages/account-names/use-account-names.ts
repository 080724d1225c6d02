import { useOperation } from "../../api/queries.ts";

export type AccountName = { readonly id: number; readonly name: string };

const mostNames = 100;

/** The first accounts that the caller may see, by name. Where there are more, `isComplete` says so. */
export function useAccountNames(): { readonly accounts: readonly AccountName[]; readonly isComplete: boolean } {
  const { data } = useOperation("GET /api/accounts", { query: { limit: mostNames, sort: "name" } });
  return { accounts: data?.items ?? [], isComplete: data !== undefined && data.nextCursor === null };
}
