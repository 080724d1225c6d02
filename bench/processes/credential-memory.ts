/** Prints how many bytes one remembered credential takes: fills the server's own directory from its own storage. */

import { readFileSync } from "node:fs";
import { createClientDirectory } from "../../apps/authorization-server/src/credentials/client-directory.ts";
import { openStorage } from "../../apps/authorization-server/src/storage/open-storage.ts";

const [databaseFile = "", recordsFile = "", recordBytes = ""] = process.argv.slice(2);
const width = Number(recordBytes);
const clientIdLength = 36;
/** As many as the directory holds. */
const remembered = 20_000;
const warmUp = 2_000;

const storage = await openStorage(`sqlite:${databaseFile}`);
const records = readFileSync(recordsFile);
const directory = createClientDirectory({ storage, monotonicSeconds: () => 0 });

async function remember(from: number, to: number): Promise<void> {
  for (let index = from; index < to; index += 1) {
    // A copy, because a slice would keep the whole file alive.
    const clientId = records.toString("latin1", index * width, index * width + clientIdLength);
    if ((await directory.stored.findClient(clientId)) === undefined) throw new Error("A seeded credential is missing.");
  }
}

function weigh(): number {
  for (let turn = 0; turn < 3; turn += 1) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

await remember(0, warmUp);
const before = weigh();
await remember(warmUp, remembered);
const bytes = (weigh() - before) / (remembered - warmUp);
await storage.close();
process.stdout.write(`${bytes.toFixed(0)}\n`);
