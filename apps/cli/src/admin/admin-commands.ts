import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";

const examples = `
An access token in the environment comes before the profiles of \`biped admin login\`:
BIPED_ADMIN_URL, and BIPED_ADMIN_TOKEN or BIPED_ADMIN_TOKEN_FILE.

Examples:
  $ biped admin login --admin-url https://console.example.com
  $ biped admin search nightly
  $ biped admin credentials create Nightly --account 7 --project 42 --scope data-export
  $ biped admin credentials list --account 7 --json`;

const group = "admin";

/** `biped admin`: the management API of Biped, with the nouns of the console. */
export function addAdminCommand(program: Command): void {
  program
    .command(group)
    .description("accounts, projects, credentials and the rest of the console, in the terminal")
    .addHelpText("after", examples);
}

/** Its commands are many, and loading them would be a quarter of a short run: only who wants them waits for them. */
export async function loadAdminCommands(
  program: Command,
  context: CommandContext,
  args: readonly string[],
): Promise<void> {
  const admin = program.commands.find((command) => command.name() === group);
  if (admin === undefined || !args.some((argument) => argument === group || argument === "completion")) return;
  const { addAdminNouns } = await import("./admin-nouns.ts");
  addAdminNouns(admin, context);
}
