import type { ManagementClient, Session } from "@biped/management-client";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { createUsageError } from "../command-error.ts";
import { removeEmpty } from "../credential.ts";
import { type GlobalOptions, readGlobalOptions } from "../global-options.ts";
import { askText } from "../login/prompts.ts";
import { readSecret } from "../login/read-secret.ts";
import { findConfigDirectory } from "../profiles/config-directory.ts";
import type { SecretStoreKind } from "../profiles/profile.ts";
import { checkProfileName, openStoreOf } from "../profiles/profile-store.ts";
import { saveProfile } from "../profiles/save-profile.ts";
import { escapeControls } from "../terminal/escape-controls.ts";
import { formatColumns } from "../terminal/table.ts";
import { checkAccessToken, parseAdminUrl } from "./admin-access.ts";
import { type AdminProfile, adminProfiles } from "./admin-profile.ts";
import { describeRoles, readSession } from "./admin-whoami.ts";
import { createManagement } from "./open-management.ts";
import { createSandboxAccess } from "./sandbox-access.ts";

type LoginOptions = {
  readonly adminUrl?: string;
  readonly tokenFile?: string;
  readonly store?: SecretStoreKind;
  readonly sandbox?: string | true;
  readonly name?: string;
};

const examples = `
The access token is made in the console, among your own settings. It is typed (it
stays hidden), piped in, or read from a file, and never an argument. It is checked
first: a wrong one stores nothing. It is kept as the secrets of \`biped login\` are.

Examples:
  $ biped admin login                     be asked for everything
  $ biped admin login --admin-url https://console.example.com < token.txt
  $ biped admin login --sandbox           make a token at the sandbox of this machine`;

export function addAdminLoginCommand(admin: Command, context: CommandContext): void {
  admin
    .command("login")
    .description("store an access token of an administrator, after checking it")
    .option("--admin-url <url>", "URL of the console, which is that of the management API")
    .option("--token-file <file>", "read the access token from this file, or from stdin (-)")
    .addOption(new Option("--store <place>", "where the token is kept").choices(["keychain", "file"]))
    .option("--sandbox [directory]", "make a token with the administrator of the sandbox in this directory (.biped)")
    .option("--name <name>", "name of the profile, as --profile (default)")
    .addHelpText("after", examples)
    .action((options: LoginOptions, command: Command) => login(context, options, readGlobalOptions(command)));
}

const wantedToken = {
  question: "Access token",
  noun: "access token",
  fileOption: "--token-file",
  code: "NOT_AN_ACCESS_TOKEN",
} as const;

type Found = { readonly adminUrl: string; readonly accessToken: string };

async function login(context: CommandContext, options: LoginOptions, global: GlobalOptions): Promise<void> {
  const { terminal, environment } = context;
  const fallback = options.sandbox === undefined ? "default" : "sandbox";
  const name = checkProfileName(options.name ?? global.profile ?? fallback);
  const store = openStoreOf(adminProfiles, findConfigDirectory(environment));
  const previous = (await store.read()).named.get(name);
  // Read
  const { adminUrl, accessToken } =
    options.sandbox === undefined
      ? await findAccess(context, options, previous)
      : await createSandboxAccess(context, options.sandbox);
  // Check
  terminal.showProgress("Checking the access token…");
  const management = await createManagement(context, {
    adminUrl,
    headers: { authorization: `Bearer ${accessToken}` },
  });
  const session = await check(management);
  terminal.showProgress(undefined);
  // Store
  const profile = { adminUrl, email: session.administrator.email };
  const preferred = options.store ?? (options.sandbox === undefined ? undefined : "file");
  const saved = await saveProfile(store, {
    name,
    secret: accessToken,
    preferred,
    createProfile: (secretStore): AdminProfile => ({ ...profile, secretStore }),
  });
  // Answer
  if (terminal.isJson) return terminal.printJson({ profile: name, ...saved, session });
  print(context, { name, profile: saved, session });
}

async function check(management: ManagementClient): Promise<Session> {
  return readSession(await management.call("GET /api/session"));
}

async function findAccess(
  context: CommandContext,
  options: LoginOptions,
  previous: AdminProfile | undefined,
): Promise<Found> {
  const { terminal, environment } = context;
  const known = options.adminUrl ?? removeEmpty(environment).BIPED_ADMIN_URL ?? previous?.adminUrl;
  if (known === undefined && !terminal.isInteractive) {
    const next = "For example: biped admin login --admin-url https://… < token.txt";
    throw createUsageError("--admin-url missing", next);
  }
  const text = known ?? (await askText(terminal, { message: "URL of the console", placeholder: "https://…" }));
  // Before the token is typed, which a mistake in the address would make in vain.
  const adminUrl = parseAdminUrl(text);
  return { adminUrl, accessToken: checkAccessToken(await readSecret(context, options.tokenFile, wantedToken)) };
}

type Printed = { readonly name: string; readonly profile: AdminProfile; readonly session: Session };

function print({ terminal, environment }: CommandContext, { name, profile, session }: Printed): void {
  const { green, bold } = terminal.style;
  const place =
    profile.secretStore === "file" ? `a file of mode 0600 in ${findConfigDirectory(environment)}` : "the key chain";
  terminal.print(
    `${green("✓")} Logged in to ${escapeControls(profile.adminUrl)} as ${bold(escapeControls(profile.email))}.`,
  );
  const lines = formatColumns([
    ["  Profile", `${name}, the current one; its access token is in ${place}`],
    ["  Roles", describeRoles(session)],
    ["  Until", escapeControls(session.expiresAt)],
  ]);
  for (const line of lines) terminal.print(line);
}
