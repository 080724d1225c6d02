import path from "node:path";
import { createLocalError } from "../command-error.ts";
import { isJsonObject, parseJson } from "../json.ts";
import { withFileLock } from "./file-lock.ts";
import { readSecretFile, writePrivateFile } from "./private-file.ts";
import { createDamagedError } from "./profile.ts";

/** Where the secrets of the profiles are, by the profile's name. */
export type SecretStore = {
  readonly find: (name: string) => Promise<string | undefined>;
  readonly save: (name: string, secret: string) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
};

/** A file of mode 0600. It does not protect against programs that run as the same user. */
export function createFileSecretStore(directory: string): SecretStore {
  const file = path.join(directory, "secrets.json");
  const read = async (): Promise<Map<string, string>> => {
    const text = await readSecretFile(file);
    const content = text === undefined ? {} : parseJson(text);
    if (!isTexts(content)) throw createDamagedError(file);
    return new Map(Object.entries(content));
  };
  const write = (secrets: ReadonlyMap<string, string>): Promise<void> =>
    writePrivateFile(file, `${JSON.stringify(Object.fromEntries(secrets), null, 2)}\n`);
  return {
    find: async (name) => (await read()).get(name),
    save: (name, secret) => withFileLock(file, async () => write(new Map([...(await read()), [name, secret]]))),
    remove: (name) =>
      withFileLock(file, async () => {
        const secrets = await read();
        if (secrets.delete(name)) await write(secrets);
      }),
  };
}

/** The key chain of the system: Keychain, Credential Manager, or the Secret Service of a Linux desktop. */
export function createKeychainSecretStore(directory: string): SecretStore {
  const open = async (name: string) => {
    const { AsyncEntry } = await loadKeyring();
    // The kernel's own keyring would forget the secret at the next start of the machine.
    return new AsyncEntry("biped", path.join(directory, name), { linux: { store: "secret-service" } });
  };
  return {
    find: async (name) => (await askKeychain(async () => (await open(name)).getPassword())) ?? undefined,
    save: (name, secret) => askKeychain(async () => (await open(name)).setPassword(secret)),
    remove: async (name) => {
      await askKeychain(async () => (await open(name)).deletePassword());
    },
  };
}

/** Code of the error when there is no key chain, or it stays locked. */
export const keychainUnavailable = "KEYCHAIN_UNAVAILABLE";

async function loadKeyring() {
  return import("@napi-rs/keyring");
}

async function askKeychain<Value>(ask: () => Promise<Value>): Promise<Value> {
  try {
    return await ask();
  } catch {
    // What a key chain says of its own accord may hold what was stored; the error is not passed on.
    const next = "Unlock it, or log in again with --store file.";
    throw createLocalError("The key chain of this machine cannot be used", keychainUnavailable, next);
  }
}

function isTexts(value: unknown): value is Record<string, string> {
  return isJsonObject(value) && Object.values(value).every((text) => typeof text === "string");
}
