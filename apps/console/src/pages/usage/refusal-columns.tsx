import type { Column } from "../../design/table.tsx";

type CountedRefusal = {
  /** In plain words. */
  readonly explanation: string;
  readonly reason: string;
  readonly count: number;
};

export const reasonColumn: Column<CountedRefusal> = {
  id: "reason",
  title: "Why",
  isTitle: true,
  cell: ({ explanation, reason }) => (
    <>
      {explanation}
      <span className="table__below">In the log: {reason}</span>
    </>
  ),
};

export const countColumn: Column<CountedRefusal> = {
  id: "count",
  title: "Times",
  align: "end",
  cell: ({ count }) => count,
};
