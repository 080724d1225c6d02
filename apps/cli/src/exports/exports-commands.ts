import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { addCreateCommand } from "./create-job.ts";
import { addDownloadCommand } from "./download-command.ts";
import { addFieldsCommand } from "./list-fields.ts";
import { addListCommand } from "./list-jobs.ts";
import { addRunsCommand } from "./list-runs.ts";
import { addShowCommand } from "./show-job.ts";
import { addWaitCommand } from "./wait-command.ts";

const examples = `
Examples:
  $ biped exports list
  $ biped exports create --name Nightly --frequency daily --fields session_id
  $ biped exports download 12 --output exports`;

/** `biped exports …`: jobs, runs and files of the Data Export API. */
export function addExportsCommands(program: Command, context: CommandContext): void {
  const exports = program
    .command("exports")
    .description("export jobs, their runs and their files")
    .addHelpText("after", examples);
  addListCommand(exports, context);
  addCreateCommand(exports, context);
  addShowCommand(exports, context);
  addRunsCommand(exports, context);
  addWaitCommand(exports, context);
  addDownloadCommand(exports, context);
  addFieldsCommand(exports, context);
}
