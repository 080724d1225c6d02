import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { KeyEncryptionKey, OpaqueKey } from "./envelope.ts";
import { parseKeyEncryptionKey, readKeyEncryptionKeyFile } from "./key-encryption-key-file.ts";
import { importTokenLibrary } from "./pkcs11-driver.ts";
import { openTokenKey, type TokenKey } from "./token-key.ts";

/** Where the key-encryption key is. */
export type KeyEncryptionKeySource =
  | { readonly kind: "file"; readonly path: string }
  /** Of the unit that systemd started: LoadCredential= or LoadCredentialEncrypted=. */
  | { readonly kind: "credential"; readonly name: string }
  | { readonly kind: "text"; readonly text: string }
  | ({ readonly kind: "token" } & TokenKey);

export type HeldKey = KeyEncryptionKey | OpaqueKey;

/**
 * @param credentialsDirectory What systemd put into CREDENTIALS_DIRECTORY.
 * @throws Error with one line that names the setting or the file, and tells nothing of the key.
 */
export async function openKeyEncryptionKey(
  source: KeyEncryptionKeySource,
  credentialsDirectory: string | undefined,
): Promise<HeldKey> {
  if (source.kind === "file") return readKeyEncryptionKeyFile(source.path);
  if (source.kind === "text") return parseKeyEncryptionKey(source.text, "BIPED_KEK");
  if (source.kind === "credential") return readCredential(source.name, credentialsDirectory);
  return openTokenKey(source, await importTokenLibrary());
}

/** Its mode is not looked at: systemd lets the unit's user in by an access list, which shows as a right of the group. */
function readCredential(name: string, directory: string | undefined): KeyEncryptionKey {
  if (directory === undefined) {
    throw new Error("BIPED_KEK_CREDENTIAL is for a unit of systemd, and CREDENTIALS_DIRECTORY is not set");
  }
  const path = join(directory, name);
  try {
    return parseKeyEncryptionKey(readFileSync(path, "utf8"), path);
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw isMissing ? new Error(`${path} is not there: the unit needs LoadCredential=${name}:FILE`, { cause }) : cause;
  }
}
