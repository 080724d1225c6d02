import { createLocalError, createUsageError } from "../command-error.ts";
import { askYes } from "../login/prompts.ts";
import { escapeControls } from "../terminal/escape-controls.ts";
import type { Terminal } from "../terminal/terminal.ts";

export type ConfirmOptions = { readonly yes?: true };

/**
 * Asks before something that cannot be taken back, or that stops somebody's work.
 * @throws {CommandError} the answer is no, or nobody can be asked and --yes is not there.
 */
export async function confirm(terminal: Terminal, question: string, { yes }: ConfirmOptions): Promise<void> {
  if (yes === true) return;
  if (!terminal.isInteractive) throw createUsageError(`${question} Nobody can be asked`, "Say so with --yes.");
  if (await askYes(terminal, escapeControls(question))) return;
  throw createLocalError("Nothing was changed", "NOT_CONFIRMED");
}

/** The option of every command that asks. */
export const confirmOption = ["--yes", "do it without asking"] as const;
