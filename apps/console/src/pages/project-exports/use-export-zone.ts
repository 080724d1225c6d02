import { useOperation } from "../../api/queries.ts";

/** By which days and hours of the project's exports are told; UTC until it is known. */
export function useExportZone(projectId: number): string {
  return (
    useOperation("GET /api/projects/:projectId/export-settings", { params: { projectId } }).data?.timeZone ?? "UTC"
  );
}
