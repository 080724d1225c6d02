import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { addAccountsCommands } from "./accounts.ts";
import { addAdminLoginCommand } from "./admin-login.ts";
import { addAdminLogoutCommand } from "./admin-logout.ts";
import { addAdminWhoamiCommand } from "./admin-whoami.ts";
import { addAdministratorsCommands } from "./administrators.ts";
import { addCloudsCommands } from "./clouds.ts";
import { addCredentialsCommands } from "./credentials.ts";
import { addMembersCommands } from "./members.ts";
import { addOverviewCommands } from "./overview.ts";
import { addProjectsCommands } from "./projects.ts";
import { addRevocationsCommand } from "./revocations.ts";
import { addRevokeCommands } from "./revoke.ts";
import { addSigningKeysCommands } from "./signing-keys.ts";

/** Everything below `biped admin`. */
export function addAdminNouns(admin: Command, context: CommandContext): void {
  addAdminLoginCommand(admin, context);
  addAdminLogoutCommand(admin, context);
  addAdminWhoamiCommand(admin, context);
  addOverviewCommands(admin, context);
  addAccountsCommands(admin, context);
  addProjectsCommands(admin, context);
  addCredentialsCommands(admin, context);
  addCloudsCommands(admin, context);
  addSigningKeysCommands(admin, context);
  addRevokeCommands(admin, context);
  addRevocationsCommand(admin, context);
  addAdministratorsCommands(admin, context);
  addMembersCommands(admin, context);
}
