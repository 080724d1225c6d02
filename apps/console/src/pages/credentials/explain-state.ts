import type { Credential } from "@biped/management-client";

type Explained = Pick<Credential, "effectiveState" | "accountName" | "projectName">;

/** Why a credential gets no tokens, and what to do about it; undefined where it gets them. */
export function explainState({ effectiveState, accountName, projectName }: Explained): string | undefined {
  const words: Readonly<Record<Credential["effectiveState"], string | undefined>> = {
    enabled: undefined,
    disabled: "Guards refuse those that it has within ten seconds. Enable it when its programs may go on.",
    "account disabled": `The account ${accountName} is disabled, and with it all its credentials. A platform owner can enable it.`,
    "project disabled": `The project ${projectName ?? ""} is disabled, and with it its credentials. Enable the project first.`,
    expired: "It has reached its end. Give it a later end, or create another one.",
    "no secret": "None of its secrets works any more. Make a new one for its programs.",
  };
  return words[effectiveState];
}
