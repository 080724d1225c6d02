/** The management API as data: what the server serves and documents, and what callers are typed by. */

import { accessTokenOperations } from "./contract/access-tokens.ts";
import { accountOperations } from "./contract/accounts.ts";
import { administratorOperations } from "./contract/administrators.ts";
import { auditLogOperations } from "./contract/audit-log.ts";
import { cloudOperations } from "./contract/clouds.ts";
import { credentialOperations } from "./contract/credentials.ts";
import { exportJobOperations } from "./contract/export-jobs.ts";
import { overviewOperations } from "./contract/overview.ts";
import { projectOperations } from "./contract/projects.ts";
import { revocationOperations } from "./contract/revocations.ts";
import { sessionOperations } from "./contract/session.ts";
import { signingKeyOperations } from "./contract/signing-keys.ts";

export { type AccessToken, accessTokenScopes } from "./contract/access-tokens.ts";
export type { Account } from "./contract/accounts.ts";
export type { Administrator, Invited } from "./contract/administrators.ts";
export type { AuditEventView, SignedAuditHead } from "./contract/audit-log.ts";
export type { Cloud } from "./contract/clouds.ts";
export type { Credential, CredentialRefusal, Scope, Secret, SecretShown } from "./contract/credentials.ts";
export type {
  ExportJob,
  ExportPreview,
  ExportRun,
  ExportRunWithFiles,
  ExportSettings,
  NewExportJob,
} from "./contract/export-jobs.ts";
export { type Access, type Noun, nouns, type Operation, type Role, roles } from "./contract/operation.ts";
export type { Overview, SearchHit } from "./contract/overview.ts";
export type { Project } from "./contract/projects.ts";
export type { Revocation, TokenRevoked } from "./contract/revocations.ts";
export {
  type OwnSession,
  type Session,
  type SignInAnswer,
  type SignInOptions,
  secondFactors,
} from "./contract/session.ts";
export type { SigningKey } from "./contract/signing-keys.ts";

/** `METHOD /path/:param` -> operation. */
export const operations = {
  ...sessionOperations,
  ...overviewOperations,
  ...accountOperations,
  ...projectOperations,
  ...credentialOperations,
  ...cloudOperations,
  ...exportJobOperations,
  ...signingKeyOperations,
  ...revocationOperations,
  ...administratorOperations,
  ...accessTokenOperations,
  ...auditLogOperations,
};

export type Operations = typeof operations;
export type OperationName = keyof Operations;
