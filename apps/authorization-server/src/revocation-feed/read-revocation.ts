import type { AuditEvent } from "../storage/storage.ts";

/** What a change took back: the tokens that stand on it are void from then on. */
export type Revocation =
  /** Tokens of the account, or of the project, that were issued under a lower epoch. */
  | { readonly kind: "account" | "project"; readonly id: number; readonly epoch: number }
  /** Tokens of the credential that were issued under this epoch. */
  | { readonly kind: "credential"; readonly clientId: string; readonly epoch: number }
  | { readonly kind: "secret"; readonly secretId: string }
  | { readonly kind: "token"; readonly tokenId: string }
  | { readonly kind: "signing-key"; readonly kid: string }
  /** Tokens of every account that were issued before this epoch second. */
  | { readonly kind: "everything"; readonly before: number };

type Change = Pick<AuditEvent, "action" | "subject" | "before" | "after">;

/**
 * Undefined for a change that takes no token back. A raised epoch is one whatever the action is called, so that one
 * which is new here, or written by a newer node, is not missed.
 */
export function readRevocation({ action, subject, before, after }: Change): Revocation | undefined {
  const { noun, id } = splitSubject(subject);
  if (noun === "account" || noun === "project") {
    const epoch = readEpochs(before, after)?.next;
    return epoch === undefined ? undefined : { kind: noun, id: Number(id), epoch };
  }
  if (noun === "credential") {
    const epoch = readEpochs(before, after)?.former;
    return epoch === undefined ? undefined : { kind: "credential", clientId: id, epoch };
  }
  if (action === "secret.retired" || action === "secret.rotation-cancelled") return { kind: "secret", secretId: id };
  if (action === "token.revoked") return { kind: "token", tokenId: id };
  if (action === "signing-key.compromised") return { kind: "signing-key", kid: id };
  if (action === "tokens.revoked-before" && isWhole(after?.before)) return { kind: "everything", before: after.before };
  return undefined;
}

/** The noun and the id; a subject without an id is a noun. */
export function splitSubject(subject: string): { readonly noun: string; readonly id: string } {
  const colon = subject.indexOf(":");
  return colon === -1 ? { noun: subject, id: "" } : { noun: subject.slice(0, colon), id: subject.slice(colon + 1) };
}

/** Where the change raised the epoch. It does so by one, so that all tokens from before have the former one or less. */
function readEpochs(before: Change["before"], after: Change["after"]) {
  const [former, next] = [before?.epoch, after?.epoch];
  return isWhole(former) && isWhole(next) && next > former ? { former, next } : undefined;
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
