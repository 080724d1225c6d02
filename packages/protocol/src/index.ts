export {
  type AccessTokenClaims,
  accessTokenLifetimeSeconds,
  accessTokenType,
  createAccessTokenClaims,
  isSigningAlgorithm,
  longestClockToleranceSeconds,
  type PresentedClaims,
  parseAccessTokenClaims,
  type SigningAlgorithm,
  signingAlgorithms,
} from "./access-token.ts";
export { isCanonicalBase64Url } from "./base64.ts";
export { parseBearer, refuseToken } from "./bearer.ts";
export {
  checkQuery,
  type PresentedCredential,
  parseClientAuthentication,
  refuseClient,
} from "./client-authentication.ts";
export {
  type AuthenticatedCredential,
  type Epochs,
  type Grant,
  type GrantableProject,
  grantClientCredentials,
  targetProjectId,
} from "./client-credentials-grant.ts";
export { readJsonMembers } from "./json-members.ts";
export { type Parameters, parseFormParameters, parseJsonParameters, readText } from "./parameters.ts";
export { type ErrorCode, formatRefusal, isRefusal, type Refusal, refuse } from "./refusal.ts";
export {
  type Epoch,
  formatRevocations,
  parseRevocations,
  type RevocationDocument,
  revocationFeedType,
  revocationsKeptSeconds,
} from "./revocation-feed.ts";
export {
  type Footing,
  footingOf,
  type Mark,
  markCredential,
  markKey,
  markSecret,
  markToken,
} from "./revocation-marks.ts";
export { followRevocations, isRevoked, type RevocationState } from "./revocation-state.ts";
export {
  defaultScopes,
  isExclusiveAlone,
  isScopeName,
  parseScope,
  type ScopeCatalogue,
  type ScopeDefinition,
} from "./scope.ts";
export { createSecret, isSecret, type SecretEnvironment, type SecretKind, secretPattern } from "./secret-format.ts";
export { createServerMetadata, paths } from "./server-metadata.ts";
export { parseTokenRequest, type TokenRequest } from "./token-request.ts";
export { createTokenResponse, type TokenResponse } from "./token-response.ts";
