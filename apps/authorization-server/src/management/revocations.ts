import { type Refusal, refuse } from "@biped/protocol";
import type { Author, Storage, TokenOwner } from "../storage/storage.ts";
import { isObstacle, refuseObstacle } from "./answers.ts";

/** Takes back all tokens of an account, a project or a credential, which goes on getting new ones. */
export async function revokeTokensOf(
  storage: Pick<Storage, "revokeTokensOf">,
  owner: TokenOwner,
  author: Author,
): Promise<TokenOwner | Refusal> {
  const revoked = await storage.revokeTokensOf(owner, author);
  return isObstacle(revoked) ? refuseObstacle(revoked, owner.kind) : owner;
}

/**
 * The time in a token has whole seconds: only a point in the next second is after all that were issued until now. A
 * later one would void tokens that are not there yet.
 */
export async function revokeTokensBefore(
  storage: Pick<Storage, "revokeTokensBefore">,
  { before }: { readonly before?: number | undefined },
  author: Author,
): Promise<number | Refusal> {
  const nextSecond = author.at + 1;
  if (before !== undefined && before > nextSecond) {
    return refuse("INVALID_REQUEST", "before must not be later than the next second.");
  }
  if (before !== undefined && before < 0) return refuse("INVALID_REQUEST", "before must not be earlier than 1970.");
  return storage.revokeTokensBefore(before ?? nextSecond, author);
}
