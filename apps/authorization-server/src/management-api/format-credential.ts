import type { Credential, Secret } from "@biped/management-client";
import { isPast } from "../credentials/judge-credential.ts";
import { formatOptionalTime, formatTime } from "../instant.ts";
import type { CredentialView, SecretView } from "../storage/views.ts";

export function formatCredential(view: CredentialView, nowSeconds: number): Credential {
  const uses = view.secrets.map(({ lastUsedAt }) => lastUsedAt).filter((at) => at !== undefined);
  return {
    clientId: view.clientId,
    accountId: view.accountId,
    accountName: view.accountName,
    projectId: view.projectId ?? null,
    projectName: view.projectName ?? null,
    level: view.projectId === undefined ? "account" : "project",
    name: view.name,
    scopes: [...view.scopes],
    allowedRanges: [...view.allowedRanges],
    expiresAt: formatOptionalTime(view.expiresAt),
    state: view.state,
    effectiveState: findEffectiveState(view, nowSeconds),
    createdAt: formatTime(view.createdAt),
    lastUsedAt: uses.length === 0 ? null : formatTime(Math.max(...uses)),
    secrets: view.secrets.map((secret, place) => formatSecret(secret, view.secrets[place - 1], nowSeconds)),
    version: view.version,
  };
}

/** What keeps it from getting tokens, in the order in which it would be mended. */
function findEffectiveState(view: CredentialView, nowSeconds: number): Credential["effectiveState"] {
  if (view.accountState === "disabled") return "account disabled";
  if (view.projectState === "disabled") return "project disabled";
  if (view.state === "disabled") return "disabled";
  if (isPast(view.expiresAt, nowSeconds)) return "expired";
  return view.secrets.every(({ expiresAt }) => isPast(expiresAt, nowSeconds)) ? "no secret" : "enabled";
}

/** @param newer The secret that was made after it; undefined for the newest one. */
function formatSecret(secret: SecretView, newer: SecretView | undefined, nowSeconds: number): Secret {
  const state = isPast(secret.expiresAt, nowSeconds) ? "expired" : newer === undefined ? "current" : "former";
  const silentSince = Math.max(secret.lastUsedAt ?? 0, newer?.createdAt ?? 0);
  return {
    id: secret.id,
    createdAt: formatTime(secret.createdAt),
    expiresAt: formatOptionalTime(secret.expiresAt),
    lastUsedAt: formatOptionalTime(secret.lastUsedAt),
    lastUsedSource: secret.lastUsedSource ?? null,
    state,
    silentSeconds: state === "former" ? Math.max(0, nowSeconds - silentSince) : null,
  };
}
