import type { ViewStorage } from "../views.ts";
import { createAccountViews } from "./views/accounts.ts";
import { createAdministratorViews } from "./views/administrators.ts";
import { createAuditViews } from "./views/audit-log.ts";
import { createCloudViews } from "./views/clouds.ts";
import { createCredentialViews } from "./views/credentials.ts";
import { createExpiryViews } from "./views/expiring.ts";
import { createProjectViews } from "./views/projects.ts";
import { createRefusals } from "./views/refusals.ts";
import { createSearch } from "./views/search.ts";
import { createUsageViews } from "./views/usage.ts";
import type { SqlParts } from "./write.ts";

export function createViews(parts: SqlParts): ViewStorage {
  return {
    ...createAccountViews(parts),
    ...createProjectViews(parts),
    ...createCredentialViews(parts),
    ...createCloudViews(parts),
    ...createAdministratorViews(parts),
    ...createSearch(parts),
    ...createAuditViews(parts),
    ...createRefusals(parts),
    ...createUsageViews(parts),
    ...createExpiryViews(parts),
  };
}
