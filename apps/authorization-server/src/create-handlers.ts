import { createSessionHandlers } from "./administrators/session-handlers.ts";
import type { SignInParts } from "./administrators/sign-in-parts.ts";
import { type AuditHandlerParts, createAuditHandlers } from "./audit-log/audit-handlers.ts";
import { createExportHandlers, type ExportHandlerParts } from "./data-export/export-handlers.ts";
import { createAccountHandlers } from "./management-api/accounts.ts";
import { type AdministratorHandlerParts, createAdministratorHandlers } from "./management-api/administrators.ts";
import { type CloudHandlerParts, createCloudHandlers } from "./management-api/clouds.ts";
import { type CredentialHandlerParts, createCredentialHandlers } from "./management-api/credentials.ts";
import type { Handlers } from "./management-api/handlers.ts";
import { createProjectHandlers } from "./management-api/projects.ts";
import { createRevocationHandlers, type RevocationHandlerParts } from "./management-api/revocations.ts";
import { createSearchHandlers } from "./management-api/search.ts";
import { createSecretHandlers, type SecretHandlerParts } from "./management-api/secrets.ts";
import { createSigningKeyHandlers, type SigningKeyHandlerParts } from "./management-api/signing-keys.ts";
import { createUsageHandlers } from "./usage/usage-handlers.ts";

export type HandlerParts = SignInParts &
  AuditHandlerParts &
  AdministratorHandlerParts &
  CloudHandlerParts &
  CredentialHandlerParts &
  ExportHandlerParts &
  RevocationHandlerParts &
  SecretHandlerParts &
  SigningKeyHandlerParts;

/** All that the contract lists: a missing one does not compile. */
export function createHandlers(parts: HandlerParts): Handlers {
  return {
    ...createSessionHandlers(parts),
    ...createUsageHandlers(parts),
    ...createSearchHandlers(parts),
    ...createAccountHandlers(parts),
    ...createProjectHandlers(parts),
    ...createExportHandlers(parts),
    ...createCredentialHandlers(parts),
    ...createSecretHandlers(parts),
    ...createCloudHandlers(parts),
    ...createSigningKeyHandlers(parts),
    ...createRevocationHandlers(parts),
    ...createAdministratorHandlers(parts),
    ...createAuditHandlers(parts),
  };
}
