import type { Environment } from "./command-context.ts";
import { CommandError, createLocalError, createUsageError } from "./command-error.ts";
import { exitCodes } from "./exit-codes.ts";
import { type GlobalOptions, parseHosts, parseProject, parseScope } from "./global-options.ts";
import { readNamedFile } from "./named-file.ts";
import { findConfigDirectory } from "./profiles/config-directory.ts";
import { findProfile, openProfileStore } from "./profiles/profile-store.ts";

/** What a client is made of, and where it came from. */
export type Credential = {
  readonly authUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Undefined: whatever the credential owns. */
  readonly scope: string | undefined;
  readonly projectId: number | undefined;
  readonly allowedHosts: readonly string[] | undefined;
  readonly source: CredentialSource;
};

export type CredentialSource = { readonly kind: "environment" } | { readonly kind: "profile"; readonly name: string };

/**
 * The option --profile, then a credential in the environment, then the profile that the environment or `profiles use`
 * names. Single members of it are replaced by options, then by variables.
 * @throws {CommandError} there is none, or half of one.
 */
export async function findCredential(environment: Environment, options: GlobalOptions): Promise<Credential> {
  const found =
    (options.profile === undefined ? await readEnvironmentCredential(environment, options) : undefined) ??
    (await readProfileCredential(environment, options.profile));
  refuseOtherService(found, options);
  const { BIPED_PROJECT_ID, BIPED_SCOPE, BIPED_ALLOWED_HOSTS } = removeEmpty(environment);
  return {
    ...found,
    authUrl: options.authUrl ?? found.authUrl,
    scope: options.scope ?? parseScope("BIPED_SCOPE", BIPED_SCOPE) ?? found.scope,
    projectId: options.project ?? parseProject("BIPED_PROJECT_ID", BIPED_PROJECT_ID) ?? found.projectId,
    allowedHosts: options.allowedHosts ?? parseHosts(BIPED_ALLOWED_HOSTS) ?? found.allowedHosts,
  };
}

/** The secret was stored for one service; an option, perhaps copied from somewhere, does not send it to another. */
function refuseOtherService({ source, authUrl }: Found, options: GlobalOptions): void {
  if (source.kind === "environment" || options.authUrl === undefined || isSameService(options.authUrl, authUrl)) return;
  const next = "To use another service, log in there: biped login --auth-url URL --profile NAME";
  throw createUsageError(`Profile ${source.name} holds a secret of ${authUrl}, which goes nowhere else`, next);
}

function isSameService(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && new URL(one).origin === new URL(other).origin;
}

/** Where the service is, for what needs no credential. */
export async function findAuthUrl(environment: Environment, options: GlobalOptions): Promise<string> {
  if (options.authUrl !== undefined) return options.authUrl;
  const { BIPED_AUTH_URL } = removeEmpty(environment);
  if (options.profile === undefined && BIPED_AUTH_URL !== undefined) return BIPED_AUTH_URL;
  const { named, name } = await readChosenProfile(environment, options.profile);
  const next = "Name it with --auth-url, or log in: biped login";
  if (name === undefined) throw createUsageError("It is not known which service is meant", next);
  return findProfile(named, name).authUrl;
}

type Found = Omit<Credential, "scope" | "projectId" | "allowedHosts"> & Partial<Credential>;

async function readEnvironmentCredential(environment: Environment, { authUrl }: GlobalOptions) {
  const variables = removeEmpty(environment);
  const { BIPED_CLIENT_ID: clientId, BIPED_CLIENT_SECRET, BIPED_CLIENT_SECRET_FILE } = variables;
  if (clientId === undefined && BIPED_CLIENT_SECRET === undefined && BIPED_CLIENT_SECRET_FILE === undefined) return;
  const secret = BIPED_CLIENT_SECRET ?? (await readSecretOf(BIPED_CLIENT_SECRET_FILE));
  const url = authUrl ?? variables.BIPED_AUTH_URL;
  if (clientId !== undefined && secret !== undefined && url !== undefined) {
    const found: Found = { authUrl: url, clientId, clientSecret: secret, source: { kind: "environment" } };
    return { ...found, scope: undefined, projectId: undefined, allowedHosts: undefined };
  }
  const missing = [
    ...(clientId === undefined ? ["BIPED_CLIENT_ID"] : []),
    ...(secret === undefined ? ["BIPED_CLIENT_SECRET (or BIPED_CLIENT_SECRET_FILE)"] : []),
    ...(url === undefined ? ["BIPED_AUTH_URL"] : []),
  ];
  throw new CommandError(`The environment holds half a credential: ${missing.join(", ")} missing`, {
    exitCode: exitCodes.refused,
    code: "NO_CREDENTIAL",
    next: "Set what is missing, unset the rest, or choose a profile with --profile.",
  });
}

async function readSecretOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const text = (await readNamedFile(file)).toString("utf8").trim();
  if (text === "") throw createLocalError(`${file} holds no secret`, "NO_SECRET");
  return text;
}

async function readProfileCredential(environment: Environment, option: string | undefined) {
  const { store, named, name } = await readChosenProfile(environment, option);
  if (name === undefined) {
    throw new CommandError("You are not logged in", {
      exitCode: exitCodes.refused,
      code: "NO_CREDENTIAL",
      next:
        named.named.size === 0
          ? "Log in with: biped login (or set BIPED_AUTH_URL, BIPED_CLIENT_ID and BIPED_CLIENT_SECRET)"
          : `Choose a profile with: biped profiles use NAME (${[...named.named.keys()].join(", ")})`,
    });
  }
  const { secretStore: _, ...profile } = findProfile(named, name);
  const clientSecret = await store.findSecret(name, findProfile(named, name));
  const source: CredentialSource = { kind: "profile", name };
  return { projectId: undefined, allowedHosts: undefined, ...profile, clientSecret, source };
}

async function readChosenProfile(environment: Environment, option: string | undefined) {
  const store = openProfileStore(findConfigDirectory(environment));
  const named = await store.read();
  return { store, named, name: option ?? removeEmpty(environment).BIPED_PROFILE ?? named.current };
}

/** An empty variable counts as none, as it does for a shell's `${NAME:-}`. */
export function removeEmpty(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim() !== ""));
}
