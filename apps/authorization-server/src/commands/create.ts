import { isRefusal, type Refusal } from "@biped/protocol";
import type { Config } from "../config.ts";
import { openSecretDigester } from "../credentials/secret-digest.ts";
import { createManagement, type Management } from "../management/management.ts";
import type { ServerParts } from "../start.ts";
import { openStorage } from "../storage/open-storage.ts";

/** Makes one change as the operator of this machine, beside a running server or without one. */
export async function withManagement<Created extends object>(
  config: Config,
  parts: ServerParts,
  change: (management: Management) => Promise<Created | Refusal>,
): Promise<Created> {
  const storage = await openStorage(config.databaseUrl);
  try {
    const author = { at: parts.nowSeconds(), actor: "operator", requestId: undefined };
    const digester = await openSecretDigester({ ...parts, storage, author });
    const { catalogue, endpointHosts: allowedEndpoints } = config;
    const created = await change(
      createManagement({ ...parts, storage, digester, catalogue, allowedEndpoints }, "operator"),
    );
    if (isRefusal(created)) throw new Error(created.description);
    return created;
  } finally {
    await storage.close();
  }
}

export function printCreated(created: object): void {
  process.stdout.write(`${JSON.stringify(created, undefined, 2)}\n`);
}
