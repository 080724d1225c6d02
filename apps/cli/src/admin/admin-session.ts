import type { ManagementClient } from "@biped/management-client";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { type GlobalOptions, readGlobalOptions } from "../global-options.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { openManagement } from "./open-management.ts";

/** What a command of `biped admin` works with. */
export type AdminSession = {
  readonly context: CommandContext;
  readonly terminal: Terminal;
  readonly management: ManagementClient;
  readonly global: GlobalOptions;
};

export async function openSession(context: CommandContext, command: Command): Promise<AdminSession> {
  const global = readGlobalOptions(command);
  return { context, terminal: context.terminal, management: await openManagement(context, global), global };
}
