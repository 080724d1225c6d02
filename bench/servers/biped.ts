/** Biped's own authorization server: the program that `npm run serve` runs, and stores for it. */

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RequestBodies } from "../load/load.ts";
import type { ServerProgram } from "./child-server.ts";
import { formatRecord, tokenRequestPrefix } from "./token-request.ts";

/** A data directory with one cloud, one account, one project and its credential. */
export type BipedStore = {
  readonly folder: string;
  readonly databaseFile: string;
  readonly kekFile: string;
  readonly clientId: string;
  readonly clientSecret: string;
};

export const tokenPath = "/v1/oauth/token";
export const endpoint = "https://api.eu-west-1.example.com";
const main = join(import.meta.dirname, "..", "..", "apps", "authorization-server", "src", "main.ts");

type CreatedCredential = { readonly credential: { readonly clientId: string }; readonly clientSecret: string };

/** Made by the program's own commands, so that nothing here knows the schema. */
export function createStore(parent: string): BipedStore {
  const folder = join(parent, "template");
  mkdirSync(folder);
  const kekFile = join(folder, "kek");
  const settings = { BIPED_DATA_DIR: folder, BIPED_KEK_FILE: kekFile };
  runCommand(["keys", "create-kek", kekFile], settings);
  runCommand(["create", "cloud", "--name", "aws-eu-west-1", "--endpoint", endpoint], settings);
  runCommand(["create", "account", "--name", "First customer"], settings);
  const project = ["--account", "1", "--cloud", "aws-eu-west-1", "--name", "UX ANALYTICS", "--id", "42"];
  runCommand(["create", "project", ...project], settings);
  const credential = ["--account", "1", "--project", "42", "--name", "Nightly export"];
  const owned = ["--scopes", "data-export metrics"];
  const created: CreatedCredential = JSON.parse(
    runCommand(["create", "credential", ...credential, ...owned], settings),
  );
  const { clientSecret } = created;
  return { ...locate(folder), clientId: created.credential.clientId, clientSecret };
}

function locate(folder: string): Pick<BipedStore, "folder" | "databaseFile" | "kekFile"> {
  return { folder, databaseFile: join(folder, "authorization-server.db"), kekFile: join(folder, "kek") };
}

export function copyStore(store: BipedStore, name: string): BipedStore {
  const folder = join(store.folder, "..", name);
  cpSync(store.folder, folder, { recursive: true });
  return { ...store, ...locate(folder) };
}

/** Every request with the store's one credential. */
export function writeOnlyBody(store: BipedStore): RequestBodies {
  const recordsFile = join(store.folder, "record");
  const record = formatRecord(store.clientId, store.clientSecret);
  writeFileSync(recordsFile, record);
  return { prefix: tokenRequestPrefix, recordsFile, recordBytes: record.length };
}

export type BipedSettings = {
  readonly algorithm?: "RS256" | "ES256";
  /** `off`: no log lines, and a counter that counts nothing. */
  readonly records?: "on" | "off";
};

export function createProgram(
  store: BipedStore,
  { algorithm = "RS256", records = "on" }: BipedSettings = {},
): ServerProgram {
  const uncounted = ["--import", join(import.meta.dirname, "..", "processes", "no-use-counting.ts")];
  return {
    name: "biped",
    nodeArgs: [...(records === "off" ? uncounted : []), main, "serve"],
    environment: (port) => ({
      ...baseSettings(store),
      BIPED_PUBLIC_PORT: String(port),
      BIPED_ADMIN_PORT: String(findOtherPort(port)),
      BIPED_SIGNING_ALG: algorithm,
      BIPED_TOKENS_PER_SECOND: "0",
      BIPED_LOG_LEVEL: records === "on" ? "info" : "error",
    }),
    readyPath: "/readyz",
    outputFile: join(store.folder, "log"),
  };
}

function baseSettings({ folder, kekFile }: BipedStore): Readonly<Record<string, string>> {
  return { BIPED_DATA_DIR: folder, BIPED_KEK_FILE: kekFile, BIPED_ISSUER: "https://auth.example.com" };
}

/** Nobody asks the admin listener anything here; it only needs a port of its own. */
function findOtherPort(port: number): number {
  return port < 60_000 ? port + 1 : port - 1;
}

function runCommand(args: readonly string[], settings: Readonly<Record<string, string>>): string {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("BIPED_"));
  const env = { ...Object.fromEntries(kept), ...settings };
  const nodeArgs = ["--conditions=biped-source", main, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, nodeArgs, { env, encoding: "utf8" });
  if (status !== 0) throw new Error(`biped-server ${args.slice(0, 2).join(" ")} failed: ${stderr.trim()}`);
  return stdout;
}
