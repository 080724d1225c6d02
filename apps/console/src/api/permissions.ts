import type { Role, Session } from "@biped/management-client";

type Person = Pick<Session["administrator"], "platformRole" | "memberships">;

const order: readonly Role[] = ["viewer", "administrator", "owner"];

export function isPlatformOwner({ platformRole }: Pick<Person, "platformRole">): boolean {
  return platformRole === "owner";
}

/** Undefined where the account is not theirs. The service decides; the page only hides what would be refused. */
export function findRole(person: Person, accountId: number): Role | undefined {
  if (isPlatformOwner(person)) return "owner";
  return person.memberships.find((membership) => membership.accountId === accountId)?.role;
}

export function mayActAs(role: Role | undefined, needed: Role): boolean {
  return role !== undefined && order.indexOf(role) >= order.indexOf(needed);
}
