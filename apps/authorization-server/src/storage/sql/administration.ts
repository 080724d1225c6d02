import type { AdministrationStorage } from "../administration.ts";
import { createAccessTokens } from "./administration/access-tokens.ts";
import { createAdministrators } from "./administration/administrators.ts";
import { createInvitations } from "./administration/invitations.ts";
import { createMemberships } from "./administration/memberships.ts";
import { createPasskeys } from "./administration/passkeys.ts";
import { createRecoveryCodes } from "./administration/recovery-codes.ts";
import { createSessions } from "./administration/sessions.ts";
import { createSetup } from "./administration/setup.ts";
import { createSso } from "./administration/sso.ts";
import { createSweep } from "./administration/sweep.ts";
import { createTotp } from "./administration/totp.ts";
import type { SqlParts } from "./write.ts";

/**
 * Locks are taken in one order: the guard of platform owners, the administrator, what belongs to them (sessions by
 * their digest), and last the head of the audit chain. What changes one row alone needs no other lock.
 */
export function createAdministration(parts: SqlParts): AdministrationStorage {
  return {
    ...createAdministrators(parts),
    ...createSso(parts),
    ...createSetup(parts),
    ...createInvitations(parts),
    ...createMemberships(parts),
    ...createSessions(parts),
    ...createTotp(parts),
    ...createPasskeys(parts),
    ...createRecoveryCodes(parts),
    ...createAccessTokens(parts),
    ...createSweep(parts),
  };
}
