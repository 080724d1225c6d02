import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isRefusal } from "@biped/protocol";
import { z } from "zod";
import { openSetup } from "../administrators/first-run.ts";
import type { Config } from "../config.ts";
import { invitePlatformOwner } from "../management/administrators.ts";
import type { ServerParts } from "../start.ts";
import { openStorage } from "../storage/open-storage.ts";
import type { Storage } from "../storage/storage.ts";

/** As the management API has it. */
const emailAddress = z.email().max(254);

/** The secret stands behind the hash sign, which browsers send to nobody. */
const formatLink = ({ consoleUrl }: Config, page: "setup" | "invitation", token: string): string =>
  `${consoleUrl}/${page}#${token}`;

/** A new link of the first run, for one hour; the former one ends. @throws Error once there is an administrator. */
export async function createSetupLink(config: Config, parts: ServerParts) {
  const setup = await withStorage(config, (storage) => openSetup({ ...parts, storage }));
  if (setup === undefined) throw new Error("There is an administrator already. Another one: create administrator.");
  return { setupUrl: keepSetupLink(config, setup.token).url };
}

/** The way in for somebody who can run commands on this machine, whatever became of the other owners. */
export async function createPlatformOwner(
  config: Config,
  parts: ServerParts,
  person: { readonly email: string; readonly name?: string },
) {
  if (!emailAddress.safeParse(person.email).success) throw new Error("--email must be an e-mail address.");
  const author = { at: parts.nowSeconds(), actor: "operator", requestId: undefined };
  const invited = await withStorage(config, (storage) => invitePlatformOwner({ ...parts, storage }, person, author));
  if (isRefusal(invited)) throw new Error(invited.description);
  const { administratorId, invitation } = invited;
  if (invitation === undefined) throw new Error("The invitation was not made.");
  return { administratorId, invitationUrl: formatLink(config, "invitation", invitation) };
}

/** told on the terminal once, and kept for who missed it in a file that only this user reads. */
export function tellSetup(config: Config, token: string, tell: (line: string) => void): void {
  const { url, file } = keepSetupLink(config, token);
  tell(`There is no administrator yet. Open this link within an hour; it is also in ${file}:\n${url}\n`);
}

/** The file holds the last link that was made, since the former one has ended. */
function keepSetupLink(config: Config, token: string) {
  const url = formatLink(config, "setup", token);
  const file = join(config.dataDirectory, "setup-link");
  // With PostgreSQL nothing else may have made it yet.
  mkdirSync(config.dataDirectory, { recursive: true, mode: 0o700 });
  writeFileSync(file, `${url}\n`, { mode: 0o600 });
  return { url, file };
}

async function withStorage<Value>({ databaseUrl }: Config, work: (storage: Storage) => Promise<Value>): Promise<Value> {
  const storage = await openStorage(databaseUrl);
  try {
    return await work(storage);
  } finally {
    await storage.close();
  }
}
