import type { SigningKey } from "@biped/management-client";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { openSession } from "./admin-session.ts";
import { type ConfirmOptions, confirm, confirmOption } from "./confirm.ts";
import { addDrillCommand } from "./drill-signing-keys.ts";
import { formatExamples, printList } from "./print-answer.ts";
import { checkItems } from "./take-pages.ts";

/** `biped admin signing-keys …` */
export function addSigningKeysCommands(admin: Command, context: CommandContext): void {
  const keys = admin
    .command("signing-keys")
    .alias("keys")
    .description("keys that sign the tokens")
    .addHelpText("after", formatExamples("admin signing-keys list", "admin signing-keys rotate"));
  keys
    .command("list")
    .description("list the signing keys that are not gone")
    .addHelpText("after", formatExamples("admin signing-keys list"))
    .action((_: unknown, command: Command) => list(context, command));
  keys
    .command("rotate")
    .description("publish the next signing key, which signs in ten minutes")
    .addHelpText("after", formatExamples("admin signing-keys rotate"))
    .action((_: unknown, command: Command) => rotate(context, command));
  keys
    .command("compromise")
    .description("emergency: another key signs at once, and this one is gone")
    .argument("<kid>", "the key whose private half is known to others")
    .option(...confirmOption)
    .addHelpText(
      "after",
      `\nEvery token of the key is refused within seconds by the guards that follow the\nrevocation feed, within five minutes by others. The drill measures it.\n${formatExamples(
        "admin signing-keys compromise HThxctUNoXDF6mxcEv6zDCbpw2z1todS4DDZlmIhaTE",
      )}`,
    )
    .action((kid: string, options: ConfirmOptions, command: Command) =>
      compromiseKey(context, { kid, options }, command),
    );
  addDrillCommand(keys, context);
}

async function list(context: CommandContext, command: Command): Promise<void> {
  const { management } = await openSession(context, command);
  print(context, (await management.call("GET /api/signing-keys")).items);
}

async function rotate(context: CommandContext, command: Command): Promise<void> {
  const { management } = await openSession(context, command);
  print(context, (await management.call("POST /api/signing-keys", { body: {} })).items);
}

type Emergency = { readonly kid: string; readonly options: ConfirmOptions };

/** Also `biped admin revoke key`. */
export async function compromiseKey(
  context: CommandContext,
  { kid, options }: Emergency,
  command: Command,
): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  await confirm(terminal, `Take ${kid} out of use now, and refuse every token that it signed?`, options);
  const { items } = await management.call("POST /api/signing-keys/:kid/compromise", { params: { kid }, body: {} });
  print(context, items);
}

function print({ terminal }: CommandContext, items: readonly SigningKey[]): void {
  checkItems(items);
  printList(terminal, items, {
    headers: ["kid", "algorithm", "state", "since", "next step"],
    row: ({ kid, algorithm, state, stateSince, nextStepAt }) => [kid, algorithm, state, stateSince, nextStepAt ?? "-"],
    empty: "There are no signing keys.",
  });
}
