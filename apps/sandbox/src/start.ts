import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  createKeyEncryptionKeyFile,
  type KeyEncryptionKeySource,
  migrateStorage,
  openKeyEncryptionKey,
  type Server,
  start as startServer,
} from "@biped/authorization-server";
import type { Log } from "@biped/listener";
import { createBelievableSource } from "./believable-data/believable-source.ts";
import { openSeed } from "./believable-data/seed.ts";
import { type MovableClock, openMovableClock, parseJson, readFileIfThere, writeFileDurably } from "./clock.ts";
import type { SandboxConfig } from "./config.ts";
import {
  type Demonstration,
  demonstration,
  planDemonstration,
  storeClouds,
  storeDemonstration,
} from "./demonstration.ts";
import { storeDemonstrationJobs } from "./demonstration-jobs.ts";
import { startCloud } from "./start-cloud.ts";

export type SandboxParts = {
  /** The machine's own clock in whole epoch seconds; the sandbox moves forward from it. */
  readonly systemSeconds: () => number;
  readonly monotonicSeconds: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly log: Log;
};

/** What `demo.json` holds. */
export type DemoFile = Demonstration & {
  readonly issuer: string;
  readonly console: string;
  readonly clouds: readonly { readonly name: string; readonly endpoint: string }[];
};

export type Sandbox = {
  readonly demo: DemoFile;
  readonly demoPath: string;
  /** All sessions and views follow from it. */
  readonly seed: number;
  readonly stop: () => Promise<void>;
};

/** The whole system in one process: the same programs as in production, two clouds, a clock that can be moved. */
export async function start(config: SandboxConfig, parts: SandboxParts): Promise<Sandbox> {
  const directory = openDataDirectory(config.server.dataDirectory);
  const clock = openMovableClock(join(directory, "clock.json"), parts.systemSeconds);
  const { source, seed } = openBelievableData(directory, config, { clock, randomBytes: parts.randomBytes });
  await migrateStorage(config.server.databaseUrl);
  const server = await startServer(config.server, {
    ...parts,
    kek: await openOwnKey(config.server.keyEncryptionKey, join(directory, "kek"), parts.randomBytes),
    nowSeconds: clock.nowSeconds,
    secretEnvironment: "test",
    adminRoutes: clock.routes,
  });
  const started: { stop: () => Promise<void> }[] = [server, { stop: source.close }];
  const stop = async (): Promise<void> => {
    await Promise.all(started.splice(0).map((part) => part.stop()));
  };
  try {
    const demo = await openDemonstration(directory, config, { server, clock, randomBytes: parts.randomBytes });
    for (const cloud of config.clouds) {
      const api = await startCloud(cloud, config, { ...parts, nowSeconds: clock.nowSeconds, dataSource: source });
      started.push(api);
      await storeDemonstrationJobs(api, demo, { cloud: cloud.name, nowSeconds: clock.nowSeconds() });
    }
    return { demo, demoPath: join(directory, "demo.json"), seed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function openDataDirectory(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown cause";
    throw new Error(`BIPED_DATA_DIR ${path} cannot be used as a directory (${code}).`, { cause });
  }
}

/** Only the sandbox makes its own key, and only where none is configured. */
function openOwnKey(
  configured: KeyEncryptionKeySource | undefined,
  path: string,
  randomBytes: SandboxParts["randomBytes"],
) {
  if (configured === undefined && readFileIfThere(path) === undefined)
    createKeyEncryptionKeyFile(path, randomBytes(32));
  return openKeyEncryptionKey(configured ?? { kind: "file", path }, undefined);
}

/** The same for both clouds: a project's rows are its own wherever it lives. */
function openBelievableData(
  directory: string,
  { data }: SandboxConfig,
  { clock, randomBytes }: Pick<Made, "clock" | "randomBytes">,
) {
  const seed = openSeed(join(directory, "seed.json"), data.seed, randomBytes);
  const { sessionsADay } = data;
  const own = join(directory, "believable-data");
  return { seed, source: createBelievableSource({ directory: own, seed, sessionsADay, nowSeconds: clock.nowSeconds }) };
}

type Made = {
  readonly server: Server;
  readonly clock: MovableClock;
  readonly randomBytes: SandboxParts["randomBytes"];
};

/**
 * The plan is written before the first fact is stored and renamed when all of them are, so that a start that was cut
 * short goes on from the same ids and secrets.
 */
async function openDemonstration(directory: string, config: SandboxConfig, made: Made): Promise<DemoFile> {
  const { server, clock, randomBytes } = made;
  const path = join(directory, "demo.json");
  const planPath = join(directory, "demo.plan.json");
  await storeClouds(config.clouds, server, clock.nowSeconds());
  const kept = readDemonstration(path);
  const plan = kept ?? readDemonstration(planPath) ?? planDemonstration(config.clouds, randomBytes);
  if (kept === undefined) {
    writeFileDurably(planPath, JSON.stringify(plan));
    await storeDemonstration(plan, server, { nowSeconds: clock.nowSeconds, randomBytes });
  }
  const demo = { issuer: config.server.issuer, console: config.server.consoleUrl, clouds: listClouds(config), ...plan };
  writeFileDurably(path, `${JSON.stringify(demo, undefined, 2)}\n`);
  return demo;
}

function readDemonstration(path: string): Demonstration | undefined {
  const text = readFileIfThere(path);
  if (text === undefined) return undefined;
  const content = demonstration.safeParse(parseJson(text));
  if (content.success) return content.data;
  throw new Error(`${path} is damaged. Delete its directory to begin anew, or put the file back.`);
}

function listClouds({ clouds }: SandboxConfig) {
  return clouds.map(({ name, endpoint }) => ({ name, endpoint }));
}
