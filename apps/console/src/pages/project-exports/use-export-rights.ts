import type { Project } from "@biped/management-client";
import { findRole, mayActAs } from "../../api/permissions.ts";
import { useSession } from "../../api/session.ts";

export type ExportRights = {
  /** Jobs, settings and links; and to see rows and files, which are data of the project. */
  readonly mayChange: boolean;
  /** Who may change something otherwise may not while the project is disabled. */
  readonly isFrozen: boolean;
};

export function useExportRights({ accountId, effectiveState }: Project): ExportRights {
  const isAdministrator = mayActAs(findRole(useSession().administrator, accountId), "administrator");
  const isEnabled = effectiveState === "enabled";
  return { mayChange: isAdministrator && isEnabled, isFrozen: isAdministrator && !isEnabled };
}
