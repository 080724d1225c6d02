import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { createUsageError } from "../command-error.ts";
import { readGlobalOptions } from "../global-options.ts";
import { findConfigDirectory } from "../profiles/config-directory.ts";
import { openStoreOf } from "../profiles/profile-store.ts";
import { adminProfiles } from "./admin-profile.ts";

const examples = `
The token itself lives on at the service until it expires; end it in the console.

Examples:
  $ biped admin logout
  $ biped admin logout --profile old`;

export function addAdminLogoutCommand(admin: Command, context: CommandContext): void {
  admin
    .command("logout")
    .description("remove the current access token, or that of another profile, from this machine")
    .addHelpText("after", examples)
    .action((_: unknown, command: Command) => logout(context, command));
}

async function logout({ terminal, environment }: CommandContext, command: Command): Promise<void> {
  const store = openStoreOf(adminProfiles, findConfigDirectory(environment));
  const { named, current } = await store.read();
  const name = readGlobalOptions(command).profile ?? current;
  if (name === undefined) {
    const next = named.size === 0 ? undefined : `Name one with --profile: ${[...named.keys()].join(", ")}`;
    throw createUsageError("You are not logged in as an administrator", next);
  }
  await store.remove([name]);
  if (terminal.isJson) return terminal.printJson({ removed: [name] });
  terminal.note(`Removed ${name} with its access token from this machine.`);
}
