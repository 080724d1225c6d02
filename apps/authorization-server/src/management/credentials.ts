import { isIP } from "node:net";
import {
  createSecret,
  isRefusal,
  type Refusal,
  refuse,
  type ScopeCatalogue,
  type SecretEnvironment,
} from "@biped/protocol";
import type { SecretDigester } from "../credentials/secret-digest.ts";
import type { Author, Credential, Storage } from "../storage/storage.ts";
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

export type CredentialParts = {
  readonly storage: Pick<Storage, "createCredential">;
  readonly digester: Pick<SecretDigester, "digestForStorage">;
  readonly catalogue: ScopeCatalogue;
  readonly secretEnvironment: SecretEnvironment;
  readonly randomBytes: (count: number) => Uint8Array;
};

/** The only moment at which anybody but its holder knows the secret. */
export type CreatedCredential = { readonly credential: Credential; readonly clientSecret: string };

export async function createCredential(
  parts: CredentialParts,
  input: CredentialInput,
  author: Author,
): Promise<CreatedCredential | Refusal> {
  const name = parseName("name", input.name);
  if (isRefusal(name)) return name;
  const mistake = findCredentialMistake(input, parts.catalogue, author.at);
  if (mistake !== undefined) return refuse("INVALID_REQUEST", mistake);

  const clientSecret = createSecret(parts.secretEnvironment, parts.randomBytes);
  const secret = {
    id: createUuid(parts.randomBytes),
    ...parts.digester.digestForStorage(clientSecret),
    expiresAt: undefined,
  };
  const scopes = [...new Set(input.scopes)];
  const created = await parts.storage.createCredential(
    { ...input, name, scopes, clientId: createUuid(parts.randomBytes) },
    secret,
    author,
  );
  if (created === "unknown account") return refuse("NOT_FOUND", "There is no such account.");
  if (created === "unknown project") return refuse("NOT_FOUND", "There is no such project in this account.");
  if (created === "limit reached")
    return refuse("LIMIT_REACHED", "There are 10 credentials already, which is the limit.");
  return { credential: created, clientSecret };
}

function findCredentialMistake(
  input: CredentialInput,
  catalogue: ScopeCatalogue,
  nowSeconds: number,
): string | undefined {
  if (input.scopes.length === 0) return "scopes must name at least one scope.";
  if (!input.scopes.every((scope) => catalogue.has(scope))) return "scopes names an unknown scope.";
  if (!input.allowedRanges.every(isRange)) return "allowedRanges must be CIDR ranges, such as 192.0.2.0/24.";
  if (input.expiresAt !== undefined && !(Number.isSafeInteger(input.expiresAt) && input.expiresAt > nowSeconds)) {
    return "expiresAt must lie in the future.";
  }
  return undefined;
}

function isRange(range: string): boolean {
  const parts = /^([0-9A-Fa-f.:]{2,45})\/(\d{1,3})$/.exec(range);
  const version = isIP(parts?.[1] ?? "");
  return version !== 0 && Number(parts?.[2]) <= (version === 4 ? 32 : 128);
}
