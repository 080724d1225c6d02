import type { Account } from "@biped/management-client";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { createUsageError } from "../command-error.ts";
import { parseId, parseOneOf } from "../exports/export-arguments.ts";
import { parseLifetimeLimit } from "./admin-arguments.ts";
import { type AdminSession, openSession } from "./admin-session.ts";
import { confirm } from "./confirm.ts";
import { formatDay, formatExamples, printChanged, printCreated, printList, printObject } from "./print-answer.ts";
import { addStateCommands, type StateChange, states } from "./state-commands.ts";
import { takePages } from "./take-pages.ts";

export type ListOptions = {
  readonly search?: string;
  readonly state?: "enabled" | "disabled";
  readonly limit?: number;
};
type AccountListOptions = ListOptions & { readonly sort?: "id" | "-id" | "name" | "-name" };
type CreateOptions = { readonly lifetimeLimit?: number | null };

/** `biped admin accounts …` */
export function addAccountsCommands(admin: Command, context: CommandContext): void {
  const accounts = admin
    .command("accounts")
    .description("customers, to which projects and credentials belong")
    .addHelpText("after", formatExamples("admin accounts list", "admin accounts create Acme"));
  addReadingCommands(accounts, context);
  addChangeCommands(accounts, context);
  addStateCommands(accounts, {
    noun: "an account",
    effect: "none of its credentials gets a token until it is enabled",
    argument: ["<account>", "its id", parseId],
    example: "7",
    setState: (wanted, command) => setState(context, wanted, command),
  });
}

function addChangeCommands(accounts: Command, context: CommandContext): void {
  accounts
    .command("create")
    .description("create an account; through a pipe its id is printed, and nothing else")
    .argument("<name>", "what people read")
    .option("--lifetime-limit <days>", "the longest life of its credentials, or none", parseLifetimeLimit)
    .addHelpText(
      "after",
      formatExamples("admin accounts create Acme", "admin accounts create Acme --lifetime-limit 365"),
    )
    .action((name: string, options: CreateOptions, command: Command) => create(context, { name, options }, command));
  accounts
    .command("rename")
    .description("give an account another name")
    .argument("<account>", "its id", parseId)
    .argument("<name>", "the new name")
    .addHelpText("after", formatExamples('admin accounts rename 7 "Acme Ltd"'))
    .action((id: number, name: string, _: unknown, command: Command) =>
      change(context, { id, body: { name } }, command),
    );
  accounts
    .command("set-lifetime-limit")
    .description("set how long a credential of the account may live at most")
    .argument("<account>", "its id", parseId)
    .argument("<days>", "1 to 3650, or none", parseLifetimeLimit)
    .addHelpText(
      "after",
      `\nNew and changed credentials must keep it; those that there are live on.\n${formatExamples(
        "admin accounts set-lifetime-limit 7 365",
        "admin accounts set-lifetime-limit 7 none",
      )}`,
    )
    .action((id: number, days: number | null, _: unknown, command: Command) =>
      change(context, { id, body: { credentialLifetimeLimitDays: days } }, command),
    );
}

function addReadingCommands(accounts: Command, context: CommandContext): void {
  addListOptions(accounts.command("list"))
    .description("list the accounts that you may see")
    .addOption(new Option("--sort <by>", "in this order").choices(["id", "-id", "name", "-name"]))
    .addHelpText(
      "after",
      formatExamples("admin accounts list --search acme", "admin accounts list --json | jq '.[].id'"),
    )
    .action((options: AccountListOptions, command: Command) => list(context, options, command));
  accounts
    .command("show")
    .description("show an account")
    .argument("<account>", "its id", parseId)
    .addHelpText("after", formatExamples("admin accounts show 7"))
    .action((id: number, _: unknown, command: Command) => show(context, id, command));
}

/** Of every list of what has a name and a state. */
export function addListOptions(command: Command): Command {
  return command
    .option("--search <text>", "those with this part of a name, or with this id")
    .addOption(new Option("--state <state>", "enabled or disabled").argParser(parseOneOf(states)))
    .option("--limit <n>", "show at most so many; all of them without it", parseId);
}

async function list(context: CommandContext, { limit, ...filter }: AccountListOptions, command: Command) {
  const { terminal, management } = await openSession(context, command);
  const read = (page: object) => management.call("GET /api/accounts", { query: { ...filter, ...page } });
  printList(terminal, await takePages(read, limit), {
    headers: ["id", "name", "state", "projects", "credentials", "role", "created"],
    row: (account) => [
      String(account.id),
      String(account.name),
      String(account.state),
      String(account.projectCount),
      String(account.credentialCount),
      String(account.role),
      formatDay(terminal, account.createdAt),
    ],
    empty: "There is no such account. Create one: biped admin accounts create NAME",
  });
}

async function show(context: CommandContext, id: number, command: Command): Promise<void> {
  const session = await openSession(context, command);
  const account = await readAccount(session, id);
  printObject(session.terminal, account, [
    ["Account", String(account.id)],
    ["Name", String(account.name)],
    ["State", String(account.state)],
    ["Projects", String(account.projectCount)],
    ["Credentials", String(account.credentialCount)],
    ["Credentials live", formatLimit(account.credentialLifetimeLimitDays)],
    ["Your role", String(account.role)],
    ["Created", String(account.createdAt)],
  ]);
}

export function readAccount({ management }: AdminSession, accountId: number): Promise<Account> {
  return management.call("GET /api/accounts/:accountId", { params: { accountId } });
}

function formatLimit(days: number | null): string {
  return days === null ? "for ever, if they are not given an end" : `${days} days at most`;
}

type Creation = { readonly name: string; readonly options: CreateOptions };

async function create(context: CommandContext, { name, options }: Creation, command: Command): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  const { lifetimeLimit } = options;
  const account = await management.call("POST /api/accounts", {
    body: { name, ...(lifetimeLimit !== undefined && { credentialLifetimeLimitDays: lifetimeLimit }) },
  });
  printCreated(terminal, account, {
    sentence: `Created account ${account.id} ${account.name}.`,
    id: String(account.id),
  });
}

type Change = {
  readonly id: number;
  readonly body: { readonly name?: string; readonly credentialLifetimeLimitDays?: number | null };
};

async function change(context: CommandContext, { id, body }: Change, command: Command): Promise<void> {
  if (body.name?.trim() === "") throw createUsageError("The name must not be empty");
  const session = await openSession(context, command);
  const { version } = await readAccount(session, id);
  const account = await session.management.call(
    "PATCH /api/accounts/:accountId",
    { params: { accountId: id }, body },
    { ifVersion: version },
  );
  const told =
    body.name === undefined
      ? `lets credentials live ${formatLimit(account.credentialLifetimeLimitDays)}`
      : "has its new name";
  printChanged(session.terminal, account, `Account ${account.id} ${account.name} ${told}.`);
}

async function setState(
  context: CommandContext,
  { id, state, options }: StateChange<number>,
  command: Command,
): Promise<void> {
  const session = await openSession(context, command);
  const { name, credentialCount, version } = await readAccount(session, id);
  const question = `Disable account ${id} ${name}? Its ${credentialCount} credentials get no tokens then.`;
  await confirm(session.terminal, question, options);
  const account = await session.management.call(
    "PUT /api/accounts/:accountId/state",
    { params: { accountId: id }, body: { state } },
    { ifVersion: version },
  );
  printChanged(session.terminal, account, `Account ${account.id} ${account.name} is ${account.state}.`);
}
