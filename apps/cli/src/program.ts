import { Command } from "commander";
import { addAdminCommand } from "./admin/admin-commands.ts";
import { addApplyCommand } from "./apply/apply-command.ts";
import { addAuditCommands } from "./audit/audit-commands.ts";
import { addCallCommand } from "./call/call-command.ts";
import type { CommandContext } from "./command-context.ts";
import { addCompletionCommand } from "./completion/completion-command.ts";
import { addDoctorCommand } from "./doctor/doctor-command.ts";
import { exitCodesHelp } from "./exit-codes.ts";
import { addExportsCommands } from "./exports/exports-commands.ts";
import { addGlobalOptions } from "./global-options.ts";
import { addLoginCommand } from "./login/login-command.ts";
import { addProfilesCommands } from "./profiles/profiles-commands.ts";
import { addSandboxCommand } from "./sandbox/sandbox-command.ts";
import { addTokenCommand } from "./token/token-command.ts";
import { addVerifyCommand } from "./token/verify-command.ts";
import { readVersion } from "./version.ts";
import { addWhoamiCommand } from "./whoami/whoami-command.ts";

const epilogue = `
A credential in the environment comes before the current profile: BIPED_AUTH_URL,
BIPED_CLIENT_ID and BIPED_CLIENT_SECRET (or BIPED_CLIENT_SECRET_FILE), and where
set BIPED_SCOPE, BIPED_PROJECT_ID and BIPED_ALLOWED_HOSTS.

${exitCodesHelp}

Examples:
  $ biped login                        store a credential, checked before
  $ biped whoami                       what it may do, and where
  $ biped call GET /v1/exports         call an API of the project's cloud
  $ biped doctor                       find out what does not work`;

/** The tree of commands. Errors are thrown, and the streams of the context are the only ones written to. */
export function createProgram(context: CommandContext): Command {
  const { terminal } = context;
  const { bold } = terminal.style;
  const program = new Command("biped")
    .description("Tokens, calls and exports from the terminal.")
    .version(readVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .usage("[command] [options]")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.replace(/\n$/, "")),
      writeErr: (text) => terminal.complain(text.replace(/\n$/, "")),
      outputError: () => undefined,
      getOutHelpWidth: () => Math.min(120, terminal.columns),
      getErrHelpWidth: () => Math.min(120, terminal.columns),
      getOutHasColors: () => bold("x") !== "x",
      getErrHasColors: () => terminal.errorStyle.bold("x") !== "x",
    })
    // The longest of our commands and their arguments leave 20 columns and some of 80.
    .configureHelp({ showGlobalOptions: true, styleTitle: bold, minWidthToWrap: 20 })
    .addHelpText("after", epilogue);
  addGlobalOptions(program);
  addLoginCommand(program, context);
  addProfilesCommands(program, context);
  addWhoamiCommand(program, context);
  addTokenCommand(program, context);
  addCallCommand(program, context);
  addExportsCommands(program, context);
  addVerifyCommand(program, context);
  addDoctorCommand(program, context);
  addAdminCommand(program);
  addApplyCommand(program, context);
  addAuditCommands(program, context);
  addSandboxCommand(program, context);
  addCompletionCommand(program, context);
  return program;
}

/** "`biped token --help` shows how it is used.", for the deepest command that the arguments name. */
export function findUsageHint(program: Command, args: readonly string[]): string {
  let command = program;
  for (const argument of args) {
    const next = command.commands.find((each) => each.name() === argument);
    if (next !== undefined) command = next;
  }
  const names: string[] = [];
  for (let each: Command | null = command; each !== null; each = each.parent) names.unshift(each.name());
  return `See: ${names.join(" ")} --help`;
}
