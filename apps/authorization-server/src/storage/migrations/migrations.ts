import type { Migrations } from "@biped/database";
import { initial } from "./0001-initial.ts";
import { management } from "./0002-expand-management.ts";
import { administrators } from "./0003-expand-administrators.ts";
import { usageGaps } from "./0004-expand-usage-gaps.ts";
import { revocations } from "./0005-expand-revocations.ts";
import { sharedLimits } from "./0006-expand-shared-limits.ts";

/** In the order in which they run. A step that was released is never changed. */
export const migrations: Migrations = {
  "0001_initial": initial,
  "0002_expand_management": management,
  "0003_expand_administrators": administrators,
  "0004_expand_usage_gaps": usageGaps,
  "0005_expand_revocations": revocations,
  "0006_expand_shared_limits": sharedLimits,
};
