import { type Answer, answerRefusal, type Endpoint } from "@biped/listener";
import {
  createAccessTokenClaims,
  createTokenResponse,
  type Grant,
  grantClientCredentials,
  isRefusal,
  parseTokenRequest,
  type Refusal,
  type ScopeCatalogue,
  type TokenRequest,
  targetProjectId,
} from "@biped/protocol";
import type { RecordIssue } from "../audit-log/issue-recorder.ts";
import type { AuthenticateCredential, Decide } from "../credentials/authenticate-credential.ts";
import { readClientRequest } from "../credentials/read-client-request.ts";
import type { UseCounter } from "../credentials/use-counter.ts";
import type { TokenBudget } from "../limits/token-budget.ts";
import type { HoldIssuing } from "../revocation-feed/hold-issuing.ts";
import type { Signer } from "../signing/signer.ts";
import type { Project } from "../storage/storage.ts";
import type { RefusalCounter } from "../usage/refusal-counter.ts";

export type TokenEndpointParts = {
  readonly authenticateCredential: AuthenticateCredential;
  readonly catalogue: ScopeCatalogue;
  readonly issuer: string;
  readonly budget: Pick<TokenBudget, "spend">;
  readonly signer: Signer;
  readonly holdIssuing: HoldIssuing;
  /** Only in the audit mode `strict`. */
  readonly recordIssue: RecordIssue | undefined;
  readonly uses: Pick<UseCounter, "count">;
  readonly refusals: Pick<RefusalCounter, "count">;
  readonly nowSeconds: () => number;
  readonly nextTokenId: () => string;
};

/** POST /v1/oauth/token: a credential for an access token and the base URL of its cloud (RFC 6749 §4.4). */
export function createTokenEndpoint(parts: TokenEndpointParts): Endpoint {
  return async (request) => {
    // Read
    const read = readClientRequest(request, parseTokenRequest);
    if (isRefusal(read)) return read;
    const { clientId } = read.presented;

    // Decide
    const decide = decideGrant(read.asked, parts.catalogue);
    const grant = await parts.authenticateCredential(read.presented, request.source, decide);
    if (isRefusal(grant)) return answerRefusal(grant, request.id, { clientId });
    const refuseGranted = (refusal: Refusal): Answer => {
      const { reason } = refusal;
      parts.refusals.count({ clientId: grant.clientId, at: parts.nowSeconds(), reason, source: request.source });
      return answerRefusal(refusal, request.id, { clientId });
    };
    const rateFields = parts.budget.spend(grant);
    if (isRefusal(rateFields)) return refuseGranted(rateFields);

    // Act
    const held = parts.holdIssuing();
    if (held !== undefined) await held;
    const { secretId, accountId, projectId, scopes } = grant;
    const nowSeconds = parts.nowSeconds();
    const tokenId = parts.nextTokenId();
    const token = await parts.signer(createAccessTokenClaims(grant, { issuer: parts.issuer, nowSeconds, tokenId }));
    if (isRefusal(token)) return refuseGranted(token);
    const log = { clientId, secretId, accountId, projectId, scope: scopes.join(" ") };
    const { source } = request;
    if (parts.recordIssue !== undefined) await parts.recordIssue({ ...log, tokenId, at: nowSeconds, source });
    parts.uses.count({ clientId, secretId, source, nowSeconds });

    // Answer
    return { status: 200, headers: rateFields, body: createTokenResponse(grant, token), log };
  };
}

function decideGrant(request: TokenRequest, catalogue: ScopeCatalogue): Decide<Grant> {
  return async ({ credential, client }, lookup): Promise<Grant | Refusal> => {
    const target = targetProjectId(credential, request);
    const project = client.project ?? (target === undefined ? undefined : await lookup.findProject(target));
    return grantClientCredentials({ credential, request, project: readGrantable(project), catalogue });
  };
}

function readGrantable(project: Project | undefined) {
  if (project === undefined) return undefined;
  const { id, accountId, endpoint, state, epoch } = project;
  return { id, accountId, endpoint, epoch, enabled: state === "enabled" };
}
