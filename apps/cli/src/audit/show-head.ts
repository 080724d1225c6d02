import type { Command } from "commander";
import { openSession } from "../admin/admin-session.ts";
import { formatExamples } from "../admin/print-answer.ts";
import type { CommandContext } from "../command-context.ts";
import { escapeControls } from "../terminal/escape-controls.ts";

export function addAuditHeadCommand(audit: Command, context: CommandContext): void {
  audit
    .command("head")
    .description("print the signed head of the audit log, one line to keep elsewhere")
    .addHelpText(
      "after",
      `\nA head that is kept where nobody can change it shows later that nothing before it\nwas changed or cut off: biped audit verify --heads FILE\n${formatExamples("audit head >> heads.jsonl")}`,
    )
    .action((_: unknown, command: Command) => show(context, command));
}

async function show(context: CommandContext, command: Command): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  const head = await management.call("GET /api/audit-log/head");
  if (terminal.isJson) terminal.printJson(head);
  else terminal.print(escapeControls(JSON.stringify(head)));
}
