import { createSecret, isRefusal, type Refusal, refuse } from "@biped/protocol";
import { normalizeEmail } from "../administrators/email.ts";
import { digestText } from "../administrators/token-digest.ts";
import type { Administrator, Membership, NewInvitation } from "../storage/administration.ts";
import { type Author, IdempotencyMismatch, type Storage } from "../storage/storage.ts";
import type { Reach } from "../storage/views.ts";
import { isObstacle, refuseObstacle } from "./answers.ts";
import { parseName } from "./text-rules.ts";
import { createUuid } from "./uuid.ts";

const invitationSeconds = 7 * 86_400;

export type InvitationParts<Method extends keyof Storage> = {
  readonly storage: Pick<Storage, Method>;
  readonly randomBytes: (count: number) => Uint8Array;
};

export type Invited = {
  readonly administratorId: string;
  /** Whoever holds it becomes this administrator. Undefined where none is needed, or it was told before. */
  readonly invitation: string | undefined;
};

type Person = { readonly email: string; readonly name?: string | undefined };

export async function invitePlatformOwner(
  parts: InvitationParts<"inviteAdministrator">,
  person: Person,
  author: Author,
): Promise<Invited | Refusal> {
  const invited = await invite(parts, { ...person, isPlatformOwner: true, membership: undefined }, author);
  if (invited !== "known") return invited;
  return refuse("CONFLICT", "There is an administrator of this e-mail address already.");
}

export type NewMemberInput = Person &
  Membership & {
    /** The accounts for whose members the caller vouches: as their owner, or as platform owner for everybody. */
    readonly vouchedFor: Reach;
  };

/**
 * Who is known already becomes a member, and nothing else of them is told or changed. An address proves nothing about
 * the person who has it here: whoever invited them may have kept the link. So only one who owns an account that they
 * are a member of, or a platform owner, gives them more.
 */
export async function addMember(
  parts: InvitationParts<"inviteAdministrator" | "findAdministratorByEmail" | "setMembership">,
  { accountId, role, vouchedFor, ...person }: NewMemberInput,
  author: Author,
): Promise<Invited | Refusal> {
  const membership = { accountId, role };
  const invited = await inviteOrMismatch(parts, { ...person, isPlatformOwner: false, membership }, author);
  if (invited !== "known" && !(invited instanceof IdempotencyMismatch)) return invited;
  const known = await parts.storage.findAdministratorByEmail(normalizeEmail(person.email));
  if (known === undefined || !isWithin(vouchedFor, known)) {
    if (invited instanceof IdempotencyMismatch) throw invited;
    return refuse(
      "CONFLICT",
      "An administrator of this e-mail address exists already. A platform owner can make them a member.",
    );
  }
  const member = await parts.storage.setMembership(known.id, membership, createMembershipAuthor(author));
  if (isObstacle(member)) return refuseObstacle(member, "administrator");
  return { administratorId: known.id, invitation: undefined };
}

function isWithin(reach: Reach, { memberships }: Administrator): boolean {
  return reach === "every account" || memberships.some(({ accountId }) => reach.accountIds.includes(accountId));
}

/** The same key may have made a member of somebody who was known, and then tells nothing about an invitation. */
async function inviteOrMismatch(
  parts: InvitationParts<"inviteAdministrator">,
  person: NewPerson,
  author: Author,
): Promise<Invited | Refusal | "known" | IdempotencyMismatch> {
  try {
    return await invite(parts, person, author);
  } catch (error) {
    if (error instanceof IdempotencyMismatch) return error;
    throw error;
  }
}

/** Of the two changes that one request may be, each has a fingerprint of its own: neither answers for the other. */
function createMembershipAuthor(author: Author): Author {
  const { idempotency } = author;
  if (idempotency === undefined) return author;
  return { ...author, idempotency: { ...idempotency, fingerprint: `${idempotency.fingerprint}:membership` } };
}

type NewPerson = Person & { readonly isPlatformOwner: boolean; readonly membership: Membership | undefined };

async function invite(
  { storage, randomBytes }: InvitationParts<"inviteAdministrator">,
  { membership, isPlatformOwner, ...person }: NewPerson,
  author: Author,
): Promise<Invited | Refusal | "known"> {
  const email = normalizeEmail(person.email);
  if (email === "") return refuse("INVALID_REQUEST", "email must be an e-mail address.");
  const name = parseName("name", person.name ?? email);
  if (isRefusal(name)) return name;
  const { token, invitation } = createInvitation(randomBytes, author.at);
  const administrator = { id: createUuid(randomBytes), email, name, passwordHash: undefined, isPlatformOwner };
  const invited = await storage.inviteAdministrator({ administrator, invitation, membership }, author);
  if (invited === "known") return invited;
  const isNew = invited.invitationId === invitation.id;
  return { administratorId: invited.administratorId, invitation: isNew ? token : undefined };
}

function createInvitation(
  randomBytes: (count: number) => Uint8Array,
  nowSeconds: number,
): { readonly token: string; readonly invitation: NewInvitation } {
  const token = createSecret("invite", randomBytes);
  const expiresAt = nowSeconds + invitationSeconds;
  return { token, invitation: { id: createUuid(randomBytes), digest: digestText(token), expiresAt } };
}

/**
 * Ends the former invitation, password, factors and sessions. Not of those who sign in by a provider, which they always
 * do: a password of ours would let them in beside it, and without the second factor that the provider asks for.
 */
export async function reinviteAdministrator(
  { storage, randomBytes }: InvitationParts<"findAdministrator" | "reinviteAdministrator">,
  { administratorId }: { readonly administratorId: string },
  author: Author,
): Promise<Invited | Refusal> {
  const administrator = await storage.findAdministrator(administratorId);
  if (administrator?.sso !== undefined) {
    return refuse("CONFLICT", "This administrator signs in by your organisation's provider, and needs no invitation.");
  }
  const { token, invitation } = createInvitation(randomBytes, author.at);
  const made = await storage.reinviteAdministrator(administratorId, invitation, author);
  if (made === "unknown administrator") return refuseObstacle(undefined, "administrator");
  if (made === "last platform owner") return refuseLastOwner();
  if (made === "version mismatch") return refuseObstacle(made, "administrator");
  return { administratorId, invitation: made === invitation.id ? token : undefined };
}

export type AdministratorChangeInput = {
  readonly administratorId: string;
  readonly isPlatformOwner?: boolean;
  readonly state?: "enabled" | "disabled";
};

export async function changeAdministrator(
  storage: Pick<Storage, "changeAdministrator">,
  { administratorId, ...change }: AdministratorChangeInput,
  author: Author,
): Promise<Administrator | Refusal> {
  const changed = await storage.changeAdministrator(administratorId, change, author);
  if (changed === "unknown administrator") return refuseObstacle(undefined, "administrator");
  if (changed === "last platform owner") return refuseLastOwner();
  return isObstacle(changed) ? refuseObstacle(changed, "administrator") : changed;
}

function refuseLastOwner(): Refusal {
  return refuse("CONFLICT", "There must be another platform owner who can sign in.");
}

export type MemberInput = { readonly administratorId: string } & Membership;

/** Only of one who is a member: others are invited by their e-mail address. */
export async function changeMember(
  storage: Pick<Storage, "changeMembership">,
  { administratorId, accountId, role }: MemberInput,
  author: Author,
): Promise<Administrator | Refusal> {
  const changed = await storage.changeMembership(administratorId, { accountId, role }, author);
  return isObstacle(changed) ? refuseObstacle(changed, "member") : changed;
}

export async function removeMember(
  storage: Pick<Storage, "removeMembership">,
  { administratorId, accountId }: Omit<MemberInput, "role">,
  author: Author,
): Promise<{ readonly administratorId: string } | Refusal> {
  const removed = await storage.removeMembership(administratorId, accountId, author);
  return isObstacle(removed) ? refuseObstacle(removed, "member") : { administratorId };
}
