import type { Server } from "@biped/authorization-server";
import { createUuid, hashPassword } from "@biped/authorization-server";
import { createSecret, defaultScopes } from "@biped/protocol";
import { z } from "zod";
import type { SandboxCloud } from "./config.ts";

/** The demonstration data as `demo.json` tells it. The members are part of the contract. */
export const demonstration = z.object({
  administrator: z.object({ email: z.string(), password: z.string() }),
  accounts: z.array(
    z.object({
      id: z.int(),
      name: z.string(),
      projects: z.array(z.object({ id: z.int(), name: z.string(), cloud: z.string() })),
    }),
  ),
  credentials: z.array(
    z.object({
      name: z.string(),
      level: z.enum(["account", "project"]),
      account_id: z.int(),
      project_id: z.int().nullable(),
      client_id: z.string(),
      client_secret: z.string(),
      scopes: z.string(),
    }),
  ),
});

export type Demonstration = z.infer<typeof demonstration>;

type RandomBytes = (count: number) => Uint8Array;

/** Two accounts; the first spreads over both clouds. Ids and secrets are drawn here, before anything is stored. */
export function planDemonstration([first, second]: readonly SandboxCloud[], randomBytes: RandomBytes): Demonstration {
  const aws = first?.name ?? "";
  const azure = second?.name ?? "";
  const every = [...defaultScopes.keys()].join(" ");
  const credential = (name: string, account_id: number, project_id: number | null, scopes: string) => ({
    name,
    level: project_id === null ? ("account" as const) : ("project" as const),
    account_id,
    project_id,
    client_id: createUuid(randomBytes),
    client_secret: createSecret("test", randomBytes),
    scopes,
  });
  return {
    administrator: { email: "admin@example.com", password: createSecret("test", randomBytes).slice(11, 35) },
    accounts: [
      {
        id: 1,
        name: "Northwind Retail",
        projects: [
          { id: 42, name: "UX ANALYTICS", cloud: aws },
          { id: 43, name: "MOBILE APP", cloud: azure },
          { id: 44, name: "SUPPORT SITE", cloud: aws },
        ],
      },
      { id: 2, name: "Harbour Travel", projects: [{ id: 71, name: "BOOKING", cloud: azure }] },
    ],
    credentials: [
      credential("Nightly export", 1, null, every),
      credential("UX dashboard", 1, 42, "data-export metrics"),
      credential("Mobile dashboard", 1, 43, "data-export metrics"),
      credential("Booking warehouse", 2, null, every),
    ],
  };
}

/** Brings the store to the plan. What is there already stays, so an interrupted first start is taken up again. */
export async function storeDemonstration(
  plan: Demonstration,
  server: Server,
  { nowSeconds, randomBytes }: { readonly nowSeconds: () => number; readonly randomBytes: RandomBytes },
): Promise<void> {
  const { storage, digester } = server;
  const author = { at: nowSeconds(), actor: "system", requestId: undefined };
  const { email, password } = plan.administrator;
  const passwordHash = await hashPassword(password, randomBytes);
  const administrator = {
    id: createUuid(randomBytes),
    email,
    name: "Demonstration",
    passwordHash,
    isPlatformOwner: true,
  };
  await storage.createAdministrator(administrator, author);
  const present = new Set((await storage.listAccounts()).map((account) => account.id));
  for (const { id, name, projects } of plan.accounts) {
    const account = present.has(id) ? { id } : await storage.createAccount({ name }, author);
    if (account.id !== id) throw new Error("The database already holds accounts of somebody else.");
    for (const project of projects) {
      await storage.createProject({ ...project, accountId: id, timeZone: "UTC" }, author);
    }
  }
  for (const { client_id, client_secret, account_id, project_id, name, scopes } of plan.credentials) {
    if ((await storage.findClient(client_id)) !== undefined) continue;
    const owner = { accountId: account_id, projectId: project_id ?? undefined };
    const held = { name, scopes: scopes.split(" "), allowedRanges: [], expiresAt: undefined };
    const secret = { id: createUuid(randomBytes), ...digester.digestForStorage(client_secret), expiresAt: undefined };
    await storage.createCredential({ clientId: client_id, ...owner, ...held }, secret, author);
  }
}

/** Clouds first, at each start: their ports are settings and may have changed. */
export async function storeClouds(clouds: readonly SandboxCloud[], server: Server, nowSeconds: number): Promise<void> {
  const author = { at: nowSeconds, actor: "system", requestId: undefined };
  const known = new Map((await server.storage.listClouds()).map((cloud) => [cloud.name, cloud.endpoint]));
  const moved = clouds.filter(({ name, endpoint }) => known.has(name) && known.get(name) !== endpoint);
  // The two may have swapped ports, and no two clouds share an endpoint at any moment.
  for (const { name, port } of moved) {
    await server.storage.setCloudEndpoint({ name, endpoint: `http://moving-${port}.invalid` }, author);
  }
  for (const { name, endpoint } of moved) await server.storage.setCloudEndpoint({ name, endpoint }, author);
  for (const { name, endpoint } of clouds) {
    if (!known.has(name)) await server.storage.createCloud({ name, endpoint }, author);
  }
}
