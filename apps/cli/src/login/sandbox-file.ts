import path from "node:path";
import type { CommandContext } from "../command-context.ts";
import { createLocalError } from "../command-error.ts";
import { parseJson } from "../json.ts";
import { readFileIfThere } from "../named-file.ts";

type Wanted<Content> = {
  /** Which asks, as it is typed. */
  readonly command: string;
  /** Undefined for what the sandbox does not write. */
  readonly parse: (written: unknown) => Promise<Content | undefined>;
};

/** `demo.json`, which the sandbox writes to its data directory when it starts. */
export async function readSandboxFile<Content>(
  { environment, workingDirectory }: Pick<CommandContext, "environment" | "workingDirectory">,
  directory: string | true,
  { command, parse }: Wanted<Content>,
): Promise<Content> {
  const folder = directory === true ? (environment.BIPED_DATA_DIR ?? ".biped") : directory;
  const file = path.join(path.resolve(workingDirectory, folder), "demo.json");
  const text = await readFileIfThere(file);
  if (text === undefined) {
    const next = `Start the sandbox first (biped sandbox), or name its data directory: ${command} --sandbox DIR`;
    throw createLocalError(`There is no ${file}`, "NO_SANDBOX", next);
  }
  const content = await parse(parseJson(text));
  if (content === undefined) throw createLocalError(`${file} is damaged`, "FILE_DAMAGED", "Start the sandbox again.");
  return content;
}
