import type { Operation } from "@biped/management-client/contract";
import { type Refusal, refuse } from "@biped/protocol";
import { type Caller, findRole, isPlatformOwner, isRoleAtLeast } from "../administrators/caller.ts";

/** Whether a caller of this kind may ask for it at all: an access token does what its scopes name, and reads. */
export function refuseMeans(operation: Operation, isChange: boolean, { via }: Caller): Refusal | undefined {
  const { noun, sessionOnly } = operation;
  if (via.kind === "session") return undefined;
  if (sessionOnly === true) return refuse("FORBIDDEN", "No access token may do this; sign in to the console.");
  // The role of a token's owner is not enough: what the token was not made for, it may not do.
  if (via.token.scopes.includes(noun) || !needsNoun(operation, isChange)) return undefined;
  return refuse("FORBIDDEN", `This access token may not change ${noun}${isChange ? "" : ", nor read their data"}.`);
}

/** Every token may read what a viewer may. What is kept from viewers is a project's data, which the token has to name. */
export function needsNoun({ access }: Operation, isChange: boolean): boolean {
  return isChange || access === "administrator" || access === "owner";
}

/** @param accountId Of the object, which was found within the caller's reach. */
export function refuseRole(
  { access }: Pick<Operation, "access">,
  accountId: number | undefined,
  caller: Caller,
): Refusal | undefined {
  if (access === "anybody" || access === "signed-in") return undefined;
  if (access === "platform") {
    return isPlatformOwner(caller) ? undefined : refuse("FORBIDDEN", "Only platform owners may do this.");
  }
  const role = accountId === undefined ? undefined : findRole(caller, accountId);
  if (role !== undefined && isRoleAtLeast(role, access)) return undefined;
  return refuse("FORBIDDEN", `This needs the role ${access} in the account.`);
}

/** what still has to be proved, by people. */
export function refuseProof(
  { access, stepUp }: Pick<Operation, "access" | "stepUp">,
  caller: Caller,
): Refusal | undefined {
  const isAboveViewer = access === "administrator" || access === "owner" || access === "platform";
  if (isAboveViewer && caller.lacksSecondFactor) {
    const members = { secondFactor: "required" };
    return refuse("FORBIDDEN", "A second factor must be enrolled before this.", undefined, { members });
  }
  if (stepUp === true && caller.via.kind === "session" && !caller.via.isSteppedUp) {
    const members = { stepUp: "required" };
    return refuse("FORBIDDEN", "Prove who you are again before this.", undefined, { members });
  }
  return undefined;
}
