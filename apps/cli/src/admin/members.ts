import type { Administrator, Role } from "@biped/management-client";
import { Argument, type Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { parseId } from "../exports/export-arguments.ts";
import { openSession } from "./admin-session.ts";
import { findAdministrator, printInvited } from "./administrators.ts";
import { type ConfirmOptions, confirm, confirmOption } from "./confirm.ts";
import { formatExamples, printChanged, printList } from "./print-answer.ts";
import { takePages } from "./take-pages.ts";

/** In the order of what they may. The names of the API, which is not loaded for them. */
const roles = ["viewer", "administrator", "owner"] as const satisfies readonly Role[];

type AddOptions = { readonly role: Role; readonly name?: string };

/** `biped admin members …` */
export function addMembersCommands(admin: Command, context: CommandContext): void {
  const members = admin
    .command("members")
    .description("who may what in one account")
    .addHelpText("after", formatExamples("admin members list 7", "admin members add 7 ann@example.com --role viewer"));
  members
    .command("list")
    .description("list the members of an account")
    .argument("<account>", "its id", parseId)
    .addHelpText("after", formatExamples("admin members list 7"))
    .action((accountId: number, _: unknown, command: Command) => list(context, accountId, command));
  members
    .command("add")
    .description("make somebody a member; who is not known yet is invited, and the link is shown this once")
    .argument("<account>", "its id", parseId)
    .argument("<email>", "the person's address")
    .addOption(new Option("--role <role>", "what they may").choices(roles).makeOptionMandatory())
    .option("--name <name>", "what people read, of one who is new")
    .addHelpText("after", formatExamples("admin members add 7 ann@example.com --role administrator"))
    .action((accountId: number, email: string, options: AddOptions, command: Command) =>
      add(context, { accountId, body: { email, ...options } }, command),
    );
  addChangeCommands(members, context);
}

function addChangeCommands(members: Command, context: CommandContext): void {
  members
    .command("set-role")
    .description("change a member's role; their sessions and access tokens end")
    .argument("<account>", "its id", parseId)
    .argument("<who>", "id or e-mail address")
    .addArgument(new Argument("<role>", "what they may").choices(roles))
    .option(...confirmOption)
    .addHelpText("after", formatExamples("admin members set-role 7 ann@example.com viewer"))
    .action((accountId: number, who: string, role: Role, options: ConfirmOptions, command: Command) =>
      setRole(context, { accountId, who, role, options }, command),
    );
  members
    .command("remove")
    .description("end a membership")
    .argument("<account>", "its id", parseId)
    .argument("<who>", "id or e-mail address")
    .option(...confirmOption)
    .addHelpText("after", formatExamples("admin members remove 7 ann@example.com"))
    .action((accountId: number, who: string, options: ConfirmOptions, command: Command) =>
      remove(context, { accountId, who, options }, command),
    );
}

async function list(context: CommandContext, accountId: number, command: Command): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  const read = (page: object) => management.call("GET /api/administrators", { query: { accountId, ...page } });
  printList(terminal, await takePages(read), {
    headers: ["id", "e-mail", "name", "role", "state"],
    row: (administrator) => [
      String(administrator.id),
      String(administrator.email),
      String(administrator.name),
      findRole(administrator, accountId),
      String(administrator.state),
    ],
    empty: "The account has no members.",
  });
}

function findRole({ memberships, platformRole }: Administrator, accountId: number): string {
  const role = memberships.find((membership) => membership.accountId === accountId)?.role;
  return role ?? (platformRole === null ? "-" : `platform ${platformRole}`);
}

type Addition = { readonly accountId: number; readonly body: { readonly email: string } & AddOptions };

async function add(context: CommandContext, { accountId, body }: Addition, command: Command): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  printInvited(
    terminal,
    await management.call("POST /api/accounts/:accountId/members", { params: { accountId }, body }),
  );
}

type Membership = { readonly accountId: number; readonly who: string; readonly options: ConfirmOptions };

async function setRole(
  context: CommandContext,
  { accountId, who, role, options }: Membership & { readonly role: Role },
  command: Command,
): Promise<void> {
  const session = await openSession(context, command);
  const { id, email, version } = await findAdministrator(session, who);
  await confirm(session.terminal, `Make ${email} ${role} of account ${accountId}?`, options);
  const administrator = await session.management.call(
    "PUT /api/accounts/:accountId/members/:administratorId",
    { params: { accountId, administratorId: id }, body: { role } },
    { ifVersion: version },
  );
  printChanged(session.terminal, administrator, `${administrator.email} is ${role} of account ${accountId}.`);
}

async function remove(
  context: CommandContext,
  { accountId, who, options }: Membership,
  command: Command,
): Promise<void> {
  const session = await openSession(context, command);
  const { id, email, version } = await findAdministrator(session, who);
  await confirm(session.terminal, `End the membership of ${email} in account ${accountId}?`, options);
  await session.management.call(
    "DELETE /api/accounts/:accountId/members/:administratorId",
    { params: { accountId, administratorId: id } },
    { ifVersion: version },
  );
  printChanged(session.terminal, { removed: id, accountId }, `${email} is no member of account ${accountId} any more.`);
}
