import type { Credential, Secret } from "@biped/management-client";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { parseId } from "../exports/export-arguments.ts";
import { formatDuration } from "../terminal/format-time.ts";
import { addListOptions, type ListOptions } from "./accounts.ts";
import { clientIdArgument, sampleId } from "./admin-arguments.ts";
import { type AdminSession, openSession } from "./admin-session.ts";
import { formatDay, formatExamples, printList, printObject, tellInstant } from "./print-answer.ts";
import { checkItems, takePages } from "./take-pages.ts";

type CredentialListOptions = ListOptions & {
  readonly account?: number;
  readonly level?: "account" | "project";
  readonly sort?: "name" | "-name" | "createdAt" | "-createdAt";
};

/** `list`, `show` and `scopes`. */
export function addReadingCommands(credentials: Command, context: CommandContext): void {
  addListOptions(credentials.command("list"))
    .description("list the credentials that you may see; --project takes those of one project")
    .option("--account <id>", "those of this account", parseId)
    .addOption(new Option("--level <level>", "account or project").choices(["account", "project"]))
    .addOption(new Option("--sort <by>", "in this order").choices(["name", "-name", "createdAt", "-createdAt"]))
    .addHelpText(
      "after",
      formatExamples("admin credentials list --project 42", "admin credentials list --account 7 --state disabled"),
    )
    .action((options: CredentialListOptions, command: Command) => list(context, options, command));
  credentials
    .command("show")
    .description("show a credential with the ages of its secrets")
    .argument(...clientIdArgument)
    .addHelpText("after", formatExamples(`admin credentials show ${sampleId}`))
    .action((clientId: string, _: unknown, command: Command) => show(context, clientId, command));
  credentials
    .command("scopes")
    .description("list the scopes that a credential can own, and what each opens")
    .addHelpText("after", formatExamples("admin credentials scopes"))
    .action((_: unknown, command: Command) => listScopes(context, command));
}

async function list(context: CommandContext, options: CredentialListOptions, command: Command): Promise<void> {
  const { terminal, management, global } = await openSession(context, command);
  const { limit, account, ...filter } = options;
  const query = {
    ...filter,
    ...(account !== undefined && { accountId: account }),
    ...(global.project !== undefined && { projectId: global.project }),
  };
  const read = (page: object) => management.call("GET /api/credentials", { query: { ...query, ...page } });
  printList(terminal, await takePages(read, limit), {
    headers: ["client id", "name", "account", "project", "scopes", "state", "last used"],
    row: (credential) => [
      String(credential.clientId),
      String(credential.name),
      `${credential.accountId} ${credential.accountName}`,
      describeProject(credential),
      credential.scopes.join(" "),
      String(credential.effectiveState),
      formatDay(terminal, credential.lastUsedAt),
    ],
    empty: "There is no such credential. Create one; this shows how: biped admin credentials create --help",
  });
}

function describeProject({ projectId, projectName }: Credential): string {
  return projectId === null ? "-" : `${projectId} ${projectName}`;
}

export function readCredential({ management }: AdminSession, clientId: string): Promise<Credential> {
  return management.call("GET /api/credentials/:clientId", { params: { clientId } });
}

/** "Nightly (7ce9f436-…)" */
export function nameCredential({ name, clientId }: Credential): string {
  return `${name} (${clientId})`;
}

async function show(context: CommandContext, clientId: string, command: Command): Promise<void> {
  const session = await openSession(context, command);
  const credential = await readCredential(session, clientId);
  const { allowedRanges, expiresAt, lastUsedAt, secrets } = credential;
  printObject(session.terminal, credential, [
    ["Client id", credential.clientId],
    ["Name", credential.name],
    ["Account", `${credential.accountId} ${credential.accountName}`],
    ["Project", credential.projectId === null ? "all of the account" : describeProject(credential)],
    ["Scopes", credential.scopes.join(" ")],
    ["From", allowedRanges.length === 0 ? "anywhere" : allowedRanges.join(" ")],
    ["Ends", tellInstant(session, expiresAt, "never")],
    ["State", String(credential.effectiveState)],
    ["Created", tellInstant(session, credential.createdAt, "-")],
    ["Last used", tellInstant(session, lastUsedAt, "never")],
    ...secrets.map((secret) => [`Secret ${secret.id}`, describeSecret(session, secret)] as const),
  ]);
}

/** "former, created …, ends …, last used … from 192.0.2.7, silent for 3 days" */
export function describeSecret(session: AdminSession, secret: Secret): string {
  const { state, createdAt, expiresAt, lastUsedAt, lastUsedSource, silentSeconds } = secret;
  const from = lastUsedSource === null ? "" : ` from ${lastUsedSource}`;
  return [
    state,
    `created ${tellInstant(session, createdAt, "-")}`,
    expiresAt === null ? "never ends" : `ends ${tellInstant(session, expiresAt, "")}`,
    lastUsedAt === null ? "never used" : `last used ${tellInstant(session, lastUsedAt, "")}${from}`,
    ...(silentSeconds === null ? [] : [`silent for ${formatDuration(silentSeconds)}`]),
  ].join("; ");
}

async function listScopes(context: CommandContext, command: Command): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  const { items } = await management.call("GET /api/scopes");
  checkItems(items);
  printList(terminal, items, {
    headers: ["scope", "title", "opens", "combines"],
    row: ({ name, title, opens, isExclusive }) => [name, title, opens, isExclusive ? "with no other" : "with others"],
    empty: "The service has no scopes. They are configuration of the authorization server.",
  });
}
