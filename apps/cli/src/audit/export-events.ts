import { open, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { ManagementClient } from "@biped/management-client";
import { type Command, Option } from "commander";
import { openSession } from "../admin/admin-session.ts";
import { formatExamples } from "../admin/print-answer.ts";
import type { CommandContext } from "../command-context.ts";
import { nameFile } from "../named-file.ts";
import { addFilterOptions, type FilterOptions, readFilter } from "./event-filter.ts";
import { readAnswer } from "./read-answer.ts";

type Options = FilterOptions & { readonly format: "jsonl" | "csv"; readonly output?: string };

const explanation = `
JSONL of everything, made by a platform owner, can be verified without the service:
biped audit verify FILE. CSV is for people: what a spreadsheet would take for a
formula has a ' before it.`;

export function addAuditExportCommand(audit: Command, context: CommandContext): void {
  addFilterOptions(audit.command("export"))
    .description("write audit events to stdout or a file, oldest first")
    .addOption(new Option("--format <format>", "jsonl or csv").choices(["jsonl", "csv"]).makeOptionMandatory())
    .option("-o, --output <file>", "where to; what is there is replaced once all has come")
    .addHelpText(
      "after",
      `${explanation}\n${formatExamples(
        "audit export --format jsonl -o events.jsonl",
        "audit export --format csv --account 7 --from 2027-01-01 > events.csv",
      )}`,
    )
    .action((options: Options, command: Command) => exportEvents(context, options, command));
}

async function exportEvents(context: CommandContext, options: Options, command: Command): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  const { format, output, ...filter } = options;
  const chunks = await openExport(context, management, { ...readFilter(filter), format });
  if (output === undefined) {
    for await (const chunk of chunks) await terminal.write(chunk);
    return;
  }
  const bytes = await writeExport(path.resolve(context.workingDirectory, output), chunks);
  if (terminal.isJson) terminal.printJson({ file: output, bytes });
  else terminal.note(`Wrote ${output}, ${bytes} bytes.`);
}

type Query = ReturnType<typeof readFilter> & Pick<Options, "format">;

export async function openExport(
  { signal }: Pick<CommandContext, "signal">,
  management: ManagementClient,
  query: Query,
): Promise<AsyncIterable<Uint8Array>> {
  return readAnswer(await management.open("GET /api/audit-events/export", { query }, { signal }), signal);
}

/** Under another name until all has come: half a log must not look like a whole one. */
async function writeExport(target: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const part = `${target}.part`;
  let bytes = 0;
  try {
    await rm(part, { force: true });
    const file = await open(part, "wx", 0o600);
    try {
      for await (const chunk of chunks) {
        await file.writeFile(chunk);
        bytes += chunk.byteLength;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, target);
    return bytes;
  } catch (error) {
    await rm(part, { force: true });
    throw error instanceof Error && "code" in error && "syscall" in error ? nameFile(error, target) : error;
  }
}
