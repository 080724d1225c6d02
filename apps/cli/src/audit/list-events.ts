import type { Command } from "commander";
import { openSession } from "../admin/admin-session.ts";
import { formatExamples, printList } from "../admin/print-answer.ts";
import { takePages } from "../admin/take-pages.ts";
import type { CommandContext } from "../command-context.ts";
import { parseId } from "../exports/export-arguments.ts";
import { addFilterOptions, type FilterOptions, readFilter } from "./event-filter.ts";

type Options = FilterOptions & { readonly limit: number };

const usualLimit = 50;

export function addAuditListCommand(audit: Command, context: CommandContext): void {
  addFilterOptions(audit.command("list"))
    .description("list audit events, newest first")
    .option("--limit <n>", "show at most so many", parseId, usualLimit)
    .addHelpText(
      "after",
      formatExamples("audit list --account 7", "audit list --action signing-key --from 2027-01-01 --limit 500"),
    )
    .action((options: Options, command: Command) => list(context, options, command));
}

async function list(context: CommandContext, { limit, ...filter }: Options, command: Command): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  const read = (page: object) =>
    management.call("GET /api/audit-events", { query: { ...readFilter(filter), ...page } });
  printList(terminal, await takePages(read, limit), {
    headers: ["event", "time", "who", "what", "on", "from"],
    row: ({ sequence, at, actor, actorName, action, subject, source }) => [
      String(sequence),
      String(at),
      String(actorName ?? actor),
      String(action),
      String(subject),
      String(source ?? "-"),
    ],
    empty: "There is no such event.",
  });
}
