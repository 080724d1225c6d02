import type { Session } from "@biped/management-client";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { isJsonObject } from "../json.ts";
import { escapeControls } from "../terminal/escape-controls.ts";
import { formatRelative } from "../terminal/format-time.ts";
import { formatColumns } from "../terminal/table.ts";
import { findAdminAccess } from "./admin-access.ts";
import { openSession } from "./admin-session.ts";
import { createUnexpectedAnswer } from "./open-management.ts";

const examples = `
Examples:
  $ biped admin whoami
  $ biped admin whoami --json | jq .administrator.memberships`;

export function addAdminWhoamiCommand(admin: Command, context: CommandContext): void {
  admin
    .command("whoami")
    .description("show whose access token is used, where, and with which roles")
    .addHelpText("after", examples)
    .action((_: unknown, command: Command) => whoami(context, command));
}

async function whoami(context: CommandContext, command: Command): Promise<void> {
  const { terminal, management, global } = await openSession(context, command);
  const { adminUrl, profile } = await findAdminAccess(context.environment, global);
  const session = readSession(await management.call("GET /api/session"));
  if (terminal.isJson) return terminal.printJson(session);
  const { administrator, expiresAt } = session;
  terminal.print(terminal.style.bold(escapeControls(administrator.email)));
  const ends = formatRelative(Date.parse(expiresAt), context.nowMilliseconds());
  const lines = formatColumns([
    ["  Name", escapeControls(administrator.name)],
    ["  Service", escapeControls(adminUrl)],
    ["  Read from", profile === undefined ? "the environment" : `profile ${profile}`],
    ["  Roles", describeRoles(session)],
    ["  Token ends", `${escapeControls(expiresAt)}, ${ends}`],
    ...(session.mustEnrolSecondFactor
      ? [["  Note", "nothing but reading is open until a second factor is set up"]]
      : []),
  ]);
  for (const line of lines) terminal.print(line);
}

/** "platform owner", "owner of 1 Acme, viewer of 2 Other". */
export function describeRoles({ administrator }: Session): string {
  if (administrator.platformRole === "owner") return "platform owner";
  const roles = administrator.memberships.map(({ role, accountId, accountName }) =>
    escapeControls(`${role} of ${accountId} ${accountName}`),
  );
  return roles.join(", ") || "none";
}

/** @throws {CommandError} whoever answered 200 was no management API. */
export function readSession(session: Session): Session {
  const { administrator, expiresAt }: { administrator?: unknown; expiresAt?: unknown } = session;
  if (isJsonObject(administrator) && typeof administrator.email === "string" && typeof expiresAt === "string") {
    return session;
  }
  throw createUnexpectedAnswer("it does not tell who is signed in");
}
