import type { Revocation } from "@biped/management-client";
import { formatExact } from "../../design/time-format.ts";

/** Whose tokens were taken back. */
export type TokenOwner =
  | { readonly kind: "account"; readonly accountId: number }
  | { readonly kind: "project"; readonly projectId: number }
  | { readonly kind: "credential"; readonly clientId: string }
  | { readonly kind: "signing-key"; readonly kid: string }
  | { readonly kind: "everything" };

type Taken = Pick<Revocation, "kind" | "object" | "clientId">;

/** Undefined for a token or a secret of which the log does not tell the credential. */
export function findOwner({ kind, object, clientId }: Taken): TokenOwner | undefined {
  if (kind === "everything") return { kind };
  if (kind === "signing-key") return { kind, kid: object };
  if (kind === "account") return { kind, accountId: Number(object) };
  if (kind === "project") return { kind, projectId: Number(object) };
  const owner = kind === "credential" ? object : clientId;
  return owner === null ? undefined : { kind: "credential", clientId: owner };
}

/** Which of the owner's tokens. */
export function tellExtent({ kind, object }: Taken, timeZone?: string): string {
  if (kind === "token") return `token ${object}`;
  if (kind === "secret") return `tokens of the secret ${object.slice(0, 8)}`;
  if (kind === "everything") return `issued before ${formatExact(object, timeZone)}`;
  return `all tokens of the ${kind.replace("-", " ")}`;
}

const reasons: ReadonlyMap<string, string> = new Map([
  ["tokens-revoked", "taken back"],
  ["revoked", "taken back"],
  ["revoked-before", "taken back"],
  ["retired", "secret retired"],
  ["rotation-cancelled", "rotation cancelled"],
  ["changed", "rights narrowed"],
  ["moved", "moved to another cloud"],
]);

/** By what they came to be void; `disabled` and the like speak for themselves. */
export function tellReason({ action }: Pick<Revocation, "action">): string {
  const participle = action.slice(action.indexOf(".") + 1);
  return reasons.get(participle) ?? participle;
}
