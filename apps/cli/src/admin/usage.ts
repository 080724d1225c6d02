import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { escapeControls } from "../terminal/escape-controls.ts";
import { clientIdArgument, parseWhole, sampleId } from "./admin-arguments.ts";
import { openSession } from "./admin-session.ts";
import { formatDay, formatExamples, printList } from "./print-answer.ts";
import { checkItems } from "./take-pages.ts";

/** `usage` and `refusals` of a credential. */
export function addUsageCommands(credentials: Command, context: CommandContext): void {
  credentials
    .command("usage")
    .description("tokens and refusals of a credential by day, oldest first")
    .argument(...clientIdArgument)
    .option("--days <n>", "how many, 1 to 90 (default: 30)", parseWhole(1, 90))
    .addHelpText("after", formatExamples(`admin credentials usage ${sampleId} --days 7`))
    .action((clientId: string, options: { readonly days?: number }, command: Command) =>
      listUsage(context, { clientId, options }, command),
    );
  credentials
    .command("refusals")
    .description("the latest refusals of a credential, with the reason in plain words")
    .argument(...clientIdArgument)
    .addHelpText("after", formatExamples(`admin credentials refusals ${sampleId}`))
    .action((clientId: string, _: unknown, command: Command) => listRefusals(context, clientId, command));
}

type Asked = { readonly clientId: string; readonly options: { readonly days?: number } };

async function listUsage(context: CommandContext, { clientId, options }: Asked, command: Command): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  // A server of an earlier version tells of no gaps.
  const { items, gaps = [] } = await management.call("GET /api/credentials/:clientId/usage", {
    params: { clientId },
    query: options,
  });
  checkItems(items);
  printList(terminal, items, {
    headers: ["day", "tokens", "refusals"],
    row: ({ at, tokens, refusals }) => [formatDay(terminal, at), String(tokens), String(refusals)],
    empty: "It was not used in this time.",
  });
  for (const { from, to } of gaps) {
    terminal.note(escapeControls(`Counts from ${from} to ${to} may be missing: a node ended before it wrote them.`));
  }
}

async function listRefusals(context: CommandContext, clientId: string, command: Command): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  const { items } = await management.call("GET /api/credentials/:clientId/refusals", { params: { clientId } });
  checkItems(items);
  printList(terminal, items, {
    headers: ["at", "count", "from", "reason", "what to do"],
    row: ({ at, count, source, reason, explanation }) => [at, String(count), source, reason, explanation],
    empty: "It was not refused lately.",
  });
}
