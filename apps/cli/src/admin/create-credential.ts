import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { createUsageError } from "../command-error.ts";
import { parseId } from "../exports/export-arguments.ts";
import { type Expiry, formatExpiry, parseExpiry, parseRanges } from "./admin-arguments.ts";
import { openSession } from "./admin-session.ts";
import { addSecretOptions, handOutSecret, type SecretOptions } from "./shown-secret.ts";

type Options = SecretOptions & {
  readonly account: number;
  readonly expires?: Expiry;
  readonly allowedRanges?: readonly string[];
};

const examples = `
--scope names the scopes that it owns, and --project the one project for which it
is; without --project it is at account level. \`biped admin credentials scopes\`
lists the scopes. Without --expires it never ends; a year is a good habit.

Examples:
  $ biped admin credentials create Nightly --account 7 --project 42 \\
      --scope "data-export metrics" --expires 365d
  $ biped admin credentials create Nightly --account 7 --scope metrics --env > .env
  $ biped admin credentials create CI --account 7 --scope metrics --secret-file secret.txt`;

export function addCreateCommand(credentials: Command, context: CommandContext): void {
  const command = credentials
    .command("create")
    .description("create a credential; its secret is shown this once, and kept nowhere")
    .argument("<name>", "what people read")
    .requiredOption("--account <id>", "the account to which it belongs", parseId)
    .option("--expires <when>", "its end: 365d, a date, or never", parseExpiry)
    .option("--allowed-ranges <ranges>", "CIDR ranges from which it may act, parted by commas", parseRanges);
  addSecretOptions(command)
    .addHelpText("after", examples)
    .action((name: string, options: Options, self: Command) => create(context, { name, options }, self));
}

type Creation = { readonly name: string; readonly options: Options };

async function create(context: CommandContext, { name, options }: Creation, command: Command): Promise<void> {
  const session = await openSession(context, command);
  const { scope, project } = session.global;
  if (scope === undefined) {
    throw createUsageError(
      "--scope missing: which scopes it owns",
      "They are listed by: biped admin credentials scopes",
    );
  }
  const { account, expires, allowedRanges } = options;
  const body = {
    name,
    scopes: scope.split(" "),
    ...(project !== undefined && { projectId: project }),
    ...(expires !== undefined && { expiresAt: formatExpiry(expires, context.nowMilliseconds()) }),
    ...(allowedRanges !== undefined && { allowedRanges: [...allowedRanges] }),
  };
  await handOutSecret(session, options, () =>
    session.management.call("POST /api/accounts/:accountId/credentials", { params: { accountId: account }, body }),
  );
}
