import { answerRefusal, type Endpoint } from "@biped/listener";
import { isRefusal } from "@biped/protocol";
import type { AuthenticateCredential } from "../credentials/authenticate-credential.ts";
import { type Authenticated, isPast } from "../credentials/judge-credential.ts";
import { readClientRequest } from "../credentials/read-client-request.ts";
import { formatTime } from "../instant.ts";
import type { Project, Secret, Storage } from "../storage/storage.ts";

export type CredentialsEndpointParts = {
  readonly authenticateCredential: AuthenticateCredential;
  readonly storage: Pick<Storage, "listProjects">;
  readonly nowSeconds: () => number;
};

/** POST /v1/oauth/me: tells a credential its scopes, its projects with their clouds, and the age of its secrets. */
export function createCredentialsEndpoint({
  authenticateCredential,
  storage,
  nowSeconds,
}: CredentialsEndpointParts): Endpoint {
  return async (request) => {
    // Read
    const read = readClientRequest(request, () => undefined);
    if (isRefusal(read)) return read;
    const { clientId } = read.presented;

    // Decide
    const authenticated = await authenticateCredential(read.presented, request.source, (decided) => decided);
    if (isRefusal(authenticated)) return answerRefusal(authenticated, request.id, { clientId });

    // Act
    const { project, credential } = authenticated.client;
    const projects = project === undefined ? await storage.listProjects(credential.accountId) : [project];

    // Answer
    return { status: 200, body: describeCredential(authenticated, projects, nowSeconds()), log: { clientId } };
  };
}

function describeCredential({ client, credential }: Authenticated, projects: readonly Project[], nowSeconds: number) {
  return {
    client_id: credential.clientId,
    name: client.credential.name,
    level: credential.projectId === undefined ? "account" : "project",
    scopes: credential.scopes.join(" "),
    permissions: {
      projects: projects
        .filter((project) => project.state === "enabled")
        .map(({ id, name, endpoint }) => ({ id, name, endpoint })),
    },
    secrets: client.secrets
      .filter((secret) => !isPast(secret.expiresAt, nowSeconds))
      .map((secret) => describeSecret(secret, credential.secretId)),
  };
}

function describeSecret({ id, createdAt, expiresAt, lastUsedAt }: Secret, presentedId: string) {
  return {
    id,
    created_at: formatTime(createdAt),
    expires_at: expiresAt === undefined ? null : formatTime(expiresAt),
    last_used_at: lastUsedAt === undefined ? null : formatTime(lastUsedAt),
    current: id === presentedId,
  };
}
