import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { parseId } from "../exports/export-arguments.ts";
import { openSession } from "./admin-session.ts";
import { formatExamples, printList } from "./print-answer.ts";
import { takePages } from "./take-pages.ts";

type ListOptions = { readonly limit?: number };

/** `biped admin revocations` */
export function addRevocationsCommand(admin: Command, context: CommandContext): void {
  admin
    .command("revocations")
    .description("list what was taken back and may still concern a token that lives, newest first")
    .option("--limit <n>", "show at most so many; all of them without it", parseId)
    .addHelpText("after", formatExamples("admin revocations", "admin revocations --json | jq '.[].object'"))
    .action((options: ListOptions, command: Command) => list(context, options, command));
}

async function list(context: CommandContext, { limit }: ListOptions, command: Command): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  const read = (page: object) => management.call("GET /api/revocations", { query: page });
  printList(terminal, await takePages(read, limit), {
    headers: ["at", "what", "its id", "by", "how", "until"],
    row: ({ at, kind, object, actor, actorName, action, until }) => [
      at,
      kind,
      object,
      actorName ?? actor,
      action,
      until,
    ],
    empty: "Nothing was taken back that could concern a token that lives.",
  });
}
