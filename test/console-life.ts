/**
 * Some life for the console to show: weeks of tokens and refusals, a rotation, an invitation, ends that come near, and
 * at last some tokens that are taken back.
 */

import type { ManagementClient } from "@biped/management-client";

export type Living = {
  /** Of the public listener. */
  readonly issuer: string;
  /** Acts as a platform owner who has proved who they are just now. */
  readonly signIn: () => Promise<ManagementClient>;
  readonly moveClock: (seconds: number) => Promise<void>;
  readonly nowSeconds: () => Promise<number>;
  /** Resolves when what was counted so far is stored under the hour that it is now. */
  readonly waitForCounts: (tokens: number) => Promise<void>;
  readonly accountId: number;
  readonly projectId: number;
  readonly busy: HeldCredential;
  readonly quiet: HeldCredential;
};

type HeldCredential = { readonly clientId: string; readonly clientSecret: string };

/** What the pages of one subject are about. */
export type Subjects = {
  readonly accountId: number;
  readonly projectId: number;
  /** Much used, and in the middle of a rotation. */
  readonly clientId: string;
  readonly quietClientId: string;
  /** Of the project; it has runs with files. */
  readonly exportJobId: number;
};

const hour = 3600;
const day = 24 * hour;

/** How the clock goes on: two weeks by the day, then one by parts of it. */
export const longLife = [...Array<number>(14).fill(day), ...Array<number>(42).fill(4 * hour)] as const;
export const shortLife = Array<number>(6).fill(8 * hour);

export async function makeLife(living: Living, steps: readonly number[]): Promise<Subjects> {
  const { busy, quiet, accountId, projectId } = living;
  const begin = Math.floor(steps.length / 3);
  const rotation = Math.max(begin + 1, steps.length - 10);
  const life = { tokens: 0, clientSecret: busy.clientSecret };
  for (const [index, seconds] of steps.entries()) {
    await living.moveClock(seconds);
    if (index === begin) await createSome(living, await living.signIn());
    const former = life.clientSecret;
    if (index === rotation) life.clientSecret = await rotate(living, await living.signIn());
    const clientSecret = index === rotation ? former : life.clientSecret;
    life.tokens += await beBusy(living, { index, seconds, clientSecret });
    if (index % 11 === 4) await refuseSome(living);
    await living.waitForCounts(life.tokens);
  }
  await inviteSome(living, await living.signIn());
  await takeSomeBack(living, await living.signIn());
  const exportJobId = await findExportJob(living, await living.signIn());
  return { accountId, projectId, clientId: busy.clientId, quietClientId: quiet.clientId, exportJobId };
}

type Part = { readonly index: number; readonly seconds: number; readonly clientSecret: string };

/** More by day than by night, and less at weekends. @returns how many tokens the busy one got. */
async function beBusy(
  { issuer, busy, quiet, projectId }: Living,
  { index, seconds, clientSecret }: Part,
): Promise<number> {
  const partOfDay = [1, 2, 9, 13, 10, 4][index % 6] ?? 0;
  const [usual, weekday] = seconds === day ? [32, index % 7] : [partOfDay, Math.floor(index / 6) % 7];
  const count = Math.ceil((usual + ((index * 5) % 4)) / (weekday >= 5 ? 3 : 1));
  const request = { clientId: busy.clientId, clientSecret, scope: "data-export" };
  for (let each = 0; each < count; each += 1) await askForToken(issuer, request);
  if (index % 4 === 1) await askForToken(issuer, { ...quiet, scope: "data-export", projectId });
  return count;
}

type TokenRequest = HeldCredential & { readonly scope: string; readonly projectId?: number };

/** @returns The token; undefined where it was refused. */
async function askForToken(issuer: string, request: TokenRequest): Promise<string | undefined> {
  const { clientId: client_id, clientSecret: client_secret, scope, projectId: project_id } = request;
  const body = { grant_type: "client_credentials", client_id, client_secret, scope, project_id };
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${issuer}/v1/oauth/token`, { method: "POST", headers, body: JSON.stringify(body) });
  const { access_token } = (await answer.json()) as { readonly access_token?: string };
  return access_token;
}

/** As programs are refused that have a former secret, or ask for what their credential does not own. */
async function refuseSome({ issuer, busy }: Living): Promise<void> {
  const wrong = `${busy.clientSecret.slice(0, -7)}0000000`;
  await askForToken(issuer, { ...busy, clientSecret: wrong, scope: "data-export" });
  await askForToken(issuer, { ...busy, scope: "enrichment metrics" });
}

async function createSome({ accountId, projectId, quiet, nowSeconds }: Living, client: ManagementClient) {
  const now = await nowSeconds();
  const inDays = (days: number): string => new Date((now + days * day) * 1000).toISOString();
  const add = (name: string, further: { scopes: string[]; expiresAt?: string; projectId?: number }) =>
    client.call("POST /api/accounts/:accountId/credentials", { params: { accountId }, body: { name, ...further } });
  await add("Trial of the metrics", { scopes: ["metrics"], expiresAt: inDays(25), projectId });
  await add("Replays for support", { scopes: ["session-replay", "symbolicator"], expiresAt: inDays(365) });
  const { credential } = await add("Old warehouse", { scopes: ["data-export"] });
  const { clientId } = credential;
  await client.call("PATCH /api/credentials/:clientId", { params: { clientId }, body: { state: "disabled" } });
  const allowedRanges = ["127.0.0.0/8", "2001:db8::/32"];
  const params = { clientId: quiet.clientId };
  await client.call("PATCH /api/credentials/:clientId", { params, body: { allowedRanges } });
}

async function rotate({ busy: { clientId } }: Living, client: ManagementClient): Promise<string> {
  const shown = await client.call("POST /api/credentials/:clientId/secrets", { params: { clientId }, body: {} });
  return shown.clientSecret ?? "";
}

async function findExportJob({ projectId }: Living, client: ManagementClient): Promise<number> {
  const { items } = await client.call("GET /api/projects/:projectId/export-jobs", { params: { projectId } });
  const found = items.find(({ name }) => name === "Nightly sessions");
  if (found === undefined) throw new Error("The project has no export job of the name that is looked for.");
  return found.jobId;
}

async function inviteSome({ accountId }: Living, client: ManagementClient): Promise<void> {
  const member = { email: "ines.okafor@northwind.example", name: "Ines Okafor", role: "viewer" } as const;
  await client.call("POST /api/accounts/:accountId/members", { params: { accountId }, body: member });
}

async function takeSomeBack({ issuer, quiet, projectId }: Living, client: ManagementClient): Promise<void> {
  const token = await askForToken(issuer, { ...quiet, scope: "data-export", projectId });
  await client.call("POST /api/tokens/revocation", { body: { token: token ?? "" } });
  const { clientId } = quiet;
  await client.call("POST /api/credentials/:clientId/revocation", { params: { clientId }, body: {} });
  await client.call("POST /api/projects/:projectId/revocation", { params: { projectId }, body: {} });
}
