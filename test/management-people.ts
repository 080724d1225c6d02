/** Two accounts that know nothing of each other, a disabled one, and every kind of caller. */

import { randomUUID } from "node:crypto";
import type { Role } from "@biped/management-client";
import { isRefusal, type Refusal } from "@biped/protocol";
import type { Standing, Who } from "./management-decisions.ts";
import { anonymous, type Principal, type StartedManagement } from "./management-server.ts";
import { createFacts } from "./started-server.ts";

/** In every name that the second account's people alone may see. */
export const foreignMark = "Harbour";

export type Objects = {
  readonly accountId: number;
  readonly projectId: number;
  readonly clientId: string;
  readonly secretId: string;
  readonly administratorId: string;
};

export type World = {
  readonly own: Objects;
  readonly foreign: Objects;
  readonly disabled: Objects;
  readonly missing: Objects;
  readonly kid: string;
  readonly secrets: readonly string[];
};

const everything = [
  "read",
  "accounts",
  "projects",
  "export-jobs",
  "clouds",
  "credentials",
  "signing-keys",
  "administrators",
] as const;

export async function createWorld(started: StartedManagement): Promise<World> {
  const facts = await createFacts(started);
  const third = await createDisabled(started);
  const { storage } = started.server;
  const describe = async (accountId: number, projectId: number, clientId: string, email: string): Promise<Objects> => {
    const client = await storage.findClient(clientId);
    const administratorId = await started.addAdministrator({ email, memberships: { [accountId]: "viewer" } });
    return { accountId, projectId, clientId, secretId: client?.secrets[0]?.id ?? "", administratorId };
  };
  const [key] = await storage.listSigningKeys();
  return {
    own: await describe(facts.first.id, 42, facts.project.clientId, "member@northwind.example"),
    foreign: await describe(facts.second.id, 71, facts.foreign.clientId, "member@harbour.example"),
    disabled: await describe(third.accountId, third.projectId, third.clientId, "member@old.example"),
    missing: {
      accountId: 999_999,
      projectId: 999_999,
      clientId: randomUUID(),
      secretId: randomUUID(),
      administratorId: randomUUID(),
    },
    kid: key?.kid ?? "",
    secrets: [facts.account.clientSecret, facts.project.clientSecret, facts.foreign.clientSecret, third.clientSecret],
  };
}

async function createDisabled({ server }: StartedManagement) {
  const make = server.management("operator");
  const { id: accountId } = must(await make.createAccount({ name: "Old Mill" }));
  const cloud = "aws-eu-west-1";
  const { id } = must(await make.createProject({ id: undefined, accountId, cloud, name: "MILL", timeZone: "UTC" }));
  const level = { accountId, projectId: id, allowedRanges: [], expiresAt: undefined };
  const created = must(await make.createCredential({ ...level, name: "Mill", scopes: ["metrics"] }));
  const { clientId } = created.credential;
  must(await make.changeCredential({ clientId, state: "disabled" }));
  must(await make.changeProject({ projectId: id, state: "disabled" }));
  must(await make.setAccountState({ accountId, state: "disabled" }));
  return { accountId, projectId: id, clientId, clientSecret: created.clientSecret ?? "" };
}

export function must<Value>(value: Value | Refusal): Value {
  if (isRefusal(value)) throw new Error(value.description);
  return value;
}

export type Caller = Principal & {
  /** What is true of them for an object of each kind. */
  readonly standing: (kind: "own" | "foreign" | "disabled" | "missing") => Standing;
};

type Traits = Partial<Omit<Standing, "role">> & { readonly role?: Role; readonly of?: "first" | "second" | "narrowed" };

function describeCaller(principal: Principal, traits: Traits): Caller {
  const { role, of = "first", ...further } = traits;
  const reached = { first: ["own", "disabled"], second: ["foreign"], narrowed: ["own"] }[of];
  const base = { via: "session", isPlatformOwner: false, hasSecondFactor: true, isProved: true, scopes: [] } as const;
  const find = (kind: string): Who | undefined => (reached.includes(kind) ? role : undefined);
  const isOwnerOfAll = traits.isPlatformOwner === true;
  return {
    ...principal,
    standing: (kind) => ({ ...base, ...further, role: isOwnerOfAll && kind !== "missing" ? "owner" : find(kind) }),
  };
}

export async function createCallers(started: StartedManagement, world: World): Promise<Record<string, Caller>> {
  const { addAdministrator, makeAccessToken, signIn, server } = started;
  const within = (role: Role) => ({ [world.own.accountId]: role, [world.disabled.accountId]: role });
  const person = (email: string, role: Role, secondFactor: "totp" | "none" = "totp") =>
    addAdministrator({ email, memberships: within(role), secondFactor });
  const viewer = await person("viewer@northwind.example", "viewer");
  const administrator = await person("administrator@northwind.example", "administrator");
  const owner = await person("owner@northwind.example", "owner");
  const bare = await person("bare@northwind.example", "administrator", "none");
  const platform = await addAdministrator({ email: "platform@biped.example", isPlatformOwner: true });
  const foreign = await addAdministrator({
    email: "owner@harbour.example",
    memberships: { [world.foreign.accountId]: "owner" },
  });
  const gone = await person("gone@northwind.example", "owner");
  const goneSession = await signIn("an administrator who was disabled", gone);
  await server.storage.changeAdministrator(gone, { state: "disabled" }, author(started));
  const old = 301;
  const token = async (
    name: string,
    administratorId: string,
    scopes: readonly (typeof everything)[number][],
    traits: Traits,
  ) => describeCaller(await makeAccessToken(name, { administratorId, scopes }), { via: "token", scopes, ...traits });
  const narrowed = { administratorId: platform, scopes: everything, accountId: world.own.accountId };
  const callers = [
    describeCaller(anonymous, { via: "nothing" }),
    describeCaller({ ...anonymous, name: "an unknown session", headers: unknownSession }, { via: "nothing" }),
    describeCaller(goneSession, { via: "nothing" }),
    describeCaller(await signIn("viewer", viewer), { role: "viewer" }),
    describeCaller(await signIn("administrator", administrator), { role: "administrator" }),
    describeCaller(await signIn("owner", owner), { role: "owner" }),
    describeCaller(await signIn("owner without proof", owner, old), { role: "owner", isProved: false }),
    describeCaller(await signIn("administrator without second factor", bare), {
      role: "administrator",
      hasSecondFactor: false,
    }),
    describeCaller(await signIn("foreign owner", foreign), { role: "owner", of: "second" }),
    describeCaller(await signIn("platform owner", platform), { isPlatformOwner: true }),
    describeCaller(await signIn("platform owner without proof", platform, old), {
      isPlatformOwner: true,
      isProved: false,
    }),
    await token("owner's token that reads", owner, ["read"], { role: "owner" }),
    await token("owner's token for credentials", owner, ["read", "credentials"], { role: "owner" }),
    await token("owner's token for everything", owner, everything, { role: "owner" }),
    await token("viewer's token for everything", viewer, everything, { role: "viewer" }),
    await token("platform owner's token", platform, everything, { isPlatformOwner: true }),
    describeCaller(await makeAccessToken("platform owner's token for one account", narrowed), {
      via: "token",
      scopes: everything,
      role: "owner",
      of: "narrowed",
    }),
  ];
  return Object.fromEntries(callers.map((caller) => [caller.name, caller]));
}

const unknownSession = { cookie: `__Host-biped-session=biped_session_${"0".repeat(49)}` };

function author({ clock }: StartedManagement) {
  return { at: clock.seconds, actor: "operator", requestId: undefined };
}
