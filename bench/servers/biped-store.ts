/** Data directories for Biped's own server, made by the program's own commands, so that no schema is known here. */

import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RequestBodies } from "../load/load.ts";
import { runCommand } from "./biped.ts";
import { formatRecord, tokenRequestPrefix } from "./token-request.ts";

/** A data directory with one cloud, one account, one project and its credential. */
export type BipedStore = {
  readonly folder: string;
  readonly databaseFile: string;
  readonly kekFile: string;
  /** What the program is told to work on it. */
  readonly settings: Readonly<Record<string, string>>;
  readonly clientId: string;
  readonly clientSecret: string;
};

type CreatedCredential = { readonly credential: { readonly clientId: string }; readonly clientSecret: string };

export function createStore(folder: string): BipedStore {
  mkdirSync(folder);
  const store = locate(folder);
  const run = (...args: readonly string[]): string => runCommand(args, store.settings);
  run("keys", "create-kek", store.kekFile);
  run("create", "cloud", "--name", "aws-eu-west-1", "--endpoint", "https://api.eu-west-1.example.com");
  run("create", "account", "--name", "First customer");
  run("create", "project", "--id", "42", "--account", "1", "--cloud", "aws-eu-west-1", "--name", "UX ANALYTICS");
  const credential = ["--account", "1", "--project", "42", "--name", "Nightly export"];
  const printed = run("create", "credential", ...credential, "--scopes", "data-export metrics");
  const created: CreatedCredential = JSON.parse(printed);
  return { ...store, clientId: created.credential.clientId, clientSecret: created.clientSecret };
}

function locate(folder: string): Omit<BipedStore, "clientId" | "clientSecret"> {
  const kekFile = join(folder, "kek");
  const settings = {
    BIPED_DATA_DIR: folder,
    BIPED_KEK_FILE: kekFile,
    BIPED_ISSUER: "https://auth.example.com",
  };
  return { folder, databaseFile: join(folder, "authorization-server.db"), kekFile, settings };
}

export function copyStore(store: BipedStore, folder: string): BipedStore {
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
