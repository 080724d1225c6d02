import type { Answer, Input, OperationName } from "@biped/management-client";
import {
  MutationCache,
  QueryCache,
  QueryClient,
  queryOptions,
  useInfiniteQuery,
  useQuery,
} from "@tanstack/react-query";
import { findRetryDelayMs, isWorthRetrying, readFailure } from "./failure.ts";
import { isSameList, type ListKey } from "./list-key.ts";
import { callOperation, management } from "./management.ts";

/** @param onSignedOut called for each 401, whatever asked. */
export function createQueryClient(onSignedOut: () => void): QueryClient {
  const onError = (error: unknown): void => {
    if (readFailure(error).kind === "signed-out") onSignedOut();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    // A wrong password or code is a 401 too, and ends no session.
    mutationCache: new MutationCache({
      onError: (error, _input, _result, { meta }) => {
        if (meta?.isProof !== true) onError(error);
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: isWorthRetrying,
        retryDelay: findRetryDelayMs,
        networkMode: "always",
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

/** Names of operations that change nothing. */
export type ReadName = Extract<OperationName, `GET ${string}`>;

export function readOperation<Name extends ReadName>(name: Name, input: Input<Name>) {
  return queryOptions({
    queryKey: [name, input] as const,
    queryFn: ({ signal }) => callOperation(name, input, { signal }),
  });
}

type Reading<Shown> = {
  readonly isEnabled?: boolean;
  /** While it holds of what is shown, that is read again every few seconds. */
  readonly isLive?: (shown: Shown) => boolean;
};

const liveMs = 3000;

/** One thing that the page shows. Read again after each action; see `useAction`. */
export function useOperation<Name extends ReadName>(
  name: Name,
  input: Input<Name>,
  { isEnabled = true, isLive = () => false }: Reading<Answer<Name>> = {},
) {
  return useQuery({
    ...readOperation(name, input),
    enabled: isEnabled,
    refetchInterval: ({ state: { data } }) => data !== undefined && isLive(data) && liveMs,
  });
}

export type Page<Item> = {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
};

/** Names of the lists that come page by page. */
export type ListName = {
  [Name in ReadName]: Answer<Name> extends Page<unknown> ? Name : never;
}[ReadName];

export type ItemOf<Name extends ListName> = Answer<Name> extends Page<infer Item> ? Item : never;

/** @param toInput the input of one page: it takes the cursor into its query. */
export function useList<Name extends ListName>(
  name: Name,
  toInput: (cursor: string | undefined) => Input<Name>,
  { isLive = () => false }: Pick<Reading<ItemOf<Name>>, "isLive"> = {},
) {
  const queryKey: ListKey = [name, "pages", toInput(undefined)];
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => readPage(name, toInput(pageParam === "" ? undefined : pageParam), signal),
    initialPageParam: "",
    getNextPageParam: (page: Page<ItemOf<Name>>): string | undefined => page.nextCursor ?? undefined,
    // The former rows stay while one types into the search, instead of a flicker of skeletons.
    placeholderData: (rows, former) => (isSameList(former?.queryKey, queryKey) ? rows : undefined),
    // One row is enough to have the list read again.
    refetchInterval: ({ state }) => state.data?.pages.some(({ items }) => items.some(isLive)) === true && liveMs,
  });
  return { ...query, items: query.data?.pages.flatMap((page) => page.items) };
}

async function readPage<Name extends ListName>(
  name: Name,
  input: Input<Name>,
  signal: AbortSignal,
): Promise<Page<ItemOf<Name>>> {
  const response = await management.open(name, input, { signal });
  return response.json();
}
