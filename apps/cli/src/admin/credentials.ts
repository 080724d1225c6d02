import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { addChangeCommands } from "./change-credential.ts";
import { addCreateCommand } from "./create-credential.ts";
import { formatExamples } from "./print-answer.ts";
import { addReadingCommands } from "./read-credentials.ts";
import { addSecretsCommands } from "./secrets.ts";
import { addUsageCommands } from "./usage.ts";

/** `biped admin credentials …` */
export function addCredentialsCommands(admin: Command, context: CommandContext): void {
  const credentials = admin
    .command("credentials")
    .description("credentials with their secrets, scopes and use")
    .addHelpText(
      "after",
      formatExamples(
        "admin credentials list --account 7",
        "admin credentials create Nightly --account 7 --project 42 --scope data-export",
        "admin credentials rotate 7ce9f436-f2d1-48c4-aac9-a837564ae7ea",
      ),
    );
  addReadingCommands(credentials, context);
  addCreateCommand(credentials, context);
  addChangeCommands(credentials, context);
  addSecretsCommands(credentials, context);
  addUsageCommands(credentials, context);
}
