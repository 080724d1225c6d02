import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { parseId } from "../exports/export-arguments.ts";
import { readSecret } from "../login/read-secret.ts";
import { readAccount } from "./accounts.ts";
import { clientIdArgument, parsePoint, parseUuid, sampleId } from "./admin-arguments.ts";
import { openSession } from "./admin-session.ts";
import { type ConfirmOptions, confirm, confirmOption } from "./confirm.ts";
import { formatExamples, printChanged } from "./print-answer.ts";
import { readProject } from "./projects.ts";
import { nameCredential, readCredential } from "./read-credentials.ts";
import { retireSecret } from "./secrets.ts";
import { compromiseKey } from "./signing-keys.ts";

type TokenOptions = ConfirmOptions & { readonly tokenFile?: string };
type EverythingOptions = ConfirmOptions & { readonly before?: string };

const help = `
What is taken back is refused by every guard that follows the revocation feed
within seconds. A credential, a project and an account live on: their programs get
new tokens. To stop them, disable them (\`biped admin credentials disable\`).
${formatExamples(
  "admin revoke token --yes < token.txt",
  `admin revoke credential ${sampleId}`,
  "admin revoke everything --before 2026-11-26T12:00:00Z",
)}`;

/** `biped admin revoke …` */
export function addRevokeCommands(admin: Command, context: CommandContext): void {
  const revoke = admin.command("revoke").description("take tokens back before they end").addHelpText("after", help);
  addTokenCommand(revoke, context);
  addOwnerCommands(revoke, context);
  revoke
    .command("secret")
    .description("end one secret now, and every token that was issued for it")
    .argument(...clientIdArgument)
    .argument("<secret-id>", "the secret, as `biped admin credentials show` names it", parseUuid)
    .option(...confirmOption)
    .addHelpText(
      "after",
      formatExamples(`admin revoke secret ${sampleId} \\\n      a1bb37b4-7aa3-4dd5-8d74-0400476c5e59`),
    )
    .action((clientId: string, secretId: string, options: ConfirmOptions, command: Command) =>
      retireSecret(context, { clientId, secretId, options }, command),
    );
  revoke
    .command("key")
    .description("emergency: another key signs, and this one's tokens are void")
    .argument("<kid>", "the key, as `biped admin signing-keys list` names it")
    .option(...confirmOption)
    .addHelpText("after", formatExamples("admin revoke key HThxctUNoXDF6mxcEv6zDCbpw2z1todS4DDZlmIhaTE"))
    .action((kid: string, options: ConfirmOptions, command: Command) =>
      compromiseKey(context, { kid, options }, command),
    );
  revoke
    .command("everything")
    .description("emergency: all tokens of all accounts, up to now or to a time")
    .option("--before <time>", "those from before this time (ISO 8601, with its zone); all without it", parsePoint)
    .option(...confirmOption)
    .addHelpText(
      "after",
      formatExamples("admin revoke everything", "admin revoke everything --before 2026-11-26T12:00:00Z"),
    )
    .action((options: EverythingOptions, command: Command) => revokeEverything(context, options, command));
}

function addTokenCommand(revoke: Command, context: CommandContext): void {
  revoke
    .command("token")
    .description("one token: typed, piped in or from a file, and never an argument")
    .option("--token-file <file>", "read the token from this file, or from stdin (-)")
    .option(...confirmOption)
    .addHelpText(
      "after",
      formatExamples("admin revoke token --yes < token.txt", "admin revoke token --token-file token.txt"),
    )
    .action((options: TokenOptions, command: Command) => revokeToken(context, options, command));
}

function addOwnerCommands(revoke: Command, context: CommandContext): void {
  revoke
    .command("credential")
    .description("every token of a credential")
    .argument(...clientIdArgument)
    .option(...confirmOption)
    .addHelpText("after", formatExamples(`admin revoke credential ${sampleId}`))
    .action((clientId: string, options: ConfirmOptions, command: Command) =>
      revokeOfCredential(context, { clientId, options }, command),
    );
  revoke
    .command("project")
    .description("every token for a project, whichever credential got it")
    .argument("<project>", "its id", parseId)
    .option(...confirmOption)
    .addHelpText("after", formatExamples("admin revoke project 42"))
    .action((id: number, options: ConfirmOptions, command: Command) =>
      revokeOfProject(context, { id, options }, command),
    );
  revoke
    .command("account")
    .description("every token of an account")
    .argument("<account>", "its id", parseId)
    .option(...confirmOption)
    .addHelpText("after", formatExamples("admin revoke account 7"))
    .action((id: number, options: ConfirmOptions, command: Command) =>
      revokeOfAccount(context, { id, options }, command),
    );
}

const wantedToken = {
  question: "Token",
  noun: "token",
  fileOption: "--token-file",
  code: "NOT_A_TOKEN",
} as const;

async function revokeToken(context: CommandContext, options: TokenOptions, command: Command): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  const token = (await readSecret(context, options.tokenFile, wantedToken)).replace(/^bearer +/i, "");
  await confirm(terminal, "Take this token back?", options);
  const revoked = await management.call("POST /api/tokens/revocation", { body: { token } });
  const { tokenId, clientId, projectId, until } = revoked;
  const sentence = `Revoked token ${tokenId} of credential ${clientId} for project ${projectId}; it would have ended ${until}.`;
  printChanged(terminal, revoked, sentence);
}

type OfCredential = { readonly clientId: string; readonly options: ConfirmOptions };
type OfNumbered = { readonly id: number; readonly options: ConfirmOptions };

async function revokeOfCredential(context: CommandContext, { clientId, options }: OfCredential, command: Command) {
  const session = await openSession(context, command);
  const before = await readCredential(session, clientId);
  await confirm(session.terminal, `Take back every token of ${nameCredential(before)}?`, options);
  const credential = await session.management.call(
    "POST /api/credentials/:clientId/revocation",
    { params: { clientId }, body: {} },
    { ifVersion: before.version },
  );
  printChanged(session.terminal, credential, `Revoked every token of ${nameCredential(credential)}.`);
}

async function revokeOfProject(context: CommandContext, { id, options }: OfNumbered, command: Command) {
  const session = await openSession(context, command);
  const { name, version } = await readProject(session, id);
  await confirm(session.terminal, `Take back every token for project ${id} ${name}?`, options);
  const project = await session.management.call(
    "POST /api/projects/:projectId/revocation",
    { params: { projectId: id }, body: {} },
    { ifVersion: version },
  );
  printChanged(session.terminal, project, `Revoked every token for project ${project.id} ${project.name}.`);
}

async function revokeOfAccount(context: CommandContext, { id, options }: OfNumbered, command: Command) {
  const session = await openSession(context, command);
  const { name, version } = await readAccount(session, id);
  await confirm(session.terminal, `Take back every token of account ${id} ${name}?`, options);
  const account = await session.management.call(
    "POST /api/accounts/:accountId/revocation",
    { params: { accountId: id }, body: {} },
    { ifVersion: version },
  );
  printChanged(session.terminal, account, `Revoked every token of account ${account.id} ${account.name}.`);
}

async function revokeEverything(context: CommandContext, options: EverythingOptions, command: Command): Promise<void> {
  const { terminal, management } = await openSession(context, command);
  const { before } = options;
  const which = before === undefined ? "every token that there is" : `every token from before ${before}`;
  await confirm(terminal, `Take back ${which}, of all accounts?`, options);
  const revoked = await management.call("POST /api/tokens/revocation-before", {
    body: before === undefined ? {} : { before },
  });
  printChanged(terminal, revoked, `Every token that was issued before ${revoked.before} is void.`);
}
