import {
  createSecret,
  isRefusal,
  type Refusal,
  refuse,
  type ScopeCatalogue,
  type SecretEnvironment,
} from "@biped/protocol";
import type { SecretDigester } from "../credentials/secret-digest.ts";
import type { Author, Client, Credential, CredentialChange, NewSecret, Storage } from "../storage/storage.ts";
import { isObstacle, refuseObstacle } from "./answers.ts";
import { findEndMistake, findRangesMistake, findScopesMistake } from "./credential-rules.ts";
import { parseName } from "./text-rules.ts";
import { createUuid } from "./uuid.ts";

export type CredentialInput = {
  readonly name: string;
  readonly accountId: number;
  /** Undefined for a credential of account level. */
  readonly projectId: number | undefined;
  readonly scopes: readonly string[];
  readonly allowedRanges: readonly string[];
  /** Epoch seconds; undefined for a credential that does not expire. */
  readonly expiresAt: number | undefined;
};

/** What a new secret is made of. */
export type SecretParts = {
  readonly digester: Pick<SecretDigester, "digestForStorage">;
  readonly secretEnvironment: SecretEnvironment;
  readonly randomBytes: (count: number) => Uint8Array;
};

export type CredentialParts = SecretParts & {
  readonly storage: Pick<Storage, "createCredential" | "findAccount" | "findCreatedCredential">;
  readonly catalogue: ScopeCatalogue;
};

export type CredentialWithSecretText = {
  readonly credential: Credential;
  readonly secretId: string;
  /**
   * The only moment at which anybody but its holder knows it. Undefined where the same Idempotency-Key made the secret
   * before: it was answered then, and is kept nowhere.
   */
  readonly clientSecret: string | undefined;
};

export async function createCredential(
  parts: CredentialParts,
  input: CredentialInput,
  author: Author,
): Promise<CredentialWithSecretText | Refusal> {
  const name = parseName("name", input.name);
  if (isRefusal(name)) return name;
  const account = await parts.storage.findAccount(input.accountId);
  if (account === undefined) return refuse("NOT_FOUND", "There is no such account.");
  const life = { nowSeconds: author.at, createdAt: author.at, limitDays: account.credentialLifetimeLimitDays };
  const mistake =
    findScopesMistake(input.scopes, parts.catalogue) ??
    findRangesMistake(input.allowedRanges) ??
    findEndMistake(input.expiresAt, life);
  if (mistake !== undefined) {
    // the end that was asked for may have passed since, or the account have a limit by now.
    const former = await parts.storage.findCreatedCredential(author);
    return former === undefined ? refuse("INVALID_REQUEST", mistake) : { ...former, clientSecret: undefined };
  }

  const { clientSecret, secret } = makeSecret(parts);
  const sets = { scopes: [...new Set(input.scopes)], allowedRanges: [...new Set(input.allowedRanges)] };
  const credential = { ...input, ...sets, name, clientId: createUuid(parts.randomBytes) };
  const created = await parts.storage.createCredential(credential, secret, author);
  if (created === "unknown account") return refuse("NOT_FOUND", "There is no such account.");
  if (created === "unknown project") return refuse("NOT_FOUND", "There is no such project in this account.");
  if (created === "limit reached")
    return refuse("LIMIT_REACHED", "There are 10 credentials already, which is the limit.");
  return { ...created, clientSecret: created.secretId === secret.id ? clientSecret : undefined };
}

/** A new secret as its holder learns it, and as it is stored. It ends with its credential. */
export function makeSecret(parts: SecretParts): { readonly clientSecret: string; readonly secret: NewSecret } {
  const clientSecret = createSecret(parts.secretEnvironment, parts.randomBytes);
  const digest = parts.digester.digestForStorage(clientSecret);
  return { clientSecret, secret: { id: createUuid(parts.randomBytes), ...digest, expiresAt: undefined } };
}

export type CredentialChangeParts = {
  readonly storage: Pick<Storage, "findClient" | "changeCredential">;
  readonly catalogue: ScopeCatalogue;
};
export type CredentialChangeInput = CredentialChange & { readonly clientId: string };

export async function changeCredential(
  { storage, catalogue }: CredentialChangeParts,
  { clientId, ...input }: CredentialChangeInput,
  author: Author,
): Promise<Credential | Refusal> {
  const name = input.name === undefined ? undefined : parseName("name", input.name);
  if (isRefusal(name)) return name;
  const client = await storage.findClient(clientId);
  if (client === undefined) return refuseObstacle(undefined, "credential");
  const mistake =
    (input.scopes && findScopesMistake(input.scopes, catalogue)) ??
    (input.allowedRanges && findRangesMistake(input.allowedRanges)) ??
    findChangedEndMistake(client, input, author.at);
  if (mistake !== undefined) return refuse("INVALID_REQUEST", mistake);
  const change = {
    ...input,
    ...(name !== undefined && { name }),
    ...(input.scopes && { scopes: [...new Set(input.scopes)] }),
    ...(input.allowedRanges && { allowedRanges: [...new Set(input.allowedRanges)] }),
  };
  const changed = await storage.changeCredential(clientId, change, author);
  return isObstacle(changed) ? refuseObstacle(changed, "credential") : changed;
}

/** An end that stays as it is passes, and so does an earlier one: a limit that came later forbids nobody to shorten. */
function findChangedEndMistake(
  { account, credential }: Client,
  change: CredentialChange,
  nowSeconds: number,
): string | undefined {
  const { expiresAt } = change;
  if (!("expiresAt" in change) || expiresAt === credential.expiresAt) return undefined;
  const isEarlier = expiresAt !== undefined && expiresAt < (credential.expiresAt ?? Number.POSITIVE_INFINITY);
  const limitDays = isEarlier ? undefined : account.credentialLifetimeLimitDays;
  return findEndMistake(expiresAt, { nowSeconds, createdAt: credential.createdAt, limitDays });
}

export async function deleteCredential(
  storage: Pick<Storage, "deleteCredential">,
  { clientId }: { readonly clientId: string },
  author: Author,
): Promise<{ readonly clientId: string } | Refusal> {
  const deleted = await storage.deleteCredential(clientId, author);
  return isObstacle(deleted) ? refuseObstacle(deleted, "credential") : { clientId };
}
