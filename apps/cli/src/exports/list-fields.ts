import type { ExportScope } from "@biped/client";
import { Argument, type Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { printTable } from "../terminal/table.ts";
import { exportScopes, parseOneOf } from "./export-arguments.ts";
import { openExports } from "./open-exports.ts";

const examples = `
Examples:
  $ biped exports fields sessions
  $ biped exports fields views | cut -f 1`;

export function addFieldsCommand(parent: Command, context: CommandContext): void {
  parent
    .command("fields")
    .description("list the fields that can be exported")
    .addArgument(new Argument("<scope>", "sessions or views").argParser(parseOneOf(exportScopes)))
    .addHelpText("after", examples)
    .action((scope: ExportScope, _: unknown, command: Command) => listFields(context, scope, command));
}

async function listFields(context: CommandContext, scope: ExportScope, command: Command): Promise<void> {
  const { terminal, signal } = context;
  const { exports } = await openExports(context, command);
  const fields = await exports.exportableFields(scope, { signal });
  if (terminal.isJson) return terminal.printJson(fields);
  if (fields.length === 0) return terminal.note(`The service names no fields of ${scope}.`);
  const rows = fields.map(({ name, type = "-", description = "-" }) => [name, String(type), String(description)]);
  printTable(terminal, { headers: ["name", "type", "description"], rows });
}
