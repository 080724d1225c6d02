import { type Answer, answerRefusal, type Endpoint } from "@biped/listener";
import { isRefusal, type PresentedClaims, refuse } from "@biped/protocol";
import type { AuthenticateCredential } from "../credentials/authenticate-credential.ts";
import { parseTokenParameter, readClientRequest } from "../credentials/read-client-request.ts";
import { revocationSeconds } from "../revocation-feed/list-live-revocations.ts";
import type { ReadOwnToken } from "../signing/read-own-token.ts";
import type { Client, Storage } from "../storage/storage.ts";

export type IntrospectionParts = {
  readonly authenticateCredential: AuthenticateCredential;
  readonly readOwnToken: ReadOwnToken;
  readonly storage: Pick<Storage, "findClient" | "findProject" | "isTokenRevoked" | "findNotBefore">;
  readonly nowSeconds: () => number;
};

/** POST /v1/oauth/introspect (RFC 7662): whether a token of this credential is good at this moment. */
export function createIntrospectionEndpoint(parts: IntrospectionParts): Endpoint {
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
    const active = claims !== undefined && claims.client_id === clientId && (await isActive(claims, parts));

    // Answer
    return active ? answerActive(claims) : { status: 200, body: { active: false }, log: { clientId } };
  };
}

function answerActive(claims: PresentedClaims): Answer {
  const { epochs: _epochs, secret_id: _secretId, aud, ...told } = claims;
  const body = { active: true, token_type: "bearer", ...told, aud: aud.length === 1 ? aud[0] : aud };
  return { status: 200, body, log: { clientId: claims.client_id } };
}

/** Read from the store, never from memory: a revoked token is inactive at once. */
async function isActive(
  claims: PresentedClaims,
  { storage, nowSeconds }: Pick<IntrospectionParts, "storage" | "nowSeconds">,
): Promise<boolean> {
  const [client, project, revoked, notBefore] = await Promise.all([
    storage.findClient(claims.client_id),
    storage.findProject(claims.project_id),
    storage.isTokenRevoked(claims.jti),
    storage.findNotBefore(nowSeconds() - revocationSeconds),
  ]);
  if (revoked || claims.iat < notBefore || client === undefined || project?.state !== "enabled") return false;
  return isStillGranted(claims, client) && claims.epochs.project === project.epoch;
}

function isStillGranted({ epochs, secret_id }: PresentedClaims, { credential, account, secrets }: Client): boolean {
  return (
    credential.state === "enabled" &&
    account.state === "enabled" &&
    epochs.credential === credential.epoch &&
    epochs.account === account.epoch &&
    secrets.some((secret) => secret.id === secret_id)
  );
}
