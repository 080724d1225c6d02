import type { Input } from "@biped/management-client";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { createUsageError } from "../command-error.ts";
import { readGlobalOptions } from "../global-options.ts";
import { clientIdArgument, type Expiry, formatExpiry, parseExpiry, parseRanges, sampleId } from "./admin-arguments.ts";
import { openSession } from "./admin-session.ts";
import { type ConfirmOptions, confirm, confirmOption } from "./confirm.ts";
import { formatExamples, printChanged } from "./print-answer.ts";
import { nameCredential, readCredential } from "./read-credentials.ts";
import { addStateCommands } from "./state-commands.ts";

type EditOptions = {
  readonly name?: string;
  readonly expires?: Expiry;
  readonly allowedRanges?: readonly string[];
};
type Body = Input<"PATCH /api/credentials/:clientId">["body"];

/** `edit`, `disable`, `enable` and `delete`. */
export function addChangeCommands(credentials: Command, context: CommandContext): void {
  credentials
    .command("edit")
    .description("change a credential; --scope sets the scopes that it owns from then on")
    .argument(...clientIdArgument)
    .option("--name <name>", "what people read")
    .option("--expires <when>", "its end: 365d, a date, or never", parseExpiry)
    .option("--allowed-ranges <ranges>", "CIDR ranges parted by commas, or anywhere", parseRanges)
    .addHelpText(
      "after",
      formatExamples(
        `admin credentials edit ${sampleId} --scope "data-export metrics"`,
        `admin credentials edit ${sampleId} --expires never`,
        `admin credentials edit ${sampleId} --allowed-ranges anywhere`,
      ),
    )
    .action((clientId: string, options: EditOptions, command: Command) =>
      edit(context, { clientId, options }, command),
    );
  addStateCommands(credentials, {
    noun: "a credential",
    effect: "it gets no tokens until it is enabled",
    argument: clientIdArgument,
    example: sampleId,
    setState: ({ id: clientId, state, options }, command) =>
      change(context, { clientId, body: { state }, options }, command),
  });
  credentials
    .command("delete")
    .description("delete a credential for ever")
    .argument(...clientIdArgument)
    .option(...confirmOption)
    .addHelpText("after", formatExamples(`admin credentials delete ${sampleId}`))
    .action((clientId: string, options: ConfirmOptions, command: Command) =>
      remove(context, { clientId, options }, command),
    );
}

type Edit = { readonly clientId: string; readonly options: EditOptions };

async function edit(context: CommandContext, { clientId, options }: Edit, command: Command): Promise<void> {
  const { scope } = readGlobalOptions(command);
  const { name, expires, allowedRanges } = options;
  const body: Body = {
    ...(name !== undefined && { name }),
    ...(scope !== undefined && { scopes: scope.split(" ") }),
    ...(expires !== undefined && { expiresAt: formatExpiry(expires, context.nowMilliseconds()) }),
    ...(allowedRanges !== undefined && { allowedRanges: [...allowedRanges] }),
  };
  if (Object.keys(body).length === 0) {
    throw createUsageError("There is nothing to change", "Name it: --name, --scope, --expires or --allowed-ranges.");
  }
  await change(context, { clientId, body }, command);
}

type Change = {
  readonly clientId: string;
  readonly body: Body;
  /** Of what asks first. */
  readonly options?: ConfirmOptions;
};

async function change(context: CommandContext, { clientId, body, options }: Change, command: Command): Promise<void> {
  const session = await openSession(context, command);
  const before = await readCredential(session, clientId);
  const question = `Disable ${nameCredential(before)}? It gets no tokens then.`;
  if (options !== undefined) await confirm(session.terminal, question, options);
  const credential = await session.management.call(
    "PATCH /api/credentials/:clientId",
    { params: { clientId }, body },
    { ifVersion: before.version },
  );
  printChanged(
    session.terminal,
    credential,
    `Changed ${nameCredential(credential)}; it is ${credential.effectiveState}.`,
  );
}

type Removal = { readonly clientId: string; readonly options: ConfirmOptions };

async function remove(context: CommandContext, { clientId, options }: Removal, command: Command): Promise<void> {
  const session = await openSession(context, command);
  const before = await readCredential(session, clientId);
  await confirm(session.terminal, `Delete ${nameCredential(before)} for ever?`, options);
  await session.management.call(
    "DELETE /api/credentials/:clientId",
    { params: { clientId } },
    { ifVersion: before.version },
  );
  printChanged(session.terminal, { deleted: clientId }, `Deleted ${nameCredential(before)}.`);
}
