import type { Credential, Secret } from "@biped/management-client";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { clientIdArgument, parsePeriod, parseUuid, parseWhole, sampleId } from "./admin-arguments.ts";
import { type AdminSession, openSession } from "./admin-session.ts";
import { type ConfirmOptions, confirm, confirmOption } from "./confirm.ts";
import { formatExamples, printChanged } from "./print-answer.ts";
import { describeSecret, nameCredential, readCredential } from "./read-credentials.ts";
import { addSecretOptions, handOutSecret, type SecretOptions } from "./shown-secret.ts";

type RotateOptions = SecretOptions & ConfirmOptions & { readonly overlapDays?: number };
type EndOptions = ConfirmOptions & { readonly unlessUsedWithin?: number };

const rotateHelp = `
The new secret works beside the former one until the overlap is over. Give it to
the programs, watch the former one fall silent (\`biped admin credentials show\`),
then complete the rotation; or cancel it, and the former one lives on.
${formatExamples(
  `admin credentials rotate ${sampleId} --env > .env`,
  `admin credentials complete-rotation ${sampleId} --unless-used-within 1d`,
)}`;

/** `rotate`, `complete-rotation`, `cancel-rotation` and `retire-secret`. */
export function addSecretsCommands(credentials: Command, context: CommandContext): void {
  const rotate = credentials
    .command("rotate")
    .description("make a second secret, which works beside the first during the overlap")
    .argument(...clientIdArgument)
    .option("--overlap-days <n>", "0 to 30 (default: 7); 0 ends the former secret now", parseWhole(0, 30))
    .option(...confirmOption);
  addSecretOptions(rotate)
    .addHelpText("after", rotateHelp)
    .action((clientId: string, options: RotateOptions, command: Command) =>
      startRotation(context, { clientId, options }, command),
    );
  addEndCommands(credentials, context);
}

function addEndCommands(credentials: Command, context: CommandContext): void {
  const silence = ["--unless-used-within <time>", "refuse if it was used within, such as 1d", parsePeriod] as const;
  credentials
    .command("complete-rotation")
    .description("end the former secret now")
    .argument(...clientIdArgument)
    .option(...silence)
    .option(...confirmOption)
    .addHelpText("after", formatExamples(`admin credentials complete-rotation ${sampleId} --unless-used-within 1d`))
    .action((clientId: string, options: EndOptions, command: Command) =>
      endSecret(context, { clientId, options, choose: findFormer }, command),
    );
  credentials
    .command("cancel-rotation")
    .description("end the newest secret now; the former one lives on as before")
    .argument(...clientIdArgument)
    .option(...confirmOption)
    .addHelpText("after", formatExamples(`admin credentials cancel-rotation ${sampleId}`))
    .action((clientId: string, options: ConfirmOptions, command: Command) =>
      cancelRotation(context, { clientId, options }, command),
    );
  credentials
    .command("retire-secret")
    .description("end one secret now, be it the only one")
    .argument(...clientIdArgument)
    .argument("<secret-id>", "the secret, as `biped admin credentials show` names it", parseUuid)
    .option(...silence)
    .option(...confirmOption)
    .addHelpText(
      "after",
      formatExamples(`admin credentials retire-secret ${sampleId} \\\n      a1bb37b4-7aa3-4dd5-8d74-0400476c5e59`),
    )
    .action((clientId: string, secretId: string, options: EndOptions, command: Command) =>
      retireSecret(context, { clientId, secretId, options }, command),
    );
}

type Rotation = { readonly clientId: string; readonly options: RotateOptions };

async function startRotation(
  context: CommandContext,
  { clientId, options }: Rotation,
  command: Command,
): Promise<void> {
  const session = await openSession(context, command);
  const credential = await readCredential(session, clientId);
  const { overlapDays } = options;
  if (overlapDays === 0) {
    await confirm(session.terminal, `End the present secret of ${nameCredential(credential)} at once?`, options);
  }
  await handOutSecret(session, options, () =>
    session.management.call(
      "POST /api/credentials/:clientId/secrets",
      { params: { clientId }, body: { ...(overlapDays !== undefined && { overlapDays }) } },
      { ifVersion: credential.version },
    ),
  );
}

type Retirement = { readonly clientId: string; readonly secretId: string; readonly options: EndOptions };

/** Also `biped admin revoke secret`: tokens end with the secret for which they were issued. */
export function retireSecret(
  context: CommandContext,
  { clientId, secretId, options }: Retirement,
  command: Command,
): Promise<void> {
  return endSecret(context, { clientId, options, choose: (credential) => findSecret(credential, secretId) }, command);
}

type Ending = {
  readonly clientId: string;
  readonly options: EndOptions;
  readonly choose: (credential: Credential) => Secret;
};

async function endSecret(
  context: CommandContext,
  { clientId, options, choose }: Ending,
  command: Command,
): Promise<void> {
  const session = await openSession(context, command);
  const before = await readCredential(session, clientId);
  const secret = choose(before);
  await askToEnd(session, { credential: before, secret, options });
  const { unlessUsedWithin } = options;
  const query = unlessUsedWithin === undefined ? {} : { unlessUsedWithinSeconds: unlessUsedWithin };
  const credential = await session.management.call(
    "DELETE /api/credentials/:clientId/secrets/:secretId",
    { params: { clientId, secretId: secret.id }, query },
    { ifVersion: before.version },
  );
  printChanged(session.terminal, credential, `Ended secret ${secret.id} of ${nameCredential(credential)}.`);
}

type Cancelling = { readonly clientId: string; readonly options: ConfirmOptions };

async function cancelRotation(
  context: CommandContext,
  { clientId, options }: Cancelling,
  command: Command,
): Promise<void> {
  const session = await openSession(context, command);
  const before = await readCredential(session, clientId);
  findFormer(before);
  const secret = before.secrets.find(({ state }) => state === "current") ?? findFormer(before);
  await askToEnd(session, { credential: before, secret, options });
  const credential = await session.management.call(
    "POST /api/credentials/:clientId/secrets/:secretId/cancellation",
    { params: { clientId, secretId: secret.id }, body: {} },
    { ifVersion: before.version },
  );
  printChanged(session.terminal, credential, `Cancelled the rotation of ${nameCredential(credential)}.`);
}

type Question = { readonly credential: Credential; readonly secret: Secret; readonly options: ConfirmOptions };

function askToEnd(session: AdminSession, { credential, secret, options }: Question): Promise<void> {
  const which = `secret ${secret.id} of ${nameCredential(credential)} (${describeSecret(session, secret)})`;
  return confirm(session.terminal, `End ${which}?`, options);
}

/** @throws {CommandError} no rotation is under way. */
function findFormer(credential: Credential): Secret {
  const secret = credential.secrets.find(({ state }) => state === "former");
  if (secret !== undefined) return secret;
  throw createSecretError(`${nameCredential(credential)} has no former secret: no rotation is under way`);
}

function findSecret(credential: Credential, secretId: string): Secret {
  const secret = credential.secrets.find(({ id }) => id === secretId);
  if (secret !== undefined) return secret;
  throw createSecretError(`${nameCredential(credential)} has no such secret`);
}

function createSecretError(message: string): CommandError {
  const next = "Look at its secrets: biped admin credentials show CLIENT_ID";
  return new CommandError(message, { exitCode: exitCodes.refused, code: "NO_SUCH_SECRET", next });
}
