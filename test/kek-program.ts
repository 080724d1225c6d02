/** Replaces a store's key-encryption key again and again until it is killed: `kek-program.ts URL KEK-FILE KEK-FILE`. */

import { readKeyEncryptionKeyFile } from "../apps/authorization-server/src/signing/key-encryption-key-file.ts";
import { rotateKeyEncryptionKey } from "../apps/authorization-server/src/signing/rotate-key-encryption-key.ts";
import { openStorage } from "../apps/authorization-server/src/storage/open-storage.ts";

/** The database, and two files of keys of which the store has the one or the other. */
export type KekProgramWords = readonly [url: string, ...files: readonly [string, string]];

const [url = "", ...files] = process.argv.slice(2);
const keys = files.map(readKeyEncryptionKeyFile);
const storage = await openStorage(url);
const author = { at: 1_800_000_000, actor: "operator", requestId: undefined };
process.stdout.write("ready\n");
for (let count = 0; ; count += 1) {
  const [kek, former] = count % 2 === 0 ? keys : keys.toReversed();
  if (kek === undefined) throw new Error("Two files of keys are needed.");
  await rotateKeyEncryptionKey(storage, { ...kek, former }, author);
}
