import { open, rm } from "node:fs/promises";
import path from "node:path";
import type { SecretShown } from "@biped/management-client";
import type { Command } from "commander";
import { CommandError } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { nameFile } from "../named-file.ts";
import type { AdminSession } from "./admin-session.ts";
import { printRows } from "./print-answer.ts";

export type SecretOptions = { readonly secretFile?: string; readonly env?: true };

/** The options of every command that makes a secret. */
export function addSecretOptions(command: Command): Command {
  return command
    .option("--secret-file <file>", "write the secret to this new file, readable by you alone, instead of stdout")
    .option("--env", "as lines of an environment file: BIPED_CLIENT_ID=… and BIPED_CLIENT_SECRET=…");
}

/**
 * Makes a secret and hands it out, this once. The file is opened before anything is made: a secret that cannot be
 * written down would be lost.
 */
export async function handOutSecret(
  session: AdminSession,
  { secretFile, env }: SecretOptions,
  make: () => Promise<SecretShown>,
): Promise<void> {
  const { terminal, context } = session;
  if (secretFile === undefined) return printSecret(session, requireSecret(await make()), env);
  const file = path.resolve(context.workingDirectory, secretFile);
  const place = await openNewFile(file);
  try {
    const shown = requireSecret(await make());
    await place.write(`${env === true ? formatEnvironment(shown) : shown.clientSecret}\n`).catch((error: unknown) => {
      throw createLostError(shown, `could not be written to ${file}`, error);
    });
    if (terminal.isJson) return terminal.printJson({ ...shown, clientSecret: undefined, secretFile: file });
    terminal.print(shown.credential.clientId);
    terminal.note(`The secret is in ${file}, readable by you alone. It is shown nowhere else.`);
  } finally {
    await place.close();
  }
}

type Shown = SecretShown & { readonly clientSecret: string };

/** @throws {CommandError} the answer to an earlier request held it, and was lost on the way. */
export function requireSecret(shown: SecretShown): Shown {
  const { clientSecret } = shown;
  if (typeof clientSecret === "string") return { ...shown, clientSecret };
  throw createLostError(shown, "was lost with the answer that held it");
}

/** @param fate Completes the sentence. */
export function createLostError({ credential }: SecretShown, fate: string, cause?: unknown): CommandError {
  return new CommandError(`The secret of ${credential.clientId} was made, but ${fate}`, {
    exitCode: exitCodes.failed,
    code: "SECRET_LOST",
    next: `Make another: biped admin credentials rotate ${credential.clientId} --overlap-days 0`,
    cause,
  });
}

function printSecret({ terminal }: AdminSession, shown: Shown, env: true | undefined): void {
  if (terminal.isJson) terminal.printJson(shown);
  else if (env === true) terminal.print(formatEnvironment(shown));
  else {
    printRows(terminal, [
      ["Client id", shown.credential.clientId],
      ["Secret", shown.clientSecret],
    ]);
  }
  terminal.note("The secret is shown this once. Put it where secrets are kept; who has it can act as the credential.");
}

function formatEnvironment({ credential, clientSecret }: Shown): string {
  return `BIPED_CLIENT_ID=${credential.clientId}\nBIPED_CLIENT_SECRET=${clientSecret}`;
}

export type NewFile = {
  /** On the disk when it resolves. */
  readonly write: (text: string) => Promise<void>;
  /** Takes the file away if nothing was written. */
  readonly close: () => Promise<void>;
};

/** A file that was not there before: what is in one may still be needed. Mode 0600. */
export async function openNewFile(file: string): Promise<NewFile> {
  const handle = await open(file, "wx", 0o600).catch((error: unknown) => {
    throw nameFile(error, file);
  });
  await syncFolder(path.dirname(file));
  let isEmpty = true;
  return {
    write: async (text) => {
      isEmpty = false;
      await handle.appendFile(text);
      await handle.sync();
    },
    close: async () => {
      await handle.close();
      if (isEmpty) await rm(file, { force: true });
    },
  };
}

/** A file is on the disk for good when its folder is. Windows has no such thing. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
