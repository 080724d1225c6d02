import "./table.css";
import type { KeyboardEvent, ReactNode } from "react";
import { joinClassNames } from "./class-names.ts";
import { Icon } from "./icon.tsx";
import { findSortDirection, toggleSort } from "./sort.ts";

export type Column<Row, Sort extends string = never> = {
  readonly id: string;
  /** Of the column, and before the value where the row becomes a card. */
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** The name by which the service sorts; the header becomes a button. */
  readonly sort?: Sort;
  readonly align?: "start" | "end";
  /** The one that names the row; its link has the class `table__link` and covers the row. */
  readonly isTitle?: boolean;
  /** For the buttons of a row: what is in the column is plain to see, and said to those who do not see it. */
  readonly isTitleHidden?: boolean;
};

export type TableProps<Row, Sort extends string> = {
  /** What the table is about, for those who do not see it. */
  readonly label: string;
  readonly columns: readonly Column<Row, Sort>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string | number;
  readonly sort?: Sort | `-${Sort}` | undefined;
  readonly onSort?: (sort: Sort | `-${Sort}`) => void;
};

/** A real table that turns into cards where it is narrow. Up and down go from row to row. */
export function Table<Row, Sort extends string = never>(props: TableProps<Row, Sort>) {
  const { label, columns, rows, rowKey } = props;
  return (
    <div className="table-frame">
      <table className="table" onKeyDown={moveBetweenRows}>
        <caption className="visually-hidden">{label}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <HeaderCell key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) => (
                <td
                  key={column.id}
                  className={formatCellClass(column)}
                  data-title={column.isTitleHidden === true ? undefined : column.title}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

type HeaderCellProps<Row, Sort extends string> = {
  readonly column: Column<Row, Sort>;
  readonly sort: Sort | `-${Sort}` | undefined;
  readonly onSort: ((sort: Sort | `-${Sort}`) => void) | undefined;
};

function HeaderCell<Row, Sort extends string>({ column, sort, onSort }: HeaderCellProps<Row, Sort>) {
  const { sort: by, title } = column;
  if (by === undefined || onSort === undefined) {
    return (
      <th scope="col" className={formatCellClass(column)}>
        {column.isTitleHidden === true ? <span className="visually-hidden">{title}</span> : title}
      </th>
    );
  }
  const direction = findSortDirection(by, sort);
  const icon = direction === undefined ? "up-down" : direction === "ascending" ? "up" : "down";
  return (
    <th scope="col" aria-sort={direction} className={formatCellClass(column)}>
      <button type="button" className="table__sort" onClick={() => onSort(toggleSort(by, sort))}>
        {title}
        <Icon name={icon} size={12} />
      </button>
    </th>
  );
}

function formatCellClass({ align, isTitle }: { readonly align?: "start" | "end"; readonly isTitle?: boolean }): string {
  return joinClassNames(align === "end" && "table__end", isTitle === true && "table__title");
}

function moveBetweenRows(event: KeyboardEvent<HTMLTableElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>(".table__link")];
  const at = event.target instanceof HTMLElement ? links.indexOf(event.target) : -1;
  if (step === undefined || at === -1) return;
  event.preventDefault();
  links[at + step]?.focus();
}
