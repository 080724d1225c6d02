import type { CommandContext } from "../command-context.ts";
import { createLocalError, createUsageError } from "../command-error.ts";
import { readNamedFile } from "../named-file.ts";
import { askSecret } from "./prompts.ts";

type Wanted = {
  readonly question: string;
  /** As in "The secret is missing". */
  readonly noun: string;
  readonly fileOption: string;
  /** The error of what cannot be one. */
  readonly code: string;
};

/** Typed, piped or from a file, and never from an argument: everybody on the machine can read those. */
export async function readSecret(
  { terminal }: Pick<CommandContext, "terminal">,
  file: string | undefined,
  { question, noun, fileOption, code }: Wanted,
): Promise<string> {
  if (file === undefined && terminal.isInteractive) return askSecret(terminal, question);
  const advice = `Pipe it in, or name its file with ${fileOption}.`;
  if (file === undefined && terminal.isInputTerminal) throw createUsageError(`The ${noun} is missing`, advice);
  const fromInput = file === undefined || file === "-";
  const text = (fromInput ? await terminal.readInput() : (await readNamedFile(file)).toString("utf8")).trim();
  const place = fromInput ? "stdin" : file;
  if (text === "") throw createUsageError(`There is no ${noun} on ${place}`, advice);
  if (/[\r\n]/.test(text)) throw createLocalError(`There is more than one line in ${place}`, code);
  return text;
}
