import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { addAuditExportCommand } from "./export-events.ts";
import { addAuditListCommand } from "./list-events.ts";
import { addAuditHeadCommand } from "./show-head.ts";
import { addAuditVerifyCommand } from "./verify-log.ts";

const examples = `
The access token is that of \`biped admin\`.

Examples:
  $ biped audit list --account 7 --action credential
  $ biped audit export --format csv -o events.csv
  $ biped audit head >> heads.jsonl
  $ biped audit verify --heads heads.jsonl`;

/** `biped audit …`: who changed what, and whether the record of it is whole. */
export function addAuditCommands(parent: Command, context: CommandContext): void {
  const audit = parent
    .command("audit")
    .description("who changed what, as a list, as a file, and whether it is all there")
    .addHelpText("after", examples);
  addAuditListCommand(audit, context);
  addAuditExportCommand(audit, context);
  addAuditHeadCommand(audit, context);
  addAuditVerifyCommand(audit, context);
}
