import type { Client, DataExport } from "@biped/client";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { readGlobalOptions } from "../global-options.ts";

export type OpenedExports = {
  readonly client: Client;
  readonly exports: DataExport;
  /** The authentication service's address. */
  readonly service: string;
};

/** With the one scope that these calls need, whatever else the credential owns. */
export async function openExports(context: CommandContext, command: Command): Promise<OpenedExports> {
  const options = readGlobalOptions(command);
  const { client, credential } = await context.openClient({ ...options, scope: options.scope ?? "data-export" });
  return { client, exports: client.exports, service: credential.authUrl };
}

/** The first `limit` items; all of them without it. */
export async function takeItems<Item>(items: AsyncIterable<Item>, limit: number | undefined): Promise<readonly Item[]> {
  const taken: Item[] = [];
  for await (const item of items) {
    taken.push(item);
    if (taken.length === limit) break;
  }
  return taken;
}

/** A page need not be larger than what is asked for. */
export function choosePageSize(limit: number | undefined): number | undefined {
  return limit === undefined ? undefined : Math.min(100, limit);
}
