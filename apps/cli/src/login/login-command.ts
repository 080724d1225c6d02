import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { type GlobalOptions, readGlobalOptions } from "../global-options.ts";
import { chooseScope, createClientFor } from "../open-client.ts";
import { findConfigDirectory } from "../profiles/config-directory.ts";
import type { Profile } from "../profiles/profile.ts";
import { checkProfileName, openProfileStore } from "../profiles/profile-store.ts";
import { saveProfile } from "../profiles/save-profile.ts";
import { escapeControls } from "../terminal/escape-controls.ts";
import { formatColumns } from "../terminal/table.ts";
import { type CredentialFacts, readCredentialFacts } from "../whoami/credential-facts.ts";
import { findLoginSettings, type LoginOptions, type LoginSettings } from "./login-settings.ts";

const examples = `
The secret is typed (it stays hidden), piped in, or read from a file. It is never
an argument: every user of this machine can read those. It is kept in the key
chain of the system, or where there is none in a file of mode 0600. The
credential is checked first: a wrong one stores nothing.

Examples:
  $ biped login                     be asked for everything
  $ biped login --auth-url https://auth.example.com --client-id ID < secret.txt
  $ biped login --sandbox           use the sandbox that runs on this machine`;

export function addLoginCommand(program: Command, context: CommandContext): void {
  program
    .command("login")
    .description("store a credential as a profile, after checking it")
    .option("--client-id <id>", "the credential's client id")
    .option("--secret-file <file>", "read the secret from this file, or from stdin (-)")
    .addOption(new Option("--store <place>", "where the secret is kept").choices(["keychain", "file"]))
    .option("--sandbox [directory]", "take the credential of the sandbox with this data directory (.biped)")
    .option("--name <name>", "name of the profile, as --profile (default)")
    .addHelpText("after", examples)
    .action((options: LoginOptions, command: Command) => login(context, options, readGlobalOptions(command)));
}

async function login(context: CommandContext, options: LoginOptions, global: GlobalOptions): Promise<void> {
  const { terminal, environment, signal } = context;
  const fallback = options.sandbox === undefined ? environment.BIPED_PROFILE || "default" : "sandbox";
  const name = checkProfileName(options.name ?? global.profile ?? fallback);
  const store = openProfileStore(findConfigDirectory(environment));
  const previous = (await store.read()).named.get(name);
  // Read
  const settings = await findLoginSettings(context, { options, global, previous });
  const allowedHosts =
    global.allowedHosts ?? (previous?.authUrl === settings.authUrl ? previous.allowedHosts : undefined);
  // Check
  terminal.showProgress("Checking the credential…");
  const client = createClientFor(context, { ...settings, scope: global.scope, allowedHosts });
  const facts = readCredentialFacts(await client.information({ signal }));
  terminal.showProgress(undefined);
  const chosen = chooseTarget(facts, { settings, scope: global.scope });
  // Store
  const profile = { authUrl: settings.authUrl, clientId: settings.clientId, ...chosen, allowedHosts };
  const preferred = options.store ?? (options.sandbox === undefined ? undefined : "file");
  const saved = await saveProfile(store, {
    name,
    secret: settings.clientSecret,
    preferred,
    createProfile: (secretStore): Profile => ({ ...profile, secretStore }),
  });
  // Answer
  if (terminal.isJson) return terminal.printJson(createAnswer(name, saved, facts));
  print(context, { name, profile: saved, facts });
}

/** @throws {CommandError} a scope or the project is not the credential's. */
function chooseTarget(
  { scopes, projects }: CredentialFacts,
  { settings, scope }: { readonly settings: LoginSettings; readonly scope: string | undefined },
): Pick<Profile, "scope" | "projectId"> {
  const owned = scopes.split(" ");
  const foreign = (scope ?? "").split(" ").filter((each) => each !== "" && !owned.includes(each));
  if (foreign.length > 0) {
    throw new CommandError(`The credential does not own ${foreign.join(" ")}`, {
      exitCode: exitCodes.refused,
      code: "SCOPE_NOT_GRANTED",
      next: `It owns: ${scopes || "nothing"}`,
    });
  }
  const ids = projects.map(({ id }) => id);
  const { projectId } = settings;
  if (projectId !== undefined && !ids.includes(projectId)) {
    throw new CommandError(`Project ${projectId} is not one of this credential's`, {
      exitCode: exitCodes.refused,
      code: "PROJECT_NOT_ALLOWED",
      next: `Its projects: ${ids.slice(0, 20).join(", ") || "none"}${ids.length > 20 ? ", …" : ""}`,
    });
  }
  return { scope: scope ?? chooseScope(scopes), projectId: projectId ?? (ids.length === 1 ? ids[0] : undefined) };
}

function createAnswer(name: string, profile: Profile, facts: CredentialFacts) {
  const { level } = facts;
  const projects = facts.projects.map((project) => ({ id: project.id, name: project.name }));
  return { profile: name, ...profile, projectId: profile.projectId ?? null, level: level ?? null, projects };
}

type Printed = { readonly name: string; readonly profile: Profile; readonly facts: CredentialFacts };

function print({ terminal, environment }: CommandContext, { name, profile, facts }: Printed): void {
  const { green, bold } = terminal.style;
  const { level, projects } = facts;
  const who = facts.name === undefined ? "" : ` as ${bold(escapeControls(facts.name))}`;
  const shown = projects.slice(0, 10).map((project) => `${project.id} ${escapeControls(project.name)}`);
  const more = projects.length > shown.length ? `, and ${projects.length - shown.length} more` : "";
  const place =
    profile.secretStore === "file" ? `a file of mode 0600 in ${findConfigDirectory(environment)}` : "the key chain";
  terminal.print(
    `${green("✓")} Logged in to ${profile.authUrl}${who}${level === undefined ? "" : ` (${level} level)`}.`,
  );
  const lines = formatColumns([
    ["  Profile", `${name}, the current one; its secret is in ${place}`],
    ["  Scopes", escapeControls(profile.scope)],
    ["  Projects", (shown.join(", ") || "none") + more],
    ["  Calls", profile.projectId === undefined ? "name a project with --project ID" : `project ${profile.projectId}`],
  ]);
  for (const line of lines) terminal.print(line);
  if (profile.projectId !== undefined) return;
  terminal.note(
    `Name a project with --project ID in each command, or once: biped login --profile ${name} --project ID`,
  );
}
