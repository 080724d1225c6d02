import type { Input } from "@biped/management-client";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { createUsageError } from "../command-error.ts";
import { readGlobalOptions } from "../global-options.ts";
import { type Expiry, formatExpiry, parseExpiry, parseRanges, parseUuid } from "./admin-arguments.ts";
import { openSession } from "./admin-session.ts";
import { type ConfirmOptions, confirm, confirmOption } from "./confirm.ts";
import { formatExamples, printChanged } from "./print-answer.ts";
import { nameCredential, readCredential } from "./read-credentials.ts";

type EditOptions = {
  readonly name?: string;
  readonly expires?: Expiry;
  readonly allowedRanges?: readonly string[];
};
type Body = Input<"PATCH /api/credentials/:clientId">["body"];

const client = "7ce9f436-f2d1-48c4-aac9-a837564ae7ea";

/** `edit`, `disable`, `enable` and `delete`. */
export function addChangeCommands(credentials: Command, context: CommandContext): void {
  credentials
    .command("edit")
    .description("change a credential; --scope sets the scopes that it owns from then on")
    .argument("<client-id>", "the credential", parseUuid)
    .option("--name <name>", "what people read")
    .option("--expires <when>", "its end: 365d, a date, or never", parseExpiry)
    .option("--allowed-ranges <ranges>", "CIDR ranges parted by commas, or anywhere", parseRanges)
    .addHelpText(
      "after",
      formatExamples(
        `admin credentials edit ${client} --scope "data-export metrics"`,
        `admin credentials edit ${client} --expires never`,
        `admin credentials edit ${client} --allowed-ranges anywhere`,
      ),
    )
    .action((clientId: string, options: EditOptions, command: Command) =>
      edit(context, { clientId, options }, command),
    );
  addStateCommands(credentials, context);
}

function addStateCommands(credentials: Command, context: CommandContext): void {
  credentials
    .command("disable")
    .description("disable a credential: it gets no tokens until it is enabled")
    .argument("<client-id>", "the credential", parseUuid)
    .option(...confirmOption)
    .addHelpText("after", formatExamples(`admin credentials disable ${client}`))
    .action((clientId: string, options: ConfirmOptions, command: Command) =>
      change(context, { clientId, body: { state: "disabled" }, options }, command),
    );
  credentials
    .command("enable")
    .description("enable a credential")
    .argument("<client-id>", "the credential", parseUuid)
    .addHelpText("after", formatExamples(`admin credentials enable ${client}`))
    .action((clientId: string, _: unknown, command: Command) =>
      change(context, { clientId, body: { state: "enabled" } }, command),
    );
  credentials
    .command("delete")
    .description("delete a credential for ever")
    .argument("<client-id>", "the credential", parseUuid)
    .option(...confirmOption)
    .addHelpText("after", formatExamples(`admin credentials delete ${client}`))
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
