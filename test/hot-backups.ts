/**
 * F-14: backups of a store while it is changed, each restored with the log of what came after. Nothing that was
 * acknowledged before a backup began is missing from it, and nothing that was taken away since lives again.
 */

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
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
import { formatExportedEvent } from "@biped/management-client/audit-chain";
import { isRefusal, type Refusal } from "@biped/protocol";
import { expect } from "vitest";
import { readEachEvent } from "../apps/authorization-server/src/audit-log/read-events.ts";
import { createBackupKeys, readBackupPrivateKey } from "../apps/authorization-server/src/backup/backup-keys.ts";
import { restoreBackup } from "../apps/authorization-server/src/backup/restore-backup.ts";
import { compromiseSigningKey } from "../apps/authorization-server/src/signing/change-signing-keys.ts";
import { openStorage } from "../apps/authorization-server/src/storage/open-storage.ts";
import { findFreePorts } from "./free-ports.ts";
import { createPostgresDatabase } from "./postgres-database.ts";
import { basic, createFacts, type Engine, type HeldCredential, post, tokenRequest } from "./started-server.ts";
import { watchTokens } from "./watched-tokens.ts";

const main = join(import.meta.dirname, "../apps/authorization-server/src/main.ts");
const run = promisify(execFile);

const at = 1_800_000_000;

type Stage = {
  readonly engine: Engine;
  readonly directory: string;
  readonly clock: { seconds: number };
  readonly kekFile: string;
};

type Site = { readonly server: Server; readonly url: string; readonly databaseUrl: string };

/** What was acknowledged when a backup was begun. */
type Begun = { readonly file: string; readonly sequence: number; readonly held: readonly HeldCredential[] };

/** @returns what it looked at, for the run to tell. */
export async function proveHotBackups(engine: Engine, backups: number) {
  const directory = await mkdtemp(join(tmpdir(), "biped-hot-backups-"));
  const stage = { engine, directory, clock: { seconds: at }, kekFile: join(directory, "kek") };
  createKeyEncryptionKeyFile(stage.kekFile, randomBytes(32));
  createBackupKeys(join(directory, "private"), join(directory, "public"));
  const live = await startSite(stage, "live");
  try {
    return await backUpAndRestore(live, stage, backups);
  } finally {
    await live.server.stop();
    await rm(directory, { recursive: true });
  }
}

async function backUpAndRestore(live: Site, stage: Stage, backups: number) {
  await createFacts(live);
  const writer = startWriter(live, stage);
  const begun: Begun[] = [];
  for (let count = 1; count <= backups; count += 1) {
    const { sequence } = await live.server.storage.findAuditHead();
    const held = [...writer.held];
    const file = join(stage.directory, `backup-${count}`);
    await backUp(live, stage, file);
    begun.push({ file, sequence, held });
  }
  await writer.stop();
  const token = await issue(live, await createCredential(live, "Before the loss"));
  const [lostKey] = await live.server.storage.listSigningKeys();
  await compromiseActiveKey(live, stage);
  const auditExport = join(stage.directory, "events.jsonl");
  const lines: string[] = [];
  for await (const event of readEachEvent(live.server.storage)) lines.push(`${formatExportedEvent(event)}\n`);
  await writeFile(auditExport, lines.join(""));
  const seen = { backups, changes: lines.length, credentials: 0 };
  for (const backup of begun) {
    stage.clock.seconds += 10;
    const restored = await restore(stage, backup, auditExport);
    try {
      seen.credentials += await compareAnswers(live, restored, backup.held);
      await expectVoid(restored, token, lostKey?.kid);
    } finally {
      await restored.server.stop();
    }
  }
  return seen;
}

async function startSite(stage: Stage, name: string, databaseUrl?: string): Promise<Site> {
  const [publicPort = 0, adminPort = 0] = await findFreePorts(2);
  const url = databaseUrl ?? (await createDatabase(stage, name));
  const settings = { BIPED_DATA_DIR: join(stage.directory, name), BIPED_DATABASE_URL: url };
  const ports = { BIPED_PUBLIC_PORT: String(publicPort), BIPED_ADMIN_PORT: String(adminPort) };
  const more = { BIPED_SIGNING_ALG: "Ed25519", BIPED_TOKENS_PER_SECOND: "0" };
  const config = createConfig(readSettings(serverSettings, { ...settings, ...ports, ...more }));
  const running = await start(config, {
    kek: readKeyEncryptionKeyFile(stage.kekFile),
    log: createLog("silent", () => {}),
    nowSeconds: () => stage.clock.seconds,
    monotonicSeconds: () => performance.now() / 1000,
    randomBytes,
    secretEnvironment: "test",
    adminRoutes: {},
  });
  return { server: watchTokens(running, config), url: running.publicUrl, databaseUrl: url };
}

async function createDatabase({ engine, directory }: Stage, name: string): Promise<string> {
  const url = engine === "postgres" ? await createPostgresDatabase() : `sqlite:${join(directory, `${name}.db`)}`;
  await migrateStorage(url);
  return url;
}

/** As an operator would, in a process of its own beside the server. */
async function backUp({ databaseUrl }: Site, { directory }: Stage, file: string): Promise<void> {
  const env = { PATH: process.env.PATH, BIPED_DATABASE_URL: databaseUrl, BIPED_DATA_DIR: directory };
  const words = ["--conditions=biped-source", main, "backup", file, "--to", join(directory, "public")];
  await run(process.execPath, words, { env });
}

async function restore(stage: Stage, { file, sequence }: Begun, auditExport: string): Promise<Site> {
  const url = await createDatabase(stage, `restored-${sequence}`);
  const privateKey = readBackupPrivateKey(join(stage.directory, "private"));
  const author = { at: stage.clock.seconds, actor: "operator", requestId: undefined };
  const { directory } = stage;
  const restored = await restoreBackup(url, { file, privateKey, auditExport, directory }, author);
  // All that was acknowledged before it began is in it.
  expect(restored.backupSequence).toBeGreaterThanOrEqual(sequence);
  const unconfirmed = startSite(stage, `site-${sequence}`, url);
  await expect(unconfirmed).rejects.toThrow(/^This store was restored and lacks changes from .* to .*; confirm with/);
  const storage = await openStorage(url);
  await storage.confirmRestore(author);
  await storage.close();
  stage.clock.seconds += 5;
  return startSite(stage, `site-${sequence}`, url);
}

const must = <Value>(value: Value | Refusal): Value => {
  if (isRefusal(value)) throw new Error(value.description);
  return value;
};

async function createCredential({ server }: Site, name: string): Promise<HeldCredential> {
  const management = server.management("operator");
  const account = must(await management.createAccount({ name }));
  const facts = { id: undefined, accountId: account.id, cloud: "aws-eu-west-1", name, timeZone: "UTC" };
  const project = must(await management.createProject(facts));
  const input = { name, accountId: account.id, projectId: project.id, scopes: ["metrics"] };
  const created = must(await management.createCredential({ ...input, allowedRanges: [], expiresAt: undefined }));
  return { clientId: created.credential.clientId, clientSecret: created.clientSecret ?? "" };
}

/** Makes credentials without a pause, and takes something away from every one that is six changes old. */
function startWriter(live: Site, { clock }: Stage) {
  const held: HeldCredential[] = [];
  let goesOn = true;
  const work = async (): Promise<void> => {
    for (let count = 0; goesOn; count += 1) {
      held.push(await createCredential(live, `Credential ${count}`));
      const former = held[count - 6];
      if (former !== undefined) await takeAway(live, former, count);
      if (count % 10 === 0) clock.seconds += 1;
      // SQLite answers without leaving the turn: whatever else goes on here has its turn now.
      await setImmediate();
    }
  };
  const working = work();
  return {
    held,
    stop: async () => {
      goesOn = false;
      await working;
    },
  };
}

async function takeAway({ server }: Site, { clientId }: HeldCredential, count: number): Promise<void> {
  const management = server.management("operator");
  const client = await server.storage.findClient(clientId);
  const [secret] = client?.secrets ?? [];
  if (client === undefined || secret === undefined) throw new Error("The store has lost a credential.");
  const accountId = client.account.id;
  const kind = count % 6;
  if (kind === 0) must(await management.retireSecret({ clientId, secretId: secret.id }));
  if (kind === 1) must(await management.deleteCredential({ clientId }));
  if (kind === 2) must(await management.changeCredential({ clientId, state: "disabled" }));
  if (kind === 3) must(await management.setAccountState({ accountId, state: "disabled" }));
  if (kind === 4) must(await management.revokeTokensOf({ kind: "account", id: accountId }));
}

async function issue({ url }: Site, held: HeldCredential): Promise<string> {
  const { status, body } = await post(`${url}/v1/oauth/token`, tokenRequest(held, { scope: "metrics" }));
  expect(status).toBe(200);
  return body.access_token;
}

/** Who got a token at the end from the lost store gets one from the restored one, and nobody else. */
async function compareAnswers(live: Site, restored: Site, held: readonly HeldCredential[]): Promise<number> {
  const allowed: HeldCredential[] = [];
  for (const each of held) {
    const answers = await Promise.all([live, restored].map(async (site) => isAllowed(site, each)));
    expect([each.clientId, answers[1]]).toEqual([each.clientId, answers[0]]);
    if (answers[1] === true) allowed.push(each);
  }
  const [first] = allowed;
  if (first !== undefined) await issue(restored, first);
  return held.length;
}

/** By the decision itself: asked over the network, so many failures would be throttled. */
async function isAllowed({ server }: Site, { clientId, clientSecret }: HeldCredential): Promise<boolean> {
  const client = await server.storage.findClient(clientId);
  if (client === undefined) return false;
  const { credential, account, secrets } = client;
  const presented = [...server.digester.digest(clientSecret)];
  const isHeld = secrets.some((secret) =>
    presented.some(([pepperId, digest]) => {
      return pepperId === secret.pepperId && digest.toString("hex") === secret.digest;
    }),
  );
  return isHeld && credential.state === "enabled" && account.state === "enabled";
}

/** No token of before is good, though what it stands on lives, and its key is published no more. */
async function expectVoid(restored: Site, token: string, kid: string | undefined): Promise<void> {
  const asker = await createCredential(restored, `Asker ${randomBytes(4).toString("hex")}`);
  const good = await issue(restored, asker);
  const introspect = async (presented: string) =>
    (await post(`${restored.url}/v1/oauth/introspect`, { token: presented }, basic(asker))).body;
  expect(await introspect(good)).toMatchObject({ active: true });
  expect(await introspect(token)).toEqual({ active: false });
  const keys = await (await fetch(`${restored.url}/.well-known/jwks.json`)).json();
  expect(keys.keys).toHaveLength(1);
  expect(keys.keys[0].kid).not.toBe(kid);
}

async function compromiseActiveKey({ server }: Site, { kekFile, clock }: Stage): Promise<void> {
  const policy = { algorithm: "Ed25519", rsaBits: 2048, lifetimeSeconds: 7_776_000 } as const;
  const parts = { storage: server.storage, kek: readKeyEncryptionKeyFile(kekFile), policy };
  const active = (await server.storage.listSigningKeys()).find(({ state }) => state === "active");
  const author = { at: clock.seconds, actor: "operator", requestId: undefined };
  const more = { nowSeconds: () => clock.seconds, log: createLog("silent", () => {}) };
  await compromiseSigningKey({ ...parts, ...more }, active?.kid ?? "", author);
}
