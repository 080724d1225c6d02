import type { Environment } from "../command-context.ts";
import { CommandError, createLocalError } from "../command-error.ts";
import { removeEmpty } from "../credential.ts";
import { exitCodes } from "../exit-codes.ts";
import type { GlobalOptions } from "../global-options.ts";
import { readNamedFile } from "../named-file.ts";
import { findConfigDirectory } from "../profiles/config-directory.ts";
import { findProfile, openStoreOf } from "../profiles/profile-store.ts";
import { parseServiceUrl } from "../token/issuer.ts";
import { adminProfiles } from "./admin-profile.ts";

/** Where the management API is, and the token that opens it. */
export type AdminAccess = {
  /** Without trailing slash. */
  readonly adminUrl: string;
  readonly accessToken: string;
  /** The name of a profile; undefined for the environment. */
  readonly profile: string | undefined;
};

/**
 * The option --profile, then what the environment holds, then the current profile of `biped admin login`.
 * @throws {CommandError} there is none, or half of one.
 */
export async function findAdminAccess(
  environment: Environment,
  { profile }: Pick<GlobalOptions, "profile">,
): Promise<AdminAccess> {
  return (
    (profile === undefined ? await readEnvironmentAccess(environment) : undefined) ??
    (await readProfileAccess(environment, profile))
  );
}

async function readEnvironmentAccess(environment: Environment): Promise<AdminAccess | undefined> {
  const { BIPED_ADMIN_URL, BIPED_ADMIN_TOKEN, BIPED_ADMIN_TOKEN_FILE } = removeEmpty(environment);
  const token = BIPED_ADMIN_TOKEN?.trim() ?? (await readTokenOf(BIPED_ADMIN_TOKEN_FILE));
  // The URL alone is of use to `biped admin login`.
  if (token === undefined) return undefined;
  if (BIPED_ADMIN_URL === undefined) {
    throw new CommandError("The environment holds an access token, and BIPED_ADMIN_URL is missing", {
      exitCode: exitCodes.refused,
      code: "NO_ACCESS",
      next: "Set it, unset the token, or choose a profile with --profile.",
    });
  }
  return { adminUrl: parseAdminUrl(BIPED_ADMIN_URL), accessToken: checkAccessToken(token), profile: undefined };
}

async function readTokenOf(file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : (await readNamedFile(file)).toString("utf8").trim();
}

async function readProfileAccess(environment: Environment, option: string | undefined): Promise<AdminAccess> {
  const store = openStoreOf(adminProfiles, findConfigDirectory(environment));
  const profiles = await store.read();
  const name = option ?? profiles.current;
  if (name === undefined) {
    throw new CommandError("You are not logged in as an administrator", {
      exitCode: exitCodes.refused,
      code: "NO_ACCESS",
      next:
        profiles.named.size === 0
          ? "Log in with: biped admin login (or set BIPED_ADMIN_URL and BIPED_ADMIN_TOKEN)"
          : `Choose one with --profile (${[...profiles.named.keys()].join(", ")})`,
    });
  }
  const found = findProfile(profiles, name, adminProfiles.login);
  const accessToken = checkAccessToken(await store.findSecret(name, found));
  return { adminUrl: parseAdminUrl(found.adminUrl), accessToken, profile: name };
}

/** @throws {CommandError} the address is no URL, or not https on another machine than this. */
export function parseAdminUrl(text: string): string {
  const { origin, pathname } = parseServiceUrl("The admin URL", text.trim());
  return `${origin}${pathname.replace(/\/+$/, "")}`;
}

/**
 * A client secret that was pasted by mistake is not sent anywhere. The service knows whether the token is a good one.
 * @throws {CommandError} the text has not the form of an access token; it is not repeated.
 */
export function checkAccessToken(text: string): string {
  if (/^biped_admin_[0-9A-Za-z]{49}$/.test(text)) return text;
  throw createLocalError(
    "That is not an access token: those begin with biped_admin_",
    "NOT_AN_ACCESS_TOKEN",
    "Make one in the console, among your own settings.",
  );
}
