import { createSessionHandlers } from "../administrators/session-handlers.ts";
import type { SignInParts } from "../administrators/sign-in-parts.ts";
import { type AuditHandlerParts, createAuditHandlers } from "../audit-log/audit-handlers.ts";
import { createUsageHandlers } from "../usage/usage-handlers.ts";
import { createAccountHandlers } from "./accounts.ts";
import { type AdministratorHandlerParts, createAdministratorHandlers } from "./administrators.ts";
import { type CloudHandlerParts, createCloudHandlers } from "./clouds.ts";
import { type CredentialHandlerParts, createCredentialHandlers } from "./credentials.ts";
import type { Handlers } from "./handlers.ts";
import { createProjectHandlers } from "./projects.ts";
import { createSearchHandlers } from "./search.ts";
import { createSecretHandlers, type SecretHandlerParts } from "./secrets.ts";
import { createSigningKeyHandlers, type SigningKeyHandlerParts } from "./signing-keys.ts";

export type HandlerParts = SignInParts &
  AuditHandlerParts &
  AdministratorHandlerParts &
  CloudHandlerParts &
  CredentialHandlerParts &
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
    ...createCredentialHandlers(parts),
    ...createSecretHandlers(parts),
    ...createCloudHandlers(parts),
    ...createSigningKeyHandlers(parts),
    ...createAdministratorHandlers(parts),
    ...createAuditHandlers(parts),
  };
}
