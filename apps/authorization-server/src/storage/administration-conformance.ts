import { randomBytes, randomUUID } from "node:crypto";
import { describe, expect } from "vitest";
import type {
  AccessToken,
  Administrator,
  NewAccessToken,
  NewAdministrator,
  NewInvitation,
  Passkey,
  Session,
} from "./administration.ts";
import { count, type Given, group, race, type Suite } from "./conformance.ts";
import type { Author, Storage } from "./storage.ts";

const at = 1_700_000_000;
const author: Author = { at, actor: "operator", requestId: "request-1", source: "192.0.2.7" };
const later: Author = { ...author, at: at + 60 };
const written = { at, actor: "operator", requestId: "request-1", source: "192.0.2.7" };

/** What every storage promises about administrators. */
export function describeAdministration(suite: Suite): void {
  describe(`${suite.name}: administration`, () => {
    describeAdministrators(suite);
    describeLastOwner(suite);
    describeSetup(suite);
    describeInvitations(suite);
    describeMemberships(suite);
    describeSso(suite);
    describeSsoEnd(suite);
    describeSessions(suite);
    describeSlowSignIns(suite);
    describeTotp(suite);
    describePasskeys(suite);
    describeCodesAndAttempts(suite);
    describeAccessTokens(suite);
    describeSecrecy(suite);
    describeRaces(suite);
  });
}

function makeDigest(): string {
  return randomBytes(32).toString("hex");
}

function makeAdministrator(more: Partial<NewAdministrator> = {}): NewAdministrator {
  const id = randomUUID();
  const email = `Ann-${id}@example.com`;
  return { id, email, name: "Ann", passwordHash: "$argon2id$hash", isPlatformOwner: false, ...more };
}

async function addAdministrator(storage: Storage, more: Partial<NewAdministrator> = {}): Promise<NewAdministrator> {
  const administrator = makeAdministrator(more);
  expect(await storage.createAdministrator(administrator, author)).toBe(true);
  return administrator;
}

/** As it is found after it was created. */
function asStored(administrator: NewAdministrator, more: Partial<Administrator> = {}): Administrator {
  const unused = { hasTotp: false, passkeyCount: 0, sso: undefined, lastSignedInAt: undefined, memberships: [] };
  return { ...administrator, ...unused, state: "enabled", createdAt: at, version: 1, ...more };
}

function makeSession(administratorId: string, more: Partial<Session> = {}): Session {
  const times = { createdAt: at, lastSeenAt: at, expiresAt: at + 43_200, steppedUpAt: undefined };
  const origin = { source: "192.0.2.7", userAgent: "Browser/1 \u{1F600}" };
  return { digest: makeDigest(), administratorId, state: "complete", ...times, failures: 0, ...origin, ...more };
}

async function addSession(storage: Storage, administratorId: string, more: Partial<Session> = {}): Promise<Session> {
  const session = makeSession(administratorId, more);
  await storage.createSession(session, author);
  return session;
}

function makeToken(administratorId: string, more: Partial<NewAccessToken> = {}): NewAccessToken {
  const facts = { name: "CI", scopes: ["read", "credentials"], accountId: undefined, expiresAt: at + 86_400 };
  return { id: randomUUID(), administratorId, digest: makeDigest(), ...facts, ...more };
}

async function addToken(storage: Storage, administratorId: string, more: Partial<NewAccessToken> = {}) {
  const token = makeToken(administratorId, more);
  expect(await storage.createAccessToken(token, author)).toBe(token.id);
  return token;
}

function makePasskey(administratorId: string, more: Partial<Passkey> = {}): Passkey {
  const key = { id: randomBytes(16).toString("base64url"), publicKey: "pQECAyYgASFYIA", counter: 0 };
  const facts = { name: "Laptop", transports: ["internal", "hybrid"], createdAt: at, lastUsedAt: undefined };
  return { ...key, administratorId, ...facts, ...more };
}

function makeInvitation(more: Partial<NewInvitation> = {}): NewInvitation {
  return { id: randomUUID(), digest: makeDigest(), expiresAt: at + 604_800, ...more };
}

async function addAccount(storage: Storage): Promise<number> {
  return (await storage.createAccount({ name: "Example" }, author)).id;
}

/** Sessions and access tokens that are left of those that somebody had. */
async function countWaysIn(storage: Storage, id: string) {
  const [sessions, tokens] = [await storage.listSessions(id), await storage.listAccessTokens(id)];
  return { sessions: sessions.length, tokens: tokens.length };
}

function describeAdministrators(suite: Suite): void {
  group(suite, "administrators", (it) => {
    it("one is created enabled and found as it is, with one event", async ({ storage, other, listNewEvents }) => {
      const owner = await addAdministrator(storage, { name: "Été 🙂", isPlatformOwner: true });
      expect(await other.findAdministrator(owner.id)).toEqual(asStored(owner));
      expect(await other.findAdministrator(randomUUID())).toBeUndefined();
      expect(await other.findAdministrator("no\0ne")).toBeUndefined();
      const subject = `administrator:${owner.id}`;
      const after = { email: owner.email, name: "Été 🙂", state: "enabled", isPlatformOwner: true };
      expect(await listNewEvents()).toMatchObject([
        { ...written, action: "administrator.created", subject, accountId: undefined, before: undefined, after },
      ]);
    });

    it("an address is somebody's once, whatever its case, width and blanks", async ({ storage, listNewEvents }) => {
      const id = randomUUID();
      const ann = await addAdministrator(storage, { id, email: `Ａnn.${id}@Example.com` });
      for (const email of [`ann.${id}@example.com`, ` ANN.${id}@EXAMPLE.COM `, `ａｎｎ.${id}@example.com`]) {
        expect(await storage.createAdministrator(makeAdministrator({ email }), author)).toBe(false);
        expect(await storage.findAdministratorByEmail(email)).toEqual(asStored(ann));
      }
      expect(await storage.findAdministratorByEmail("nobody@example.com")).toBeUndefined();
      expect(await storage.findAdministratorByEmail("no\0ne")).toBeUndefined();
      expect(await listNewEvents()).toHaveLength(1);
    });

    it("one without a password is invited", async ({ storage }) => {
      const invited = await addAdministrator(storage, { passwordHash: undefined });
      expect(await storage.findAdministrator(invited.id)).toEqual(asStored(invited, { state: "invited" }));
    });

    it("a change raises the version and ends the sessions; with more rights the tokens stay", async (given) => {
      const { storage, other } = given;
      const { id, ...ann } = await addAdministrator(storage);
      await addSession(storage, id);
      await addToken(storage, id);
      const { sequence } = await storage.findAuditHead();
      const changed = await other.changeAdministrator(id, { isPlatformOwner: true }, later);
      const expected = asStored({ id, ...ann }, { isPlatformOwner: true, lastSignedInAt: at, version: 2 });
      expect(changed).toEqual(expected);
      expect(await storage.findAdministrator(id)).toEqual(expected);
      expect(await countWaysIn(storage, id)).toEqual({ sessions: 0, tokens: 1 });
      expect(await storage.listAuditEvents(sequence, 10)).toMatchObject([
        {
          action: "administrator.changed",
          subject: `administrator:${id}`,
          before: { state: "enabled", isPlatformOwner: false },
          after: { state: "enabled", isPlatformOwner: true },
        },
      ]);
    });

    it("fewer rights and disabling end sessions and tokens", async ({ storage }) => {
      await addAdministrator(storage, { isPlatformOwner: true });
      const { id } = await addAdministrator(storage, { isPlatformOwner: true });
      for (const change of [{ isPlatformOwner: false }, { state: "disabled" }] as const) {
        await addSession(storage, id);
        await addSession(storage, id, { state: "pending" });
        await addToken(storage, id);
        expect(await storage.changeAdministrator(id, change, author)).toMatchObject(change);
        expect(await countWaysIn(storage, id)).toEqual({ sessions: 0, tokens: 0 });
      }
      expect(await storage.changeAdministrator(id, { state: "enabled" }, author)).toMatchObject({ state: "enabled" });
    });

    it("what is so already is no change; another version is none either", async ({ storage, listNewEvents }) => {
      const ann = await addAdministrator(storage);
      await addSession(storage, ann.id, { state: "pending" });
      for (const change of [{}, { state: "enabled" }, { isPlatformOwner: false }] as const) {
        expect(await storage.changeAdministrator(ann.id, change, { ...author, ifVersion: 1 })).toEqual(asStored(ann));
      }
      const disabling = { state: "disabled" } as const;
      expect(await storage.changeAdministrator(ann.id, disabling, { ...author, ifVersion: 2 })).toBe(
        "version mismatch",
      );
      expect(await storage.changeAdministrator(randomUUID(), disabling, author)).toBe("unknown administrator");
      expect((await storage.listSessions(ann.id)).length).toBe(1);
      expect(await listNewEvents()).toHaveLength(1);
    });

    it("a change that is asked for twice with one key is made once", async ({ storage, other, listNewEvents }) => {
      const ann = await addAdministrator(storage);
      const once: Author = { ...author, idempotency: { key: randomUUID(), fingerprint: "f" } };
      const answer = await storage.changeAdministrator(ann.id, { state: "disabled" }, once);
      expect(answer).toEqual(asStored(ann, { state: "disabled", version: 2 }));
      await storage.changeAdministrator(ann.id, { state: "enabled" }, author);
      expect(await other.changeAdministrator(ann.id, { state: "disabled" }, once)).toEqual(answer);
      expect(await storage.findAdministrator(ann.id)).toMatchObject({ state: "enabled", version: 3 });
      expect(await listNewEvents()).toHaveLength(3);
    });

    it("a new password ends every session but the one that is kept", async ({ storage, other, listNewEvents }) => {
      const { id } = await addAdministrator(storage);
      const bystander = await addAdministrator(storage);
      await addSession(storage, bystander.id);
      const kept = await addSession(storage, id);
      await addSession(storage, id);
      await addSession(storage, id, { state: "pending" });
      expect(await other.setPassword(id, "$argon2id$new", { ...later, keptSession: kept.digest })).toBe(true);
      expect(await storage.findAdministrator(id)).toMatchObject({ passwordHash: "$argon2id$new", version: 1 });
      expect(await storage.listSessions(id)).toEqual([kept]);
      expect((await storage.listSessions(bystander.id)).length).toBe(1);
      expect(await storage.setPassword(id, "$argon2id$newer", author)).toBe(true);
      expect(await storage.listSessions(id)).toEqual([]);
      const { sequence } = await storage.findAuditHead();
      expect(await storage.setPassword(randomUUID(), "$argon2id$new", author)).toBe(false);
      expect(await storage.findAuditHead()).toMatchObject({ sequence });
      expect((await listNewEvents()).filter(({ action }) => action === "administrator.password-changed")).toEqual([
        expect.objectContaining({ subject: `administrator:${id}`, before: undefined, after: undefined }),
        expect.objectContaining({ subject: `administrator:${id}`, before: undefined, after: undefined }),
      ]);
    });

    it("a stronger hash takes the place of the former and of no other", async ({ storage, listNewEvents }) => {
      const { id } = await addAdministrator(storage);
      await addSession(storage, id, { state: "pending" });
      const hashes = { former: "$argon2id$hash", next: "$argon2id$stronger" };
      expect(await storage.rehashPassword(id, hashes)).toBe(true);
      expect(await storage.rehashPassword(id, { ...hashes, next: "$argon2id$other" })).toBe(false);
      expect(await storage.findAdministrator(id)).toMatchObject({ passwordHash: hashes.next, version: 1 });
      const invited = await addAdministrator(storage, { passwordHash: undefined });
      expect(await storage.rehashPassword(invited.id, { ...hashes, former: "" })).toBe(false);
      expect((await storage.listSessions(id)).length).toBe(1);
      expect(await listNewEvents()).toHaveLength(2);
    });
  });
}

function describeLastOwner(suite: Suite): void {
  group(suite, "the last platform owner", (it) => {
    it("can be neither disabled, demoted nor invited again", async ({ storage, listNewEvents }) => {
      const owner = await addAdministrator(storage, { isPlatformOwner: true });
      await addAdministrator(storage, { isPlatformOwner: true, passwordHash: undefined });
      const disabled = await addAdministrator(storage, { isPlatformOwner: true });
      await storage.changeAdministrator(disabled.id, { state: "disabled" }, author);
      await addSession(storage, owner.id, { state: "pending" });
      const { length } = await listNewEvents();
      for (const change of [{ state: "disabled" }, { isPlatformOwner: false }] as const) {
        expect(await storage.changeAdministrator(owner.id, change, author)).toBe("last platform owner");
      }
      expect(await storage.reinviteAdministrator(owner.id, makeInvitation(), author)).toBe("last platform owner");
      expect(await storage.findAdministrator(owner.id)).toEqual(asStored(owner));
      expect((await storage.listSessions(owner.id)).length).toBe(1);
      expect(await listNewEvents()).toHaveLength(length);
      await storage.changeAdministrator(disabled.id, { state: "enabled" }, author);
      expect(await storage.changeAdministrator(owner.id, { isPlatformOwner: false }, author)).toMatchObject({
        isPlatformOwner: false,
        version: 2,
      });
    });
  });
}

function describeSetup(suite: Suite): void {
  // Each test has a database of its own: there is one first run.
  group(suite, "setup", (it) => {
    it("the token of the first run makes one platform owner and is good once", async (given) => {
      const { storage, other, listNewEvents } = given;
      expect(await storage.isSetupOpen()).toBe(true);
      const former = { digest: makeDigest(), expiresAt: at + 3600 };
      const setup = { digest: makeDigest(), expiresAt: at + 3600 };
      const administrator = makeAdministrator();
      const complete = (digest: string, when: Author) => storage.completeSetup({ digest, administrator }, when);
      expect(await complete(makeDigest(), author)).toBe(false);
      expect(await storage.openSetup(former)).toBe(true);
      expect(await other.openSetup(setup)).toBe(true);
      expect(await complete(former.digest, author)).toBe(false);
      expect(await complete(setup.digest, { ...author, at: at + 3600 })).toBe(false);
      expect(await listNewEvents()).toEqual([]);
      expect(await complete(setup.digest, { ...author, at: at + 3599 })).toBe(true);
      const created = asStored(administrator, { isPlatformOwner: true, createdAt: at + 3599 });
      expect(await other.findAdministrator(administrator.id)).toEqual(created);
      const again = { digest: setup.digest, administrator: makeAdministrator() };
      expect(await other.completeSetup(again, author)).toBe(false);
      expect(await storage.isSetupOpen()).toBe(false);
      expect(await storage.openSetup(setup)).toBe(false);
      expect(await other.completeSetup(again, author)).toBe(false);
      expect(await listNewEvents()).toMatchObject([
        {
          action: "administrator.created",
          subject: `administrator:${administrator.id}`,
          after: { email: administrator.email, isPlatformOwner: true },
        },
      ]);
    });
  });

  group(suite, "setup beside other ways", (it) => {
    it("one by SSO does not close it, a platform owner of our own does", async ({ storage }) => {
      await addAdministrator(storage);
      const person = { ...makePerson(), isPlatformOwner: true };
      expect(await storage.applySso(person, author)).toMatchObject({ isPlatformOwner: true });
      const setup = { digest: makeDigest(), expiresAt: at + 3600 };
      expect(await storage.openSetup(setup)).toBe(true);
      const taken = { digest: setup.digest, administrator: makeAdministrator({ email: person.email }) };
      expect(await storage.completeSetup(taken, author)).toBe(false);
      expect(await storage.isSetupOpen()).toBe(true);
      await addAdministrator(storage, { isPlatformOwner: true });
      expect(await storage.isSetupOpen()).toBe(false);
      const late = { digest: setup.digest, administrator: makeAdministrator() };
      expect(await storage.completeSetup(late, author)).toBe(false);
    });
  });
}

function describeInvitations(suite: Suite): void {
  const accept = { name: "Bob", passwordHash: "$argon2id$chosen" };
  group(suite, "invitations", (it) => {
    it("who is invited accepts once, and acts for themselves", async ({ storage, other, listNewEvents }) => {
      const accountId = await addAccount(storage);
      const administrator = makeAdministrator({ name: "", passwordHash: undefined });
      const invitation = makeInvitation();
      const membership = { accountId, role: "viewer" } as const;
      const { id } = administrator;
      expect(await storage.inviteAdministrator({ administrator, invitation, membership }, author)).toEqual({
        administratorId: id,
        invitationId: invitation.id,
      });
      const invited = asStored(administrator, { state: "invited", memberships: [membership] });
      expect(await other.findAdministrator(id)).toEqual(invited);
      const acceptance = { digest: invitation.digest, ...accept };
      expect(await other.acceptInvitation({ ...acceptance, digest: makeDigest() }, author)).toBeUndefined();
      expect(await other.acceptInvitation(acceptance, { ...author, at: at + 604_800 })).toBeUndefined();
      expect(await other.acceptInvitation(acceptance, later)).toBe(id);
      expect(await other.acceptInvitation(acceptance, later)).toBeUndefined();
      expect(await storage.findAdministrator(id)).toEqual({ ...invited, ...accept, state: "enabled", version: 2 });
      const subject = `administrator:${id}`;
      const { email } = administrator;
      const { id: invitationId, expiresAt } = invitation;
      expect((await listNewEvents()).slice(1)).toMatchObject([
        {
          ...written,
          action: "administrator.invited",
          subject,
          accountId,
          before: undefined,
          after: { email, name: "", isPlatformOwner: false, role: "viewer", invitationId, expiresAt },
        },
        {
          at: later.at,
          actor: subject,
          action: "administrator.invitation-accepted",
          subject,
          before: { name: "", state: "invited" },
          after: { name: "Bob", state: "enabled" },
        },
      ]);
    });

    it("an address that is known is not invited", async ({ storage, listNewEvents }) => {
      const { email } = await addAdministrator(storage);
      const administrator = makeAdministrator({ email: email.toUpperCase() });
      const invited = { administrator, invitation: makeInvitation(), membership: undefined };
      expect(await storage.inviteAdministrator(invited, author)).toBe("known");
      expect(await storage.findAdministrator(administrator.id)).toBeUndefined();
      expect(await listNewEvents()).toHaveLength(1);
    });

    it("a new invitation ends the former one and all by which they came in", async ({ storage, listNewEvents }) => {
      const { id } = await addAdministrator(storage);
      await addSession(storage, id);
      await addToken(storage, id);
      await storage.addPasskey(makePasskey(id), author);
      await storage.beginTotp(id, "sealed");
      await storage.confirmTotp(id, 1, author);
      await storage.setRecoveryCodes(id, [makeDigest()], author);
      const [former, next] = [makeInvitation(), makeInvitation()];
      expect(await storage.reinviteAdministrator(id, former, author)).toBe(former.id);
      expect(await storage.findAdministrator(id)).toMatchObject({
        ...{ state: "invited", passwordHash: undefined, hasTotp: false, passkeyCount: 0, version: 2 },
      });
      expect(await countWaysIn(storage, id)).toEqual({ sessions: 0, tokens: 0 });
      expect(await storage.countRecoveryCodes(id)).toBe(0);
      expect(await storage.reinviteAdministrator(id, next, { ...author, ifVersion: 1 })).toBe("version mismatch");
      expect(await storage.reinviteAdministrator(id, next, { ...author, ifVersion: 2 })).toBe(next.id);
      expect(await storage.acceptInvitation({ digest: former.digest, ...accept }, author)).toBeUndefined();
      expect(await storage.acceptInvitation({ digest: next.digest, ...accept }, author)).toBe(id);
      expect(await storage.reinviteAdministrator(randomUUID(), makeInvitation(), author)).toBe("unknown administrator");
      const invited = (await listNewEvents()).filter(({ action }) => action === "administrator.invited");
      expect(invited.map(({ after }) => after?.invitationId)).toEqual([former.id, next.id]);
      expect(invited[0]).toMatchObject({ before: { state: "enabled" }, after: { state: "invited" } });
    });

    it("who waits for an invitation is not enabled without it, and disabling ends it", async ({ storage }) => {
      const administrator = makeAdministrator();
      const invitation = makeInvitation();
      await storage.inviteAdministrator({ administrator, invitation, membership: undefined }, author);
      const { id } = administrator;
      const set = (state: "enabled" | "disabled") => storage.changeAdministrator(id, { state }, author);
      expect(await set("enabled")).toMatchObject({ state: "invited", version: 1 });
      expect(await set("disabled")).toMatchObject({ state: "disabled", version: 2 });
      const acceptance = { digest: invitation.digest, ...accept };
      expect(await storage.acceptInvitation(acceptance, author)).toBeUndefined();
      expect(await set("enabled")).toMatchObject({ state: "invited", version: 3 });
      expect(await storage.acceptInvitation(acceptance, author)).toBeUndefined();
      const next = makeInvitation();
      expect(await storage.reinviteAdministrator(id, next, author)).toBe(next.id);
      expect(await storage.acceptInvitation({ ...acceptance, digest: next.digest }, author)).toBe(id);
    });
  });
}

function describeMemberships(suite: Suite): void {
  group(suite, "memberships", (it) => {
    it("are set and removed, in the order of the accounts, one event each", async ({ storage, other }) => {
      const [one, two] = [await addAccount(storage), await addAccount(storage)];
      const ann = await addAdministrator(storage);
      const { sequence } = await storage.findAuditHead();
      const set = (accountId: number, role: "viewer" | "owner", more = {}) =>
        other.setMembership(ann.id, { accountId, role }, { ...author, ...more });
      await set(two, "owner");
      const both = [
        { accountId: one, role: "viewer" },
        { accountId: two, role: "owner" },
      ] as const;
      expect(await set(one, "viewer", { ifVersion: 2 })).toEqual(asStored(ann, { memberships: both, version: 3 }));
      expect(await set(one, "viewer")).toEqual(asStored(ann, { memberships: both, version: 3 }));
      expect(await set(one, "owner", { ifVersion: 2 })).toBe("version mismatch");
      await set(one, "owner");
      expect(await storage.removeMembership(ann.id, two, { ...author, ifVersion: 3 })).toBe("version mismatch");
      expect(await storage.removeMembership(ann.id, two, author)).toBe(true);
      expect(await storage.removeMembership(ann.id, two, author)).toBe(false);
      const left = [{ accountId: one, role: "owner" }] as const;
      expect(await storage.findAdministrator(ann.id)).toEqual(asStored(ann, { memberships: left, version: 5 }));
      const set_ = { action: "administrator.member-set", subject: `administrator:${ann.id}` };
      expect(await storage.listAuditEvents(sequence, 10)).toMatchObject([
        { ...set_, accountId: two, before: undefined, after: { role: "owner" } },
        { ...set_, accountId: one, before: undefined, after: { role: "viewer" } },
        { ...set_, accountId: one, before: { role: "viewer" }, after: { role: "owner" } },
        { ...set_, action: "administrator.member-removed", accountId: two, before: { role: "owner" } },
      ]);
    });

    it("of an unknown person or account there is none", async ({ storage, listNewEvents }) => {
      const accountId = await addAccount(storage);
      const { id } = await addAdministrator(storage);
      const role = "viewer" as const;
      expect(await storage.setMembership(randomUUID(), { accountId, role }, author)).toBeUndefined();
      for (const unknown of [accountId + 1000, 1.5]) {
        expect(await storage.setMembership(id, { accountId: unknown, role }, author)).toBeUndefined();
      }
      expect(await storage.removeMembership(randomUUID(), accountId, author)).toBe(false);
      expect(await listNewEvents()).toHaveLength(2);
    });

    it("a role is changed of members alone, as it is set, and of nobody else", async ({ storage, other }) => {
      const [one, two] = [await addAccount(storage), await addAccount(storage)];
      const { id } = await addAdministrator(storage);
      await storage.setMembership(id, { accountId: one, role: "viewer" }, author);
      const { sequence } = await storage.findAuditHead();
      const change = (accountId: number, more = {}) =>
        other.changeMembership(id, { accountId, role: "owner" }, { ...author, ...more });
      expect(await change(one, { ifVersion: 1 })).toBe("version mismatch");
      expect(await change(one)).toMatchObject({ memberships: [{ accountId: one, role: "owner" }], version: 3 });
      expect(await change(two)).toBeUndefined();
      expect(await storage.changeMembership(randomUUID(), { accountId: one, role: "owner" }, author)).toBeUndefined();
      expect(await storage.removeMembership(id, one, author)).toBe(true);
      expect(await change(one)).toBeUndefined();
      expect((await storage.findAdministrator(id))?.memberships).toEqual([]);
      expect((await storage.listAuditEvents(sequence, 10)).map(({ action }) => action)).toEqual([
        "administrator.member-set",
        "administrator.member-removed",
      ]);
    });

    it("a change ends the sessions, and a smaller role the tokens of its account", async ({ storage }) => {
      const [one, two] = [await addAccount(storage), await addAccount(storage)];
      const { id } = await addAdministrator(storage);
      await storage.setMembership(id, { accountId: two, role: "viewer" }, author);
      for (const accountId of [undefined, one, two]) await addToken(storage, id, { accountId });
      const listAccounts = async () => (await storage.listAccessTokens(id)).map(({ accountId }) => accountId);
      const steps = [
        { role: "viewer", left: 3 },
        { role: "owner", left: 3 },
        { role: "administrator", left: 2 },
      ] as const;
      for (const { role, left } of steps) {
        await addSession(storage, id);
        await storage.setMembership(id, { accountId: one, role }, author);
        expect(await countWaysIn(storage, id)).toEqual({ sessions: 0, tokens: left });
      }
      expect(await listAccounts()).not.toContain(one);
      await addSession(storage, id);
      await storage.removeMembership(id, two, author);
      expect(await countWaysIn(storage, id)).toEqual({ sessions: 0, tokens: 1 });
      expect(await listAccounts()).toEqual([undefined]);
    });
  });
}

function makePerson() {
  const { id, email } = makeAdministrator();
  const origin = { issuer: "https://login.example.com", subject: randomUUID() };
  return { id, email, name: "Sol", ...origin, isPlatformOwner: false, memberships: [] };
}

function describeSso(suite: Suite): void {
  group(suite, "single sign-on", (it) => {
    it("a person is created with the roles that were told, and found again", async (given) => {
      const { storage, other } = given;
      const [one, two] = [await addAccount(storage), await addAccount(storage)];
      const memberships = [
        { accountId: two, role: "viewer" },
        { accountId: one, role: "viewer" },
        { accountId: one, role: "owner" },
        { accountId: two + 1000, role: "owner" },
      ] as const;
      const person = { ...makePerson(), memberships };
      const { sequence } = await storage.findAuditHead();
      const created = await storage.applySso(person, author);
      const { issuer, subject, ...told } = person;
      const sorted = [memberships[2], memberships[0]];
      const sso = { issuer, subject };
      const stored = asStored({ ...told, passwordHash: undefined }, { sso, memberships: sorted });
      expect(created).toEqual(stored);
      expect(await other.applySso({ ...person, id: randomUUID() }, later)).toEqual(stored);
      const { email, name, isPlatformOwner } = person;
      const after = { email, name, isPlatformOwner, memberships: sorted, issuer, subject };
      expect(await storage.listAuditEvents(sequence, 10)).toMatchObject([
        { ...written, action: "administrator.created", subject: `administrator:${person.id}`, after },
      ]);
    });

    it("issuer and subject say who it is, the address never does", async ({ storage, listNewEvents }) => {
      const local = await addAdministrator(storage);
      const person = makePerson();
      expect(await storage.applySso({ ...person, email: local.email.toUpperCase() }, author)).toBe("email taken");
      await storage.applySso(person, author);
      const stranger = { ...makePerson(), email: person.email };
      expect(await storage.applySso(stranger, author)).toBe("email taken");
      const elsewhere = { ...person, id: randomUUID(), issuer: "https://other.example.com" };
      expect(await storage.applySso(elsewhere, author)).toBe("email taken");
      const renamed = { ...person, name: "Solveig", email: local.email };
      expect(await storage.applySso(renamed, author)).toMatchObject({ email: person.email, name: "Solveig" });
      const moved = { ...person, email: `new-${person.email}` };
      expect(await storage.applySso(moved, author)).toMatchObject({ id: person.id, email: moved.email, version: 3 });
      expect(await storage.findAdministrator(local.id)).toEqual(asStored(local));
      expect((await listNewEvents()).map(({ action, before, after }) => ({ action, before, after })).slice(2)).toEqual([
        { action: "administrator.changed", before: { name: "Sol" }, after: { name: "Solveig" } },
        {
          action: "administrator.changed",
          before: { email: person.email, name: "Solveig" },
          after: { email: moved.email, name: "Sol" },
        },
      ]);
    });

    it("changed roles end the sessions, smaller ones the tokens; a disabled person stays so", async ({ storage }) => {
      const accountId = await addAccount(storage);
      const person = { ...makePerson(), isPlatformOwner: true, memberships: [{ accountId, role: "owner" as const }] };
      const { id } = person;
      const fill = async () => {
        await addSession(storage, id);
        for (const narrowedTo of [undefined, accountId]) await addToken(storage, id, { accountId: narrowedTo });
      };
      await storage.applySso(person, author);
      await fill();
      await storage.applySso({ ...person, name: "Another" }, author);
      expect(await countWaysIn(storage, id)).toEqual({ sessions: 1, tokens: 2 });
      await storage.applySso({ ...person, memberships: [] }, author);
      expect(await countWaysIn(storage, id)).toEqual({ sessions: 0, tokens: 1 });
      await fill();
      const demoted = { ...person, isPlatformOwner: false };
      expect(await storage.applySso(demoted, author)).toMatchObject({
        isPlatformOwner: false,
        memberships: person.memberships,
      });
      expect(await countWaysIn(storage, id)).toEqual({ sessions: 0, tokens: 0 });
      await storage.changeAdministrator(id, { state: "disabled" }, author);
      expect(await storage.applySso(demoted, author)).toMatchObject({ state: "disabled" });
      expect(await storage.changeAdministrator(id, { state: "enabled" }, author)).toMatchObject({ state: "enabled" });
    });
  });
}

function describeSsoEnd(suite: Suite): void {
  group(suite, "the end of single sign-on", (it) => {
    it("takes every role, session and token from the person, who is the same with a role again", async (given) => {
      const { storage, other } = given;
      const accountId = await addAccount(storage);
      const person = { ...makePerson(), isPlatformOwner: true, memberships: [{ accountId, role: "owner" as const }] };
      await storage.applySso(person, author);
      await addSession(storage, person.id);
      for (const narrowedTo of [undefined, accountId]) await addToken(storage, person.id, { accountId: narrowedTo });
      const { sequence } = await storage.findAuditHead();
      const { issuer, subject, isPlatformOwner, memberships } = person;
      expect(await other.endSso({ issuer, subject }, later)).toBe(true);
      expect(await countWaysIn(storage, person.id)).toEqual({ sessions: 0, tokens: 0 });
      const left = { state: "enabled", isPlatformOwner: false, memberships: [], email: person.email, name: "Sol" };
      expect(await storage.findAdministrator(person.id)).toMatchObject(left);
      expect(await storage.listAuditEvents(sequence, 10)).toMatchObject([
        {
          ...written,
          at: at + 60,
          action: "administrator.changed",
          subject: `administrator:${person.id}`,
          before: { isPlatformOwner, memberships },
          after: { isPlatformOwner: false, memberships: [] },
        },
      ]);
      const again = { ...person, id: randomUUID(), isPlatformOwner: false };
      expect(await storage.applySso(again, author)).toMatchObject({ id: person.id, memberships });
    });

    it("where no role is left ends the sessions and tokens all the same, without an event", async ({ storage }) => {
      const person = makePerson();
      await storage.applySso(person, author);
      await addSession(storage, person.id);
      await addToken(storage, person.id);
      const head = await storage.findAuditHead();
      expect(await storage.endSso(person, author)).toBe(true);
      expect(await countWaysIn(storage, person.id)).toEqual({ sessions: 0, tokens: 0 });
      expect(await storage.findAuditHead()).toEqual(head);
    });

    it("of somebody unknown ends nothing", async ({ storage }) => {
      const person = makePerson();
      await storage.applySso(person, author);
      await addSession(storage, person.id);
      for (const other of [{ subject: randomUUID() }, { issuer: "https://other.example.com" }, { subject: "\0" }]) {
        expect(await storage.endSso({ ...person, ...other }, author)).toBe(false);
      }
      expect(await countWaysIn(storage, person.id)).toEqual({ sessions: 1, tokens: 0 });
    });
  });
}

function describeSessions(suite: Suite): void {
  group(suite, "sessions", (it) => {
    it("a complete one is a sign-in, found with its administrator", async ({ storage, other, listNewEvents }) => {
      const accounts = [await addAccount(storage), await addAccount(storage)];
      const ann = await addAdministrator(storage);
      const memberships = accounts.map((accountId) => ({ accountId, role: "viewer" as const }));
      for (const membership of memberships.toReversed()) await storage.setMembership(ann.id, membership, author);
      await storage.addPasskey(makePasskey(ann.id), author);
      const session = await addSession(storage, ann.id, { steppedUpAt: at });
      const signedIn = { memberships, passkeyCount: 1, lastSignedInAt: at, version: 3 };
      expect(await other.findSession(session.digest)).toEqual({ session, administrator: asStored(ann, signedIn) });
      expect(await other.findSession(makeDigest())).toBeUndefined();
      expect(await other.findSession("no\0ne")).toBeUndefined();
      expect((await listNewEvents()).at(-1)).toMatchObject({
        ...written,
        action: "administrator.signed-in",
        subject: `administrator:${ann.id}`,
        after: { userAgent: session.userAgent },
      });
    });

    it("a pending one is completed once, under a new digest", async ({ storage, other }) => {
      const { id } = await addAdministrator(storage);
      const pending = await addSession(storage, id, { state: "pending", expiresAt: at + 300 });
      const { sequence } = await storage.findAuditHead();
      expect(await storage.findAdministrator(id)).toMatchObject({ lastSignedInAt: undefined });
      const next = { digest: makeDigest(), expiresAt: at + 43_200 };
      expect(await storage.completeSession(pending.digest, next, { ...author, at: at + 300 })).toBe(false);
      expect(await storage.completeSession(pending.digest, next, later)).toBe(true);
      expect(await other.completeSession(pending.digest, { ...next, digest: makeDigest() }, later)).toBe(false);
      expect(await other.completeSession(next.digest, { ...next, digest: makeDigest() }, later)).toBe(false);
      expect(await other.findSession(pending.digest)).toBeUndefined();
      const proven = { lastSeenAt: later.at, steppedUpAt: later.at };
      expect(await other.findSession(next.digest)).toMatchObject({
        session: { ...pending, ...next, state: "complete", ...proven },
        administrator: { id, lastSignedInAt: later.at, version: 1 },
      });
      expect(await storage.listAuditEvents(sequence, 10)).toMatchObject([
        { at: later.at, action: "administrator.signed-in", subject: `administrator:${id}` },
      ]);
    });

    it("step-up gives a new digest; touches go only forward", async ({ storage, other, listNewEvents }) => {
      const { id } = await addAdministrator(storage);
      const session = await addSession(storage, id);
      const { length } = await listNewEvents();
      const next = { digest: makeDigest(), steppedUpAt: at + 5 };
      expect(await other.renewSession(session.digest, { ...next, steppedUpAt: session.expiresAt })).toBe(false);
      expect(await other.renewSession(session.digest, next)).toBe(true);
      expect(await storage.renewSession(session.digest, { ...next, digest: makeDigest() })).toBe(false);
      for (const seenAt of [at + 9, at + 7]) await storage.touchSession(next.digest, seenAt);
      const expected = { ...session, ...next, lastSeenAt: at + 9 };
      expect((await other.findSession(next.digest))?.session).toEqual(expected);
      const pending = await addSession(storage, id, { state: "pending" });
      expect(await storage.renewSession(pending.digest, { digest: makeDigest(), steppedUpAt: at })).toBe(false);
      expect(await listNewEvents()).toHaveLength(length);
    });

    it("failures of a pending one are counted", async ({ storage, other }) => {
      const { id } = await addAdministrator(storage);
      const pending = await addSession(storage, id, { state: "pending" });
      expect(await storage.countSessionFailure(pending.digest)).toBe(1);
      expect(await other.countSessionFailure(pending.digest)).toBe(2);
      expect((await storage.findSession(pending.digest))?.session.failures).toBe(2);
      const complete = await addSession(storage, id);
      for (const digest of [complete.digest, makeDigest()]) expect(await storage.countSessionFailure(digest)).toBe(0);
    });

    it("are listed oldest first and ended by their owner alone", async ({ storage, other }) => {
      const { id } = await addAdministrator(storage);
      const stranger = await addAdministrator(storage);
      const second = await addSession(storage, id, { createdAt: at + 2 });
      const first = await addSession(storage, id, { createdAt: at + 1 });
      const ties = [
        await addSession(storage, id, { createdAt: at + 3 }),
        await addSession(storage, id, { createdAt: at + 3 }),
      ];
      const sorted = ties.toSorted((left, right) => (left.digest < right.digest ? -1 : 1));
      expect(await other.listSessions(id)).toEqual([first, second, ...sorted]);
      expect(await storage.endSession(stranger.id, first.digest)).toBe(false);
      expect(await storage.endSession(id, first.digest)).toBe(true);
      expect(await other.endSession(id, first.digest)).toBe(false);
      expect(await other.listSessions(id)).toEqual([second, ...sorted]);
    });
  });
}

function describeSlowSignIns(suite: Suite): void {
  group(suite, "sign-ins by a password", (it) => {
    it("begin no session once it is another one, or the person disabled or invited", async ({ storage, other }) => {
      const { id, passwordHash } = await addAdministrator(storage);
      const signIn = (state: "pending" | "complete") =>
        other.createSession(makeSession(id, { state }), author, { passwordHash });
      expect([await signIn("pending"), await signIn("complete")]).toEqual([true, true]);
      await storage.setPassword(id, "$argon2id$new", author);
      expect([await signIn("pending"), await signIn("complete")]).toEqual([false, false]);
      await storage.setPassword(id, passwordHash ?? "", author);
      await storage.changeAdministrator(id, { state: "disabled" }, author);
      expect([await signIn("pending"), await signIn("complete")]).toEqual([false, false]);
      expect(await storage.listSessions(id)).toEqual([]);
      const invited = await addAdministrator(storage, { passwordHash: undefined });
      const proof = { passwordHash: undefined };
      expect(await storage.createSession(makeSession(invited.id), author, proof)).toBe(false);
      expect(await storage.createSession(makeSession(randomUUID()), author, proof)).toBe(false);
    });
  });
}

function describeTotp(suite: Suite): void {
  group(suite, "authenticator apps", (it) => {
    it("one is confirmed once, and each step is good once and only forward", async ({
      storage,
      other,
      listNewEvents,
    }) => {
      const { id } = await addAdministrator(storage);
      expect(await storage.findTotp(id)).toBeUndefined();
      expect(await storage.confirmTotp(id, 5, author)).toBe(false);
      for (const sealed of ["sealed-1", "sealed-2"]) expect(await storage.beginTotp(id, sealed)).toBe(true);
      expect(await other.findTotp(id)).toEqual({ sealed: "sealed-2", isConfirmed: false, lastStep: undefined });
      expect(await storage.useTotpStep(id, 4)).toBe(false);
      expect(await storage.findAdministrator(id)).toMatchObject({ hasTotp: false });
      expect(await storage.confirmTotp(id, 5, author)).toBe(true);
      expect(await storage.confirmTotp(id, 6, author)).toBe(false);
      expect(await storage.beginTotp(id, "sealed-3")).toBe(false);
      expect(await other.findTotp(id)).toEqual({ sealed: "sealed-2", isConfirmed: true, lastStep: 5 });
      expect(await storage.findAdministrator(id)).toMatchObject({ hasTotp: true, version: 1 });
      for (const [step, isUsed] of [
        [5, false],
        [4, false],
        [6, true],
        [6, false],
        [8, true],
        [7, false],
      ] as const) {
        expect(await other.useTotpStep(id, step)).toBe(isUsed);
      }
      expect(await storage.removeTotp(id, author)).toBe(true);
      expect(await storage.removeTotp(id, author)).toBe(false);
      expect(await storage.useTotpStep(id, 9)).toBe(false);
      const subject = `administrator:${id}`;
      expect((await listNewEvents()).slice(1)).toMatchObject([
        { action: "administrator.totp-enrolled", subject, before: undefined, after: undefined },
        { action: "administrator.totp-removed", subject, before: undefined, after: undefined },
      ]);
    });

    it("one that was not confirmed goes without a word", async ({ storage, listNewEvents }) => {
      const { id } = await addAdministrator(storage);
      await storage.beginTotp(id, "sealed");
      const session = await addSession(storage, id, { state: "pending" });
      expect(await storage.removeTotp(id, author)).toBe(true);
      expect(await storage.findTotp(id)).toBeUndefined();
      expect(await storage.listSessions(id)).toEqual([session]);
      expect(await listNewEvents()).toHaveLength(1);
    });

    it("what a session asks that has been ended, or is another's, is not done: no way in is left behind", async (given) => {
      const { storage, other } = given;
      const [{ id }, stranger] = [await addAdministrator(storage), await addAdministrator(storage)];
      await storage.beginTotp(id, "sealed");
      const ended = await addSession(storage, id);
      const foreign = await addSession(storage, stranger.id);
      await storage.endSession(id, ended.digest);
      const head = await storage.findAuditHead();
      for (const keptSession of [ended.digest, foreign.digest, "no\0ne"]) {
        const by = { ...author, keptSession };
        expect(await other.setPassword(id, "$argon2id$stolen", by)).toBe(false);
        expect(await other.confirmTotp(id, 1, by)).toBe(false);
        expect(await other.addPasskey(makePasskey(id), by)).toBe(false);
        expect(await other.createAccessToken(makeToken(id), by)).toBeUndefined();
      }
      await storage.confirmTotp(id, 1, author);
      await storage.addPasskey(makePasskey(id, { id: "own" }), author);
      const by = { ...author, keptSession: ended.digest };
      expect([await other.removeTotp(id, by), await other.removePasskey(id, "own", by)]).toEqual([false, false]);
      expect(await storage.findAdministrator(id)).toMatchObject({
        passwordHash: "$argon2id$hash",
        hasTotp: true,
        passkeyCount: 1,
      });
      expect(await countWaysIn(storage, stranger.id)).toEqual({ sessions: 1, tokens: 0 });
      expect(await storage.findAuditHead()).toMatchObject({ sequence: head.sequence + 2 });
    });

    it("each change of factors ends the sessions but the one that is kept (R-33)", async ({ storage }) => {
      const { id } = await addAdministrator(storage);
      const passkey = makePasskey(id);
      await storage.beginTotp(id, "sealed");
      const kept = await addSession(storage, id);
      const changes: readonly ((author: Author & { keptSession?: string }) => Promise<unknown>)[] = [
        (by) => storage.confirmTotp(id, 1, by),
        (by) => storage.removeTotp(id, by),
        (by) => storage.addPasskey(passkey, by),
        (by) => storage.removePasskey(id, passkey.id, by),
      ];
      for (const change of changes) {
        await addSession(storage, id);
        expect(await change({ ...author, keptSession: kept.digest })).toBe(true);
        expect(await storage.listSessions(id)).toEqual([kept]);
      }
      await storage.addPasskey(passkey, author);
      expect(await storage.listSessions(id)).toEqual([]);
    });
  });
}

function describePasskeys(suite: Suite): void {
  group(suite, "passkeys", (it) => {
    it("are added, listed oldest first, used and removed", async ({ storage, other, listNewEvents }) => {
      const { id } = await addAdministrator(storage);
      const stranger = await addAdministrator(storage);
      const second = makePasskey(id, { createdAt: at + 1, transports: [] });
      const first = makePasskey(id);
      for (const passkey of [second, first]) expect(await storage.addPasskey(passkey, author)).toBe(true);
      expect(await other.addPasskey({ ...first, administratorId: stranger.id }, author)).toBe(false);
      expect(await other.listPasskeys(id)).toEqual([first, second]);
      expect(await other.findPasskey(first.id)).toEqual(first);
      expect(await other.findPasskey("unknown")).toBeUndefined();
      expect(await storage.findAdministrator(id)).toMatchObject({ passkeyCount: 2 });
      await storage.recordPasskeyUse(first.id, { counter: 7, at: at + 9 });
      await storage.recordPasskeyUse(first.id, { counter: 6, at: at + 8 });
      expect(await other.findPasskey(first.id)).toEqual({ ...first, counter: 7, lastUsedAt: at + 9 });
      expect(await storage.removePasskey(stranger.id, first.id, author)).toBe(false);
      expect(await storage.removePasskey(id, first.id, author)).toBe(true);
      expect(await storage.removePasskey(id, first.id, author)).toBe(false);
      expect(await other.listPasskeys(id)).toEqual([second]);
      const subject = `administrator:${id}`;
      const described = (passkey: Passkey) => ({ passkeyId: passkey.id, name: "Laptop" });
      expect((await listNewEvents()).slice(2)).toMatchObject([
        { action: "administrator.passkey-enrolled", subject, after: described(second) },
        { action: "administrator.passkey-enrolled", subject, after: described(first) },
        { action: "administrator.passkey-removed", subject, before: described(first), after: undefined },
      ]);
    });

    it("a challenge is taken once, for its purpose, before its end", async ({ storage, other, listNewEvents }) => {
      const { id } = await addAdministrator(storage);
      const make = (more = {}) => ({ challenge: makeDigest(), administratorId: id, expiresAt: at + 300, ...more });
      const enrol = make({ purpose: "enrol" as const });
      const signIn = make({ purpose: "sign-in" as const, administratorId: undefined });
      const over = make({ purpose: "sign-in" as const });
      for (const challenge of [enrol, signIn, over]) {
        await storage.addPasskeyChallenge({ purpose: "sign-in", ...challenge });
      }
      expect(await other.takePasskeyChallenge(enrol.challenge, "sign-in", at)).toBeUndefined();
      expect(await other.takePasskeyChallenge(enrol.challenge, "enrol", at + 299)).toEqual(enrol);
      expect(await storage.takePasskeyChallenge(enrol.challenge, "enrol", at)).toBeUndefined();
      expect(await other.takePasskeyChallenge(signIn.challenge, "sign-in", at)).toEqual(signIn);
      for (const when of [at + 300, at]) {
        expect(await storage.takePasskeyChallenge(over.challenge, "sign-in", when)).toBeUndefined();
      }
      expect(await storage.takePasskeyChallenge("no\0ne", "sign-in", at)).toBeUndefined();
      expect(await listNewEvents()).toHaveLength(1);
    });
  });
}

function describeCodesAndAttempts(suite: Suite): void {
  group(suite, "recovery codes and attempts", (it) => {
    it("each recovery code is used once; new ones replace all", async ({ storage, other, listNewEvents }) => {
      const { id } = await addAdministrator(storage);
      const stranger = await addAdministrator(storage);
      const [one, two, three] = [makeDigest(), makeDigest(), makeDigest()];
      await storage.setRecoveryCodes(id, [one, two], author);
      expect(await other.countRecoveryCodes(id)).toBe(2);
      expect(await other.useRecoveryCode(stranger.id, one, author)).toBe(false);
      expect(await other.useRecoveryCode(id, one, author)).toBe(true);
      expect(await storage.useRecoveryCode(id, one, author)).toBe(false);
      expect(await storage.countRecoveryCodes(id)).toBe(1);
      await storage.setRecoveryCodes(id, [three], author);
      expect(await storage.useRecoveryCode(id, two, author)).toBe(false);
      expect(await storage.useRecoveryCode(id, three, author)).toBe(true);
      expect(await storage.countRecoveryCodes(id)).toBe(0);
      const [made, used] = ["administrator.recovery-codes-made", "administrator.recovery-code-used"];
      expect((await listNewEvents()).slice(2)).toMatchObject([
        { action: made, subject: `administrator:${id}`, after: { left: 2 } },
        { action: used, subject: `administrator:${id}`, before: { left: 2 }, after: { left: 1 } },
        { action: made, after: { left: 1 } },
        { action: used, before: { left: 1 }, after: { left: 0 } },
      ]);
    });

    it("an attempt at single sign-on is taken once, before its end", async ({ storage, other }) => {
      const make = () => ({ stateDigest: makeDigest(), nonce: "n", codeVerifier: "v", expiresAt: at + 600 });
      const [attempt, over] = [make(), make()];
      for (const added of [attempt, over]) await storage.addSsoAttempt(added);
      expect(await other.takeSsoAttempt(attempt.stateDigest, at + 599)).toEqual(attempt);
      expect(await storage.takeSsoAttempt(attempt.stateDigest, at)).toBeUndefined();
      for (const when of [at + 600, at]) expect(await storage.takeSsoAttempt(over.stateDigest, when)).toBeUndefined();
    });

    it("what is of one kind is good for no other (C-16)", async ({ storage }) => {
      const { id } = await addAdministrator(storage);
      const digest = makeDigest();
      const next = { digest: makeDigest(), expiresAt: at + 60 };
      const attempt = { stateDigest: digest, nonce: "n", codeVerifier: "v", expiresAt: at + 60 };
      const challenge = { purpose: "sign-in", administratorId: id, expiresAt: at + 60 } as const;
      const invitation = makeInvitation({ digest });
      const invited = { administrator: makeAdministrator(), invitation, membership: undefined };
      const uses: Readonly<Record<string, () => Promise<unknown>>> = {
        session: () => storage.findSession(digest),
        completion: () => storage.completeSession(digest, next, author),
        renewal: () => storage.renewSession(digest, { digest: makeDigest(), steppedUpAt: at }),
        token: () => storage.findAccessToken(digest),
        invitation: () => storage.acceptInvitation({ digest, name: "x", passwordHash: "x" }, author),
        setup: () => storage.completeSetup({ digest, administrator: makeAdministrator() }, author),
        code: () => storage.useRecoveryCode(id, digest, author),
        challenge: () => storage.takePasskeyChallenge(digest, "sign-in", at),
        attempt: () => storage.takeSsoAttempt(digest, at),
      };
      const kinds: Readonly<Record<string, () => Promise<unknown>>> = {
        token: () => addToken(storage, id, { digest }),
        session: () => addSession(storage, id, { digest }),
        code: () => storage.setRecoveryCodes(id, [digest], author),
        attempt: () => storage.addSsoAttempt(attempt),
        challenge: () => storage.addPasskeyChallenge({ ...challenge, challenge: digest }),
        invitation: () => storage.inviteAdministrator(invited, author),
        setup: () => storage.openSetup({ digest, expiresAt: at + 60 }),
      };
      const accepted: string[] = [];
      for (const [kind, add] of Object.entries(kinds)) {
        await add();
        for (const [use, run] of Object.entries(uses)) if (await run()) accepted.push(`${kind} as ${use}`);
        await storage.changeAdministrator(id, { state: "disabled" }, author);
        await storage.changeAdministrator(id, { state: "enabled" }, author);
      }
      const renewed = "session as renewal";
      expect(accepted).toEqual([
        "token as token",
        "session as session",
        renewed,
        "code as code",
        "attempt as attempt",
        "challenge as challenge",
        "invitation as invitation",
        "setup as setup",
      ]);
    });

    it("the sweep takes what is over, and nothing else", async ({ storage, other, listNewEvents }) => {
      const { id } = await addAdministrator(storage);
      const invited = [makeInvitation({ expiresAt: at }), makeInvitation({ expiresAt: at + 1 })] as const;
      for (const invitation of invited) {
        await storage.inviteAdministrator(
          { administrator: makeAdministrator(), invitation, membership: undefined },
          author,
        );
      }
      const sessions = [at - 1, at, at + 1].map((expiresAt) => makeSession(id, { expiresAt, state: "pending" }));
      for (const session of sessions) await storage.createSession(session, author);
      const attempt = { stateDigest: makeDigest(), nonce: "n", codeVerifier: "v", expiresAt: at + 1 };
      await storage.addSsoAttempt(attempt);
      const challenge = { challenge: makeDigest(), purpose: "enrol", administratorId: id, expiresAt: at + 1 } as const;
      await storage.addPasskeyChallenge(challenge);
      const { length } = await listNewEvents();
      await other.sweepEphemera(at);
      expect(await storage.listSessions(id)).toEqual([sessions[2]]);
      expect(await storage.takeSsoAttempt(attempt.stateDigest, at)).toEqual(attempt);
      expect(await storage.takePasskeyChallenge(challenge.challenge, "enrol", at)).toEqual(challenge);
      expect(await listNewEvents()).toHaveLength(length);
      const accept = (digest: string) =>
        storage.acceptInvitation({ digest, name: "x", passwordHash: "x" }, { ...author, at: at - 1 });
      expect(await accept(invited[0].digest)).toBeUndefined();
      expect(await accept(invited[1].digest)).toBeDefined();
    });

    it("the sweep forgets an Idempotency-Key after a day", async ({ storage }) => {
      const once: Author = { ...author, idempotency: { key: randomUUID(), fingerprint: "f" } };
      const { id } = await storage.createAccount({ name: "once" }, once);
      await storage.sweepEphemera(at + 86_399);
      expect((await storage.createAccount({ name: "once" }, once)).id).toBe(id);
      await storage.sweepEphemera(at + 86_400);
      expect((await storage.createAccount({ name: "once" }, once)).id).toBe(id + 1);
    });
  });
}

function describeAccessTokens(suite: Suite): void {
  group(suite, "access tokens", (it) => {
    it("one is found with its administrator, touched and deleted", async ({ storage, other, listNewEvents }) => {
      const accountId = await addAccount(storage);
      const ann = await addAdministrator(storage);
      const membership = { accountId, role: "owner" } as const;
      await storage.setMembership(ann.id, membership, author);
      const stranger = await addAdministrator(storage);
      const { sequence } = await storage.findAuditHead();
      const token = await addToken(storage, ann.id, { accountId });
      const stored: AccessToken = { ...token, createdAt: at, lastUsedAt: undefined };
      const administrator = asStored(ann, { memberships: [membership], version: 2 });
      expect(await other.findAccessToken(token.digest)).toEqual({ token: stored, administrator });
      expect(await other.findAccessToken(makeDigest())).toBeUndefined();
      for (const usedAt of [at + 9, at + 8]) await storage.touchAccessToken(token.id, usedAt);
      expect(await other.listAccessTokens(ann.id)).toEqual([{ ...stored, lastUsedAt: at + 9 }]);
      expect(await storage.deleteAccessToken(stranger.id, token.id, author)).toBe(false);
      expect(await storage.deleteAccessToken(ann.id, token.id, author)).toBe(true);
      expect(await storage.deleteAccessToken(ann.id, token.id, author)).toBe(false);
      expect(await other.findAccessToken(token.digest)).toBeUndefined();
      const { name, scopes, expiresAt } = token;
      const described = { administratorId: ann.id, name, scopes, expiresAt };
      const subject = `access-token:${token.id}`;
      expect(await listNewEvents().then((events) => events.filter((event) => event.sequence > sequence))).toMatchObject(
        [
          { ...written, action: "access-token.created", subject, accountId, before: undefined, after: described },
          { ...written, action: "access-token.deleted", subject, accountId, before: described, after: undefined },
        ],
      );
      expect(await storage.listTokenCreations([token.id, "nobody", "no\0body"])).toMatchObject([
        { ...written, action: "access-token.created", subject, accountId, after: described },
      ]);
      expect(await storage.listTokenCreations([])).toEqual([]);
    });

    it("are listed oldest first", async ({ storage, other }) => {
      const { id } = await addAdministrator(storage);
      const [second, first] = [makeToken(id), makeToken(id)];
      await storage.createAccessToken(second, later);
      await storage.createAccessToken(first, author);
      expect((await other.listAccessTokens(id)).map((token) => token.id)).toEqual([first.id, second.id]);
      expect(await other.listAccessTokens(randomUUID())).toEqual([]);
    });

    it("of two with one Idempotency-Key the second answers the id of the first", async ({ storage, other }) => {
      const { id } = await addAdministrator(storage);
      const once: Author = { ...author, idempotency: { key: randomUUID(), fingerprint: "f" } };
      const [first, second] = [makeToken(id), makeToken(id)];
      expect(await storage.createAccessToken(first, once)).toBe(first.id);
      expect(await other.createAccessToken(second, once)).toBe(first.id);
      expect(await other.findAccessToken(second.digest)).toBeUndefined();
      const invitation = makeInvitation();
      const invite = { ...once, idempotency: { key: randomUUID(), fingerprint: "g" } };
      const administrator = makeAdministrator();
      const answer = await storage.inviteAdministrator({ administrator, invitation, membership: undefined }, invite);
      const again = { administrator: { ...administrator, id: randomUUID() }, invitation: makeInvitation() };
      expect(await other.inviteAdministrator({ ...again, membership: undefined }, invite)).toEqual(answer);
      expect(answer).toEqual({ administratorId: administrator.id, invitationId: invitation.id });
    });
  });
}

function describeSecrecy(suite: Suite): void {
  group(suite, "the audit log", (it) => {
    it("holds no password hash, digest, key or sealed secret", async ({ storage, listNewEvents }) => {
      const forbidden = () => `forbidden-${randomUUID()}`;
      const passwordHash = forbidden();
      await addAdministrator(storage, { isPlatformOwner: true });
      const { id } = await addAdministrator(storage, { passwordHash, isPlatformOwner: true });
      const session = await addSession(storage, id, { digest: forbidden(), state: "pending" });
      await storage.completeSession(session.digest, { digest: forbidden(), expiresAt: at + 60 }, author);
      const { digest: keptSession } = await addSession(storage, id, { digest: forbidden(), state: "pending" });
      await storage.setPassword(id, forbidden(), { ...author, keptSession });
      await storage.beginTotp(id, forbidden());
      await storage.confirmTotp(id, 1, { ...author, keptSession });
      await storage.removeTotp(id, author);
      const passkey = makePasskey(id, { publicKey: forbidden() });
      await storage.addPasskey(passkey, author);
      await storage.removePasskey(id, passkey.id, author);
      const code = forbidden();
      await storage.setRecoveryCodes(id, [code], author);
      await storage.useRecoveryCode(id, code, author);
      const token = await addToken(storage, id, { digest: forbidden() });
      await storage.deleteAccessToken(id, token.id, author);
      await storage.changeAdministrator(id, { isPlatformOwner: false }, author);
      const invitation = makeInvitation({ digest: forbidden() });
      await storage.reinviteAdministrator(id, invitation, author);
      await storage.acceptInvitation({ digest: invitation.digest, name: "x", passwordHash: forbidden() }, author);
      const events = await listNewEvents();
      expect(events.length).toBe(15);
      expect(JSON.stringify(events)).not.toContain("forbidden");
    });
  });
}

async function countOwners({ storage }: Given, ids: readonly string[]): Promise<number> {
  const found = await Promise.all(ids.map((id) => storage.findAdministrator(id)));
  return count(found, (owner) => owner?.isPlatformOwner === true && owner.state === "enabled");
}

function describeRaces(suite: Suite): void {
  const rounds = Math.max(20, suite.rounds);

  group(suite, `races for platform owners, ${rounds} rounds`, (it) => {
    it("of owners who take each other's place one is left", async (given) => {
      const { storage, other } = given;
      const ids = await Promise.all(
        [1, 2, 3].map(async () => (await addAdministrator(storage, { isPlatformOwner: true })).id),
      );
      for (let round = 0; round < rounds; round += 1) {
        const answers = await Promise.all(
          ids.map((id, index) => {
            const node = index % 2 === 0 ? storage : other;
            if (index === 1) return node.changeAdministrator(id, { state: "disabled" }, author);
            return node.changeAdministrator(id, { isPlatformOwner: false }, author);
          }),
        );
        expect(count(answers, (answer) => answer === "last platform owner")).toBe(1);
        expect(await countOwners(given, ids)).toBe(1);
        for (const id of ids)
          await storage.changeAdministrator(id, { isPlatformOwner: true, state: "enabled" }, author);
      }
    });
  });

  group(suite, `races of two nodes for single uses, ${rounds} rounds`, (it) => {
    it("one time step signs in once", async (given) => {
      const { id } = await addAdministrator(given.storage);
      await given.storage.beginTotp(id, "sealed");
      const confirmed = await race(given, 10, (node) => node.confirmTotp(id, 0, author));
      expect(count(confirmed, Boolean)).toBe(1);
      for (let step = 1; step <= rounds; step += 1) {
        expect(count(await race(given, 20, (node) => node.useTotpStep(id, step)), Boolean)).toBe(1);
      }
    });

    it("one recovery code, one challenge, one attempt and one pending session are good once", async (given) => {
      const { storage } = given;
      const { id } = await addAdministrator(storage);
      for (let round = 0; round < rounds; round += 1) {
        const digest = makeDigest();
        await storage.setRecoveryCodes(id, [digest], author);
        const challenge = { challenge: digest, purpose: "sign-in", administratorId: id, expiresAt: at + 60 } as const;
        await storage.addPasskeyChallenge(challenge);
        await storage.addSsoAttempt({ stateDigest: digest, nonce: "n", codeVerifier: "v", expiresAt: at + 60 });
        await storage.createSession(makeSession(id, { digest, state: "pending" }), author);
        const uses: readonly ((node: Storage) => Promise<unknown>)[] = [
          (node) => node.useRecoveryCode(id, digest, author),
          (node) => node.takePasskeyChallenge(digest, "sign-in", at),
          (node) => node.takeSsoAttempt(digest, at),
          (node) => node.completeSession(digest, { digest: makeDigest(), expiresAt: at + 60 }, author),
        ];
        for (const use of uses) expect(count(await race(given, 8, use), Boolean)).toBe(1);
      }
    });

    it("one invitation is accepted once, and one address invited once", async (given) => {
      for (let round = 0; round < rounds; round += 1) {
        const email = `raced-${randomUUID()}@example.com`;
        const invitations: NewInvitation[] = [];
        const answers = await race(given, 8, (node) => {
          const invitation = makeInvitation();
          invitations.push(invitation);
          const administrator = makeAdministrator({ email, passwordHash: undefined });
          return node.inviteAdministrator({ administrator, invitation, membership: undefined }, author);
        });
        const winner = answers.find((answer) => answer !== "known");
        expect(count(answers, (answer) => answer !== "known")).toBe(1);
        const digest = invitations.find(({ id }) => id === winner?.invitationId)?.digest ?? "";
        const accepted = await race(given, 8, (node) =>
          node.acceptInvitation({ digest, name: "x", passwordHash: "x" }, author),
        );
        expect(count(accepted, (id) => id === winner?.administratorId)).toBe(1);
      }
    });

    it("who is removed while their role is changed stays removed", async ({ storage, other }) => {
      const accountId = await addAccount(storage);
      const { id } = await addAdministrator(storage);
      for (let round = 0; round < rounds; round += 1) {
        await storage.setMembership(id, { accountId, role: "viewer" }, author);
        const [isRemoved] = await Promise.all([
          storage.removeMembership(id, accountId, author),
          ...(["owner", "administrator", "owner"] as const).map((role) =>
            other.changeMembership(id, { accountId, role }, author),
          ),
        ]);
        expect(isRemoved).toBe(true);
        expect((await storage.findAdministrator(id))?.memberships).toEqual([]);
      }
    });

    it("a sign-in and the ways in that a session leaves never outlive what ends them at the same moment", async (given) => {
      const { storage, other } = given;
      for (let round = 0; round < rounds; round += 1) {
        const { id, passwordHash } = await addAdministrator(storage);
        const held = await addSession(storage, id);
        const by = { ...author, keptSession: held.digest };
        await Promise.all([
          other.createSession(makeSession(id), author, { passwordHash }),
          storage.reinviteAdministrator(id, makeInvitation(), author),
          other.addPasskey(makePasskey(id), by),
          other.createAccessToken(makeToken(id), by),
          storage.setPassword(id, "$argon2id$stolen", by),
        ]);
        expect(await countWaysIn(storage, id)).toEqual({ sessions: 0, tokens: 0 });
        expect(await storage.findAdministrator(id)).toMatchObject({ passwordHash: undefined, passkeyCount: 0 });
      }
    });

    it("sign-ins, changes and sweeps of one person never wait for each other for good", async (given) => {
      const { storage, other } = given;
      const [one, two] = [await addAccount(storage), await addAccount(storage)];
      const { id } = await addAdministrator(storage);
      for (let round = 0; round < rounds; round += 1) {
        const pending = await Promise.all(
          Array.from({ length: 4 }, () => addSession(storage, id, { state: "pending", expiresAt: at + 60 })),
        );
        const role = round % 2 === 0 ? "viewer" : "owner";
        await Promise.all([
          ...pending.map(({ digest }, index) =>
            (index % 2 === 0 ? storage : other).completeSession(
              digest,
              { digest: makeDigest(), expiresAt: at + 60 },
              author,
            ),
          ),
          storage.setMembership(id, { accountId: one, role }, author),
          other.setMembership(id, { accountId: two, role }, author),
          storage.setPassword(id, "x", author),
          storage.sweepEphemera(at + 60),
          other.sweepEphemera(at + 60),
          other.changeAdministrator(id, { isPlatformOwner: role === "owner" }, author),
        ]);
      }
      await storage.sweepEphemera(at + 60);
      expect(await storage.listSessions(id)).toEqual([]);
    });
  });

  group(suite, `races of two nodes for the first run, ${rounds} rounds`, (it) => {
    it("of two first runs one makes the administrator", async (given) => {
      for (let round = 0; round < rounds; round += 1) {
        await given.fixture.execute("update setup set completed_at = null");
        const digest = makeDigest();
        expect(await given.storage.openSetup({ digest, expiresAt: at + 3600 })).toBe(true);
        const administrators = [makeAdministrator(), makeAdministrator(), makeAdministrator(), makeAdministrator()];
        const left = administrators.values();
        const answers = await race(given, 4, (node) =>
          node.completeSetup({ digest, administrator: left.next().value ?? makeAdministrator() }, author),
        );
        expect(count(answers, Boolean)).toBe(1);
        const found = await Promise.all(administrators.map(({ id }) => given.other.findAdministrator(id)));
        expect(count(found, (administrator) => administrator !== undefined)).toBe(1);
        expect(await given.storage.isSetupOpen()).toBe(false);
      }
      expect(await given.listNewEvents()).toHaveLength(rounds);
    });
  });
}
