import type { Command } from "commander";
import { createUsageError } from "./command-error.ts";

/** The options that every command takes and that choose the credential and the target. */
export type GlobalOptions = {
  readonly profile?: string | undefined;
  readonly project?: number | undefined;
  /** Separated by single spaces. */
  readonly scope?: string | undefined;
  readonly authUrl?: string | undefined;
  readonly allowedHosts?: readonly string[] | undefined;
};

export function addGlobalOptions(program: Command): void {
  program
    .option("--profile <name>", "use this profile of `biped profiles`")
    .option("--project <id>", "use this project; account-level credentials need it")
    .option("--scope <scopes>", 'ask for these scopes, for example "data-export metrics"')
    .option("--auth-url <url>", "use this authentication service")
    .option("--allowed-hosts <hosts>", "send tokens to these hosts and their subdomains alone, parted by commas")
    .option("--json", "print one JSON document, errors as JSON on stderr")
    .option("--quiet", "print the result alone: no notes, no progress")
    .option("--no-color", "print without colours, as NO_COLOR does")
    .option("--debug", "say more about what happens, and where it failed");
}

/** @throws {CommandError} an option is wrong; it is named. */
export function readGlobalOptions(command: Command): GlobalOptions {
  const options: Readonly<Record<string, unknown>> = command.optsWithGlobals();
  const read = (name: string): string | undefined => {
    const value = options[name];
    return typeof value === "string" ? value : undefined;
  };
  return {
    profile: read("profile"),
    project: parseProject("--project", read("project")),
    scope: parseScope("--scope", read("scope")),
    authUrl: read("authUrl"),
    allowedHosts: parseHosts(read("allowedHosts")),
  };
}

/** @param source The option or the variable, for the error. */
export function parseProject(source: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(text)) throw createUsageError(`${source} must be the number of a project, such as 42`);
  return Number(text);
}

/** RFC 6749 §3.3, with any white space between two scopes. */
export function parseScope(source: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const scopes = text.trim().split(/\s+/);
  if (!scopes.every(isScope)) {
    throw createUsageError(`${source} must be scopes parted by spaces, such as "data-export metrics"`);
  }
  return [...new Set(scopes)].join(" ");
}

/** The characters of RFC 6749 §3.3. */
export function isScope(text: string): boolean {
  return /^[!#-[\]-~]+$/.test(text);
}

export function parseHosts(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  return text
    .split(",")
    .map((host) => host.trim())
    .filter((host) => host !== "");
}
