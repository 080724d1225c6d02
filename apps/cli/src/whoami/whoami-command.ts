import type { SecretInformation } from "@biped/client";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { type Credential, findCredential } from "../credential.ts";
import { type GlobalOptions, readGlobalOptions } from "../global-options.ts";
import { createClientFor } from "../open-client.ts";
import { escapeControls } from "../terminal/escape-controls.ts";
import { formatRelative } from "../terminal/format-time.ts";
import { formatColumns } from "../terminal/table.ts";
import { type CredentialFacts, readCredentialFacts } from "./credential-facts.ts";

const examples = `
With --json, the service's own answer.

Examples:
  $ biped whoami
  $ biped whoami --json | jq -r '.permissions.projects[].id'`;

export function addWhoamiCommand(program: Command, context: CommandContext): void {
  program
    .command("whoami")
    .description("show the credential: level, scopes, projects with their clouds, secrets")
    .addHelpText("after", examples)
    .action((_: unknown, command: Command) => whoami(context, readGlobalOptions(command)));
}

async function whoami(context: CommandContext, options: GlobalOptions): Promise<void> {
  const { terminal, environment, signal } = context;
  const credential = await findCredential(environment, options);
  const information = await createClientFor(context, credential).information({ signal });
  if (terminal.isJson) return terminal.printJson(information);
  const facts = readCredentialFacts(information);
  printCredential(context, credential, facts);
  printProjects(context, facts);
  printSecrets(context, facts);
}

function printCredential(
  { terminal }: CommandContext,
  credential: Credential,
  { name, level, scopes }: CredentialFacts,
): void {
  const { source, authUrl, clientId } = credential;
  const heading = escapeControls(name ?? clientId);
  terminal.print(`${terminal.style.bold(heading)}${level === undefined ? "" : ` (${level} level)`}`);
  const lines = formatColumns([
    ["  Client id", escapeControls(clientId)],
    ["  Service", escapeControls(authUrl)],
    ["  Read from", source.kind === "profile" ? `profile ${source.name}` : "the environment"],
    ["  Scopes", escapeControls(scopes) || "none"],
  ]);
  for (const line of lines) terminal.print(line);
}

function printProjects({ terminal }: CommandContext, { projects }: CredentialFacts): void {
  const { bold, dim } = terminal.style;
  terminal.print(`\n${bold("Projects")}`);
  if (projects.length === 0) terminal.print(dim("  none"));
  const rows = projects.map(({ id, name, endpoint }) => [`  ${id}`, escapeControls(name), escapeControls(endpoint)]);
  for (const line of formatColumns(rows)) terminal.print(line);
}

/** A service that says nothing about secrets has no such part. */
function printSecrets({ terminal, nowMilliseconds }: CommandContext, { secrets }: CredentialFacts): void {
  if (secrets.length === 0) return;
  terminal.print(`\n${terminal.style.bold("Secrets")}`);
  for (const secret of secrets) terminal.print(`  ${describeSecret(secret, nowMilliseconds())}`);
}

/** "created 12 days ago, expires in 3 days, used 5 minutes ago, this one". */
export function describeSecret(secret: SecretInformation, nowMilliseconds: number): string {
  const tell = (date: string): string => formatRelative(Date.parse(date), nowMilliseconds);
  const { created_at, expires_at, last_used_at, current } = secret;
  const isOver = expires_at !== null && Date.parse(expires_at) <= nowMilliseconds;
  return [
    `created ${tell(created_at)}`,
    expires_at === null ? "never expires" : `${isOver ? "expired" : "expires"} ${tell(expires_at)}`,
    last_used_at === null ? "never used" : `last used ${tell(last_used_at)}`,
    ...(current ? ["this one"] : []),
  ].join(", ");
}
