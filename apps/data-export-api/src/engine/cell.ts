import { exportableFields } from "../exportable-fields/catalogue.ts";
import { customVar, dynamicVar } from "../exportable-fields/shared-fields.ts";
import type { JobField } from "../jobs/job.ts";
import { columnName } from "../jobs/job-fields.ts";
import { formatDay, formatMoment, type Source } from "./source.ts";
import { quoteText } from "./sql-text.ts";
import type { Selection } from "./task.ts";

/** One column of what is written. */
export type Cell = {
  readonly name: string;
  /** A VARCHAR in SQL, or NULL: the text itself, the digits of a number, or JSON. */
  readonly text: string;
  readonly kind: "text" | "number" | "json";
};

export function createCells({ scope, fields, projectId }: Selection, { column }: Source): readonly Cell[] {
  return fields.map((field) => ({ name: columnName(field), ...readField(field) }));

  function readField(field: JobField): Omit<Cell, "name"> {
    switch (field.fieldName) {
      case "project_id":
        return { text: quoteText(String(projectId)), kind: "number" };
      case "session_date":
        return { text: formatDay(column("session_time")), kind: "text" };
      case "session_time":
      case "view_time":
        return { text: formatMoment(column(field.fieldName)), kind: "text" };
      case customVar: {
        const isMeant = `lambda entry: entry.position = ${field.customVarPosition}`;
        const entries = `list_filter(${column("custom_vars")}, ${isMeant})`;
        return { text: `coalesce(${entries}[1].value, '')`, kind: "text" };
      }
      case dynamicVar: {
        const key = quoteText(field.dynamicVarKey ?? "");
        return { text: `coalesce(${column("dynamic_vars")}[${key}], '')`, kind: "text" };
      }
      default:
        return readColumn(field.fieldName);
    }
  }

  function readColumn(name: string): Omit<Cell, "name"> {
    const value = column(name);
    const type = exportableFields[scope].find((exportable) => exportable.name === name)?.type;
    if (type === "String") return { text: value, kind: "text" };
    if (type === "Integer") return { text: `${value}::VARCHAR`, kind: "number" };
    // JSON has neither NaN nor Infinity.
    if (type === "Float")
      return { text: `CASE WHEN isfinite(${value}) THEN to_json(${value})::VARCHAR END`, kind: "number" };
    return { text: `to_json(${value})::VARCHAR`, kind: "json" };
  }
}
