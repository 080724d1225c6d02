import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { createUsageError } from "../command-error.ts";
import { readGlobalOptions } from "../global-options.ts";
import { printTable } from "../terminal/table.ts";
import { findConfigDirectory } from "./config-directory.ts";
import { openProfileStore, type ProfileStore } from "./profile-store.ts";

/** `profiles`, `profiles use`, `profiles remove` and `logout`. */
export function addProfilesCommands(program: Command, context: CommandContext): void {
  const { terminal } = context;
  const open = (): ProfileStore => openProfileStore(findConfigDirectory(context.environment));
  const profiles = program
    .command("profiles")
    .description("list the stored credentials, or choose the current one")
    .usage("[command] [options]")
    .addHelpText("after", "\nExamples:\n  $ biped profiles\n  $ biped profiles use work\n  $ biped profiles remove old")
    .action(() => list(context, open()));
  profiles
    .command("use")
    .argument("<name>", "the profile that commands use from now on")
    .description("make a profile the current one")
    .addHelpText("after", "\nExample:\n  $ biped profiles use work")
    .action(async (name: string) => {
      await open().use(name);
      if (terminal.isJson) return terminal.printJson({ current: name });
      terminal.note(`Commands use the profile ${name} from now on.`);
    });
  profiles
    .command("remove")
    .argument("<name>", "the profile to remove, with its secret")
    .description("remove a profile and its secret")
    .addHelpText("after", "\nExample:\n  $ biped profiles remove old")
    .action((name: string) => remove(context, open(), [name]));
  program
    .command("logout")
    .description("remove the current profile, or another, with its secret")
    .option("--all", "remove all profiles")
    .addHelpText(
      "after",
      "\nThe credential itself lives on at the service.\n\nExamples:\n  $ biped logout\n  $ biped logout --profile old\n  $ biped logout --all",
    )
    .action((options: { readonly all?: true }, command: Command) => logout(context, options, command));
  addNamesCommand(program, context);
}

/** What completions ask for. */
function addNamesCommand(program: Command, { terminal, environment }: CommandContext): void {
  program
    .command("profile-names", { hidden: true })
    .description("print the names of the profiles, for completion")
    .action(async () => {
      for (const name of (await openProfileStore(findConfigDirectory(environment)).read()).named.keys())
        terminal.print(name);
    });
}

async function list({ terminal, environment }: CommandContext, store: ProfileStore): Promise<void> {
  const { named, current } = await store.read();
  const chosen = environment.BIPED_PROFILE || current;
  if (terminal.isJson) {
    return terminal.printJson([...named].map(([name, profile]) => ({ name, current: name === chosen, ...profile })));
  }
  if (named.size === 0) return terminal.note("There are no profiles yet. Make one with: biped login");
  // Through a pipe the name stays first and alone, for whoever cuts it out.
  const mark = (name: string): string => (!terminal.isOutputTerminal ? name : `${name === chosen ? "*" : " "} ${name}`);
  const rows = [...named].map(([name, { authUrl, clientId, projectId, scope }]) => [
    mark(name),
    authUrl,
    clientId,
    projectId === undefined ? "-" : String(projectId),
    scope,
    ...(terminal.isOutputTerminal ? [] : [name === chosen ? "current" : ""]),
  ]);
  printTable(terminal, { headers: ["  name", "service", "client id", "project", "scopes"], rows });
}

async function logout(context: CommandContext, { all }: { readonly all?: true }, command: Command): Promise<void> {
  const store = openProfileStore(findConfigDirectory(context.environment));
  const { named, current } = await store.read();
  const chosen = readGlobalOptions(command).profile ?? (context.environment.BIPED_PROFILE || current);
  const names = all === true ? [...named.keys()] : chosen === undefined ? [] : [chosen];
  if (names.length === 0 && all !== true) {
    throw createUsageError(
      "You are not logged in",
      named.size === 0 ? undefined : `Profiles: ${[...named.keys()].join(", ")}`,
    );
  }
  await remove(context, store, names);
}

async function remove({ terminal }: CommandContext, store: ProfileStore, names: readonly string[]): Promise<void> {
  await store.remove(names);
  if (terminal.isJson) return terminal.printJson({ removed: names });
  if (names.length === 0) return terminal.note("There are no profiles.");
  terminal.note(
    `Removed ${names.join(", ")} with ${names.length === 1 ? "its secret" : "their secrets"} from this machine.`,
  );
}
