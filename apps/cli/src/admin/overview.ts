import type { Overview } from "@biped/management-client";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { parseId } from "../exports/export-arguments.ts";
import { escapeControls } from "../terminal/escape-controls.ts";
import { formatColumns } from "../terminal/table.ts";
import { type AdminSession, openSession } from "./admin-session.ts";
import { formatExamples, printList, tellInstant } from "./print-answer.ts";
import { checkItems } from "./take-pages.ts";

/** `biped admin overview` and `biped admin search`. */
export function addOverviewCommands(admin: Command, context: CommandContext): void {
  admin
    .command("overview")
    .description("what happens: tokens, refusals, what ends soon, the last changes")
    .option("--account <id>", "in this account alone", parseId)
    .addHelpText("after", formatExamples("admin overview", "admin overview --json | jq .refusals"))
    .action((options: { readonly account?: number }, command: Command) => show(context, options, command));
  admin
    .command("search")
    .description("find accounts, projects and credentials by a part of the name, or by id")
    .argument("<text>", "what to look for")
    .addHelpText("after", formatExamples("admin search nightly"))
    .action((text: string, _: unknown, command: Command) => search(context, text, command));
}

async function show(context: CommandContext, { account }: { readonly account?: number }, command: Command) {
  const session = await openSession(context, command);
  const { terminal, management } = session;
  const query = account === undefined ? {} : { accountId: account };
  const overview = await management.call("GET /api/overview", { query });
  if (terminal.isJson) return terminal.printJson(overview);
  const { counts, usage } = overview;
  checkItems(usage);
  const tokens = usage.reduce((sum, bucket) => sum + bucket.tokens, 0);
  const refusals = usage.reduce((sum, bucket) => sum + bucket.refusals, 0);
  printPart(session, "Here", [
    ["accounts", String(counts.accounts)],
    ["projects", String(counts.projects)],
    ["credentials", String(counts.credentials)],
  ]);
  printPart(session, "The last seven days", [
    ["tokens", String(tokens)],
    ["refusals", String(refusals)],
  ]);
  printPart(session, "Why refused", listRefusals(overview));
  printPart(session, "What ends soon", listEnds(session, overview));
  printPart(session, "The last changes", listChanges(overview));
}

function printPart({ terminal }: AdminSession, title: string, rows: readonly (readonly string[])[]): void {
  terminal.print(terminal.style.bold(title));
  if (rows.length === 0) terminal.print(terminal.style.dim("  nothing"));
  for (const line of formatColumns(rows.map((row) => row.map(escapeControls)))) terminal.print(`  ${line}`);
}

function listRefusals({ refusals }: Overview): readonly (readonly string[])[] {
  return refusals.map(({ count, reason, explanation }) => [String(count), reason, explanation]);
}

function listEnds(session: AdminSession, { expiring }: Overview): readonly (readonly string[])[] {
  return expiring.map(({ what, credentialName, clientId, expiresAt, isInUse }) => [
    `${what} of ${credentialName}`,
    clientId,
    tellInstant(session, expiresAt, "-"),
    isInUse ? "in use" : "not in use",
  ]);
}

function listChanges({ changes }: Overview): readonly (readonly string[])[] {
  return changes.map(({ at, action, subject, actor, actorName }) => [at, action, subject, actorName ?? actor]);
}

async function search(context: CommandContext, text: string, command: Command): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  const { items } = await management.call("GET /api/search", { query: { q: text } });
  checkItems(items);
  printList(terminal, items, {
    headers: ["kind", "id", "name", "account"],
    row: ({ kind, id, name, accountId, accountName }) => [kind, id, name, `${accountId} ${accountName}`],
    empty: "Nothing is called so.",
  });
}
