import { homedir } from "node:os";
import path from "node:path";
import type { Environment } from "../command-context.ts";
import { createLocalError } from "../command-error.ts";

/**
 * XDG Base Directory: a relative path in the variable counts as none.
 * @throws {CommandError} there is no home, and secrets are not put wherever the command happens to run.
 */
export function findConfigDirectory({ BIPED_CONFIG_DIR, XDG_CONFIG_HOME }: Environment): string {
  if (BIPED_CONFIG_DIR) return path.resolve(BIPED_CONFIG_DIR);
  if (XDG_CONFIG_HOME && path.isAbsolute(XDG_CONFIG_HOME)) return path.join(XDG_CONFIG_HOME, "biped");
  const home = findHome();
  if (home !== undefined) return path.join(home, ".config", "biped");
  const next = "Set HOME, or BIPED_CONFIG_DIR to a folder of your own.";
  throw createLocalError("Your home directory is not known", "NO_HOME", next);
}

/** Undefined for an empty or relative HOME, and for a user whom the system does not know. */
function findHome(): string | undefined {
  try {
    const home = homedir();
    return path.isAbsolute(home) ? home : undefined;
  } catch {
    return undefined;
  }
}
