import { createUsageError } from "./command-error.ts";

const secretOption = /^--?(?:client[-_]?)?(?:secret|password|token|access[-_]?token)(?:=|$)/i;

/**
 * Refuses a secret before anything else looks at it, so that no error echoes it.
 * @throws {CommandError} an option holds or announces a secret.
 */
export function refuseSecretArguments(args: readonly string[]): void {
  const end = args.indexOf("--");
  const option = args.slice(0, end === -1 ? args.length : end).find((argument) => secretOption.test(argument));
  if (option === undefined) return;
  throw createUsageError(
    `${option.replace(/=.*$/s, "")} is not an option: every user of this machine could read the secret in the list of processes`,
    "Type it when `biped login` asks, pipe it in, or name its file with --secret-file. Treat this one as known.",
  );
}
