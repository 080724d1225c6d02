import type { CredentialsInformation, SecretInformation } from "@biped/client";

/** What a service tells about a credential, with members of another type left out: it is shown, not relied on. */
export type CredentialFacts = {
  readonly name: string | undefined;
  readonly level: "account" | "project" | undefined;
  readonly scopes: string;
  readonly projects: readonly { readonly id: number; readonly name: string; readonly endpoint: string }[];
  readonly secrets: readonly SecretInformation[];
};

export function readCredentialFacts(information: CredentialsInformation): CredentialFacts {
  const { name, level, scopes, permissions } = information;
  const secrets: unknown = information.secrets;
  return {
    name: isText(name) ? name : undefined,
    level: level === "account" || level === "project" ? level : undefined,
    scopes,
    projects: permissions.projects.map((project) => ({
      id: project.id,
      name: isText(project.name) ? project.name : "",
      endpoint: isText(project.endpoint) ? project.endpoint : "",
    })),
    secrets: Array.isArray(secrets) ? secrets.filter(isSecret) : [],
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isSecret(value: unknown): value is SecretInformation {
  if (typeof value !== "object" || value === null || !("created_at" in value) || !("expires_at" in value)) return false;
  const isDate = (date: unknown): boolean => isText(date) && !Number.isNaN(Date.parse(date));
  const used = "last_used_at" in value ? value.last_used_at : undefined;
  const isUseKnown = used === null || isDate(used);
  return isDate(value.created_at) && (value.expires_at === null || isDate(value.expires_at)) && isUseKnown;
}
