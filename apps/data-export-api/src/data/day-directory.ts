import { join } from "node:path";
import type { ExportScope } from "../exportable-fields/exportable-field.ts";

/** Whose rows of which kind. */
export type DataSet = { readonly projectId: number; readonly scope: ExportScope };

/** Where the Parquet files of a day (UTC) lie, in the way of Hive, so that other programs find them too. */
export function locateDay(root: string, { projectId, scope }: DataSet, day: string): string {
  return join(root, scope, `project_id=${projectId}`, `day=${day}`);
}
