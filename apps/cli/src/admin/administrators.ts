import type { Administrator, Invited } from "@biped/management-client";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { createUsageError } from "../command-error.ts";
import { parseId, parseOneOf } from "../exports/export-arguments.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { type AdminSession, openSession } from "./admin-session.ts";
import { type ConfirmOptions, confirm, confirmOption } from "./confirm.ts";
import { formatDay, formatExamples, printChanged, printList, printRows } from "./print-answer.ts";
import { addStateCommands, type states } from "./state-commands.ts";
import { takePages } from "./take-pages.ts";

type ListOptions = { readonly search?: string; readonly account?: number; readonly limit?: number };

/** `biped admin administrators …` */
export function addAdministratorsCommands(admin: Command, context: CommandContext): void {
  const administrators = admin
    .command("administrators")
    .description("people who administer, and the platform owners among them")
    .addHelpText("after", formatExamples("admin administrators list", "admin administrators invite ann@example.com"));
  administrators
    .command("list")
    .description("list the administrators of the accounts that you may see")
    .option("--search <text>", "those with this part of a name or address")
    .option("--account <id>", "the members of this account", parseId)
    .option("--limit <n>", "show at most so many; all of them without it", parseId)
    .addHelpText("after", formatExamples("admin administrators list", "admin administrators list --account 7"))
    .action((options: ListOptions, command: Command) => list(context, options, command));
  addInvitationCommands(administrators, context);
  addChangeCommands(administrators, context);
}

function addInvitationCommands(administrators: Command, context: CommandContext): void {
  administrators
    .command("invite")
    .description("invite a platform owner; the link is shown this once, and works once")
    .argument("<email>", "the person's address")
    .addOption(new Option("--name <name>", "what people read"))
    .addHelpText(
      "after",
      `\nMembers of one account are added with \`biped admin members add\`.\n${formatExamples(
        "admin administrators invite ann@example.com",
      )}`,
    )
    .action((email: string, options: { readonly name?: string }, command: Command) =>
      invite(context, { email, ...options }, command),
    );
  administrators
    .command("reinvite")
    .description("make a new invitation; password and second factors are set anew with it")
    .argument("<who>", "id or e-mail address")
    .option(...confirmOption)
    .addHelpText("after", formatExamples("admin administrators reinvite ann@example.com"))
    .action((who: string, options: ConfirmOptions, command: Command) => reinvite(context, { who, options }, command));
}

function addChangeCommands(administrators: Command, context: CommandContext): void {
  addStateCommands(administrators, {
    noun: "an administrator",
    effect: "sessions and access tokens end",
    argument: ["<who>", "id or e-mail address", String],
    example: "ann@example.com",
    setState: ({ id: who, state, options }, command) =>
      change(context, { who, body: { state }, question: "Disable", options }, command),
  });
  administrators
    .command("set-platform-role")
    .description("make an administrator a platform owner, or take that away with none")
    .argument("<who>", "id or e-mail address")
    .argument("<role>", "owner or none", parseOneOf(["owner", "none"]))
    .option(...confirmOption)
    .addHelpText("after", formatExamples("admin administrators set-platform-role ann@example.com none"))
    .action((who: string, role: "owner" | "none", options: ConfirmOptions, command: Command) => {
      const platformRole = role === "owner" ? role : null;
      const question = role === "owner" ? "Open every account to" : "Take the platform role from";
      return change(context, { who, body: { platformRole }, question, options }, command);
    });
}

async function list(context: CommandContext, options: ListOptions, command: Command): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  const { limit, account, search } = options;
  const query = { ...(search !== undefined && { search }), ...(account !== undefined && { accountId: account }) };
  const read = (page: object) => management.call("GET /api/administrators", { query: { ...query, ...page } });
  printList(terminal, await takePages(read, limit), {
    headers: ["id", "e-mail", "name", "roles", "state", "second factor", "last sign-in"],
    row: (administrator) => [
      String(administrator.id),
      String(administrator.email),
      String(administrator.name),
      describeRoles(administrator),
      String(administrator.state),
      administrator.hasSecondFactor ? "yes" : "no",
      formatDay(terminal, administrator.lastSignedInAt),
    ],
    empty: "There is no such administrator.",
  });
}

function describeRoles({ platformRole, memberships }: Administrator): string {
  const roles = memberships.map(({ role, accountId }) => `${role} of ${accountId}`);
  return [...(platformRole === null ? [] : [`platform ${platformRole}`]), ...roles].join(", ") || "none";
}

/** @throws {CommandError} there is none, among those that the caller may see. */
export async function findAdministrator({ management }: AdminSession, who: string): Promise<Administrator> {
  const everybody = await takePages((query) => management.call("GET /api/administrators", { query }));
  const sought = who.toLowerCase();
  const found = everybody.find(({ id, email }) => id === sought || email.toLowerCase() === sought);
  if (found !== undefined) return found;
  throw createUsageError("There is no such administrator", "They are listed by: biped admin administrators list");
}

type Invitation = { readonly email: string; readonly name?: string };

async function invite(context: CommandContext, body: Invitation, command: Command): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  printInvited(terminal, await management.call("POST /api/administrators", { body }));
}

type Reinvitation = { readonly who: string; readonly options: ConfirmOptions };

async function reinvite(context: CommandContext, { who, options }: Reinvitation, command: Command): Promise<void> {
  const session = await openSession(context, command);
  const { id, email } = await findAdministrator(session, who);
  await confirm(session.terminal, `End password, second factors and sessions of ${email}, and invite anew?`, options);
  const invited = await session.management.call("POST /api/administrators/:administratorId/invitation", {
    params: { administratorId: id },
    body: {},
  });
  printInvited(session.terminal, invited);
}

/** The link opens the console to whoever has it, so that it goes to stdout and nowhere else. */
export function printInvited(terminal: Terminal, invited: Invited): void {
  const { administrator, invitationUrl } = invited;
  if (terminal.isJson) terminal.printJson(invited);
  else {
    printRows(terminal, [
      ["Administrator", administrator.id],
      ["E-mail", administrator.email],
      ["Invitation", invitationUrl ?? "none: there is nothing to accept, or it was shown before"],
    ]);
  }
  if (invitationUrl === null) return;
  terminal.note("The link is shown this once, and works once within seven days. Hand it to this person alone.");
}

type Change = {
  readonly who: string;
  readonly body: { readonly state?: (typeof states)[number]; readonly platformRole?: "owner" | null };
  /** Begins the question; the address ends it. */
  readonly question: string;
  readonly options: ConfirmOptions;
};

async function change(
  context: CommandContext,
  { who, body, question, options }: Change,
  command: Command,
): Promise<void> {
  const session = await openSession(context, command);
  const { id, email, version } = await findAdministrator(session, who);
  await confirm(session.terminal, `${question} ${email}?`, options);
  const administrator = await session.management.call(
    "PATCH /api/administrators/:administratorId",
    { params: { administratorId: id }, body },
    { ifVersion: version },
  );
  const facts = `${administrator.state}, ${describeRoles(administrator)}`;
  printChanged(session.terminal, administrator, `Changed ${administrator.email}: ${facts}.`);
}
