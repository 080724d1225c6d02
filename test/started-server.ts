/** An authorization server on a fresh database, with a clock that tests move and demonstration facts of a fixed form. */

import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createConfig,
  createKeyEncryptionKeyFile,
  migrateStorage,
  readKeyEncryptionKeyFile,
  type Server,
  serverSettings,
  start,
} from "@biped/authorization-server";
import { createLog, readSettings } from "@biped/listener";
import { isRefusal, type Refusal } from "@biped/protocol";
import { findFreePorts } from "./free-ports.ts";
import { createPostgresDatabase } from "./postgres-database.ts";
import { watchTokens } from "./watched-tokens.ts";

export type Engine = "sqlite" | "postgres";

export type HeldCredential = { readonly clientId: string; readonly clientSecret: string };

export type StartedServer = {
  readonly url: string;
  readonly adminUrl: string;
  readonly server: Server;
  readonly clock: { seconds: number };
  readonly monotonic: { seconds: number };
  /** How the server asks clouds: over the network until a test puts another function here. */
  readonly clouds: { fetch: (url: string, init: RequestInit) => Promise<Response> };
  readonly logLines: string[];
  readonly directory: string;
  readonly stop: () => Promise<void>;
};

/**
 * @param settings Win over those of the engine; with a database of its own in them it is migrated too.
 * @param secretEnvironment `live` asks every administrator for a second factor.
 */
export async function startServer(
  engine: Engine,
  settings: Record<string, string> = {},
  secretEnvironment: "live" | "test" = "test",
): Promise<StartedServer> {
  const directory = await mkdtemp(join(tmpdir(), "biped-test-"));
  const [publicPort = 0, adminPort = 0] = await findFreePorts(2);
  const config = createConfig(
    readSettings(serverSettings, {
      BIPED_DATA_DIR: directory,
      BIPED_PUBLIC_PORT: String(publicPort),
      BIPED_ADMIN_PORT: String(adminPort),
      ...(engine === "postgres" ? { BIPED_DATABASE_URL: await createPostgresDatabase() } : {}),
      ...settings,
    }),
  );
  const kekFile = join(directory, "kek");
  createKeyEncryptionKeyFile(kekFile, randomBytes(32));
  const clock = { seconds: 1_800_000_000 };
  const monotonic = { seconds: 1000 };
  const clouds: StartedServer["clouds"] = { fetch };
  const logLines: string[] = [];
  await migrateStorage(config.databaseUrl);
  const running = await start(config, {
    kek: readKeyEncryptionKeyFile(kekFile),
    log: createLog("info", (line) => logLines.push(line)),
    nowSeconds: () => clock.seconds,
    monotonicSeconds: () => monotonic.seconds,
    randomBytes,
    secretEnvironment,
    adminRoutes: {},
    fetch: (url, init) => clouds.fetch(url, init),
    // A busy machine decides nothing.
    patienceMilliseconds: 10_000,
  });
  const server = watchTokens(running, config);
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(directory, { recursive: true });
  };
  const urls = { url: server.publicUrl, adminUrl: server.adminUrl };
  return { ...urls, server, clock, monotonic, clouds, logLines, directory, stop };
}

/** Two accounts, two clouds; ids as in the contract's sandbox. */
export async function createFacts({ server }: Pick<StartedServer, "server">) {
  const make = server.management("operator");
  const must = <Value>(value: Value | Refusal): Value => {
    if (isRefusal(value)) throw new Error(value.description);
    return value;
  };
  const aws = must(await make.createCloud({ name: "aws-eu-west-1", endpoint: "https://api.eu-west-1.example.com" }));
  const azure = must(await make.createCloud({ name: "azure-us-east", endpoint: "https://api.us-east.example.com" }));
  const first = must(await make.createAccount({ name: "Northwind Retail" }));
  const second = must(await make.createAccount({ name: "Harbour Travel" }));
  const project = async (id: number, accountId: number, cloud: string, name: string) =>
    must(await make.createProject({ id, accountId, cloud, name, timeZone: "UTC" }));
  await project(42, first.id, aws.name, "UX ANALYTICS");
  await project(43, first.id, azure.name, "MOBILE APP");
  await project(71, second.id, azure.name, "BOOKING");
  const credential = async (
    name: string,
    accountId: number,
    projectId: number | undefined,
    scopes: string,
  ): Promise<HeldCredential> => {
    const input = { name, accountId, projectId, scopes: scopes.split(" "), allowedRanges: [], expiresAt: undefined };
    const created = must(await make.createCredential(input));
    if (created.clientSecret === undefined) throw new Error("no secret was made");
    return { clientId: created.credential.clientId, clientSecret: created.clientSecret };
  };
  return {
    first: { id: first.id },
    second: { id: second.id },
    account: await credential(
      "Nightly export",
      first.id,
      undefined,
      "data-export metrics session-replay symbolicator enrichment",
    ),
    project: await credential("Dashboard", first.id, 42, "data-export metrics"),
    foreign: await credential("Warehouse", second.id, undefined, "data-export"),
  };
}

export type Facts = Awaited<ReturnType<typeof createFacts>>;

/** Posts JSON. */
export async function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text === "" ? undefined : JSON.parse(text) };
}

export function tokenRequest({ clientId, clientSecret }: HeldCredential, further: Record<string, unknown> = {}) {
  return {
    client_id: clientId,
    client_secret: clientSecret,
    grant_type: "client_credentials",
    scope: "data-export",
    ...further,
  };
}

export function basic({ clientId, clientSecret }: HeldCredential): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}` };
}
