import type { ExportableField, ExportScope } from "./exportable-field.ts";
import { sessionFields } from "./session-fields.ts";
import { sharedFields } from "./shared-fields.ts";
import { viewFields } from "./view-fields.ts";

/** Every field that a job of a scope may name, in the order in which people should read them. */
export const exportableFields: Readonly<Record<ExportScope, readonly ExportableField[]>> = {
  sessions: [...sharedFields, ...sessionFields],
  views: [...sharedFields, ...viewFields],
};

const names: Readonly<Record<ExportScope, ReadonlySet<string>>> = {
  sessions: new Set(exportableFields.sessions.map((field) => field.name)),
  views: new Set(exportableFields.views.map((field) => field.name)),
};

export function isExportable(scope: ExportScope, name: string): boolean {
  return names[scope].has(name);
}
