import type { ReactNode } from "react";
import { LoadMore } from "./layout.tsx";
import { ErrorState, TableSkeleton } from "./states.tsx";
import { Table, type TableProps } from "./table.tsx";

/** As `useList` has it. */
type PagedList<Row> = {
  readonly items: readonly Row[] | undefined;
  readonly error: Error | null;
  readonly refetch: () => unknown;
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly fetchNextPage: () => unknown;
};

type ListFrameProps<Row> = {
  readonly list: PagedList<Row>;
  /** Singular: "account". */
  readonly noun: string;
  readonly skeleton: { readonly columns: number; readonly rows?: number };
  /** In the place of an empty list. */
  readonly empty: ReactNode;
  readonly children: (rows: readonly Row[]) => ReactNode;
};

/** The four looks of what comes page by page: on its way, failed, empty, and there, with the way to more of it. */
export function ListFrame<Row>({ list, noun, skeleton, empty, children }: ListFrameProps<Row>) {
  if (list.error !== null) return <ErrorState error={list.error} onRetry={() => void list.refetch()} />;
  if (list.items === undefined) return <TableSkeleton {...skeleton} />;
  if (list.items.length === 0) return empty;
  return (
    <>
      {children(list.items)}
      <LoadMore
        shownCount={list.items.length}
        noun={noun}
        hasMore={list.hasNextPage}
        isLoading={list.isFetchingNextPage}
        onLoadMore={() => void list.fetchNextPage()}
      />
    </>
  );
}

type ListViewProps<Row, Sort extends string> = Omit<TableProps<Row, Sort>, "rows"> &
  Pick<ListFrameProps<Row>, "list" | "noun" | "empty">;

/** A list that is one table. */
export function ListView<Row, Sort extends string = never>(props: ListViewProps<Row, Sort>) {
  const { list, noun, empty, ...table } = props;
  return (
    <ListFrame list={list} noun={noun} skeleton={{ columns: table.columns.length }} empty={empty}>
      {(rows) => <Table {...table} rows={rows} />}
    </ListFrame>
  );
}
