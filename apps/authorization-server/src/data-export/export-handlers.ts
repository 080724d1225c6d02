import type { OperationsOf } from "../administrators/sign-in-parts.ts";
import type { Handlers } from "../management-api/handlers.ts";
import type { AskOnceParts } from "./ask-once.ts";
import { createDataExportClient, type DataExportClientParts } from "./data-export-client.ts";
import { createJobHandlers } from "./job-handlers.ts";
import { createRunHandlers } from "./run-handlers.ts";
import { createSettingsHandlers } from "./settings-handlers.ts";

export type ExportHandlerParts = DataExportClientParts & Omit<AskOnceParts, "askCloud">;

/** What a project's cloud is asked for on behalf of an administrator: this server keeps nothing of it but the event. */
export function createExportHandlers(parts: ExportHandlerParts): Handlers<OperationsOf<"export-jobs">> {
  const asking = { ...parts, askCloud: createDataExportClient(parts) };
  return { ...createJobHandlers(asking), ...createRunHandlers(asking), ...createSettingsHandlers(asking) };
}
