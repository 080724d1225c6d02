import { answerRefusal, type Endpoint } from "@biped/listener";
import { isRefusal, refuse } from "@biped/protocol";
import type { AuthenticateCredential } from "../credentials/authenticate-credential.ts";
import { parseTokenParameter, readClientRequest } from "../credentials/read-client-request.ts";
import { refuseRate } from "../limits/refuse-rate.ts";
import type { ReadOwnToken } from "../signing/read-own-token.ts";
import { type Storage, tokenRevocationLimit } from "../storage/storage.ts";

/** Revoked tokens end by themselves, and then there is room again. */
const liveRevocations = { name: "revoked-tokens", quota: tokenRevocationLimit, windowSeconds: 3600, waitSeconds: 60 };

export type RevocationParts = {
  readonly authenticateCredential: AuthenticateCredential;
  readonly readOwnToken: ReadOwnToken;
  readonly storage: Pick<Storage, "revokeToken">;
  readonly nowSeconds: () => number;
};

/** POST /v1/oauth/revoke (RFC 7009): a credential takes one of its own tokens back. 200 once that is durable. */
export function createRevocationEndpoint(parts: RevocationParts): Endpoint {
  return async (request) => {
    // Read
    const read = readClientRequest(request, parseTokenParameter);
    if (isRefusal(read)) return read;
    const { presented, asked: token } = read;
    const { clientId } = presented;

    // Decide
    const authenticated = await parts.authenticateCredential(presented, request.source, (decided) => decided);
    if (isRefusal(authenticated)) return answerRefusal(authenticated, request.id, { clientId });
    if (token === undefined) return refuse("INVALID_REQUEST", "token is required.");
    const claims = await parts.readOwnToken(token);
    // RFC 7009 §2.2: a token that is unknown or has ended needs no revocation, which is what was wanted.
    if (claims === undefined) return { status: 200, body: undefined, log: { clientId } };
    if (claims.client_id !== clientId) {
      const reason = "a token of another credential";
      return answerRefusal(refuse("INVALID_REQUEST", "token must be one of this credential.", reason), request.id, {
        clientId,
      });
    }

    // Act
    const revocation = { tokenId: claims.jti, clientId, accountId: claims.account_id, until: claims.exp };
    const author = { at: parts.nowSeconds(), actor: `credential:${clientId}`, requestId: request.id };
    if ((await parts.storage.revokeToken(revocation, author)) === "limit reached") {
      return answerRefusal(refuseRate(liveRevocations), request.id, { clientId });
    }

    // Answer
    return { status: 200, body: undefined, log: { clientId } };
  };
}
