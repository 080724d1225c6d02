import { spawn } from "node:child_process";
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { createLocalError, Interrupted } from "../command-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { isJsonObject } from "../json.ts";

const examples = `
Runs the program of the package @biped/sandbox: installed in this folder, beside
biped, or as biped-sandbox in the PATH. Its settings are environment variables,
such as BIPED_PUBLIC_PORT and BIPED_DATA_DIR.

Examples:
  $ biped sandbox
  $ biped login --sandbox              in another terminal, once it runs`;

type Program = { readonly file: string; readonly args: readonly string[] };

export function addSandboxCommand(program: Command, context: CommandContext): void {
  program
    .command("sandbox")
    .argument("[args...]", "passed on to the sandbox")
    .description("run the whole system on this machine, with demonstration data")
    .allowUnknownOption()
    .addHelpText("after", examples)
    .action((args: readonly string[]) => runSandbox(context, args));
}

async function runSandbox(context: CommandContext, args: readonly string[]): Promise<void> {
  const found = findSandbox(context);
  if (found === undefined) {
    throw createLocalError("The sandbox is not installed", "NO_SANDBOX", "Run: npm install --save-dev @biped/sandbox");
  }
  const { environment, workingDirectory, signal, terminal } = context;
  const child = spawn(found.file, [...found.args, ...args], {
    stdio: "inherit",
    cwd: workingDirectory,
    env: environment,
  });
  context.handOver();
  const stop = (): void => {
    const isCtrlC = signal.reason instanceof Interrupted && signal.reason.exitCode === exitCodes.interrupted;
    // A terminal sends Ctrl-C to both; a second one would kill a sandbox that is closing its database.
    if (!isCtrlC || !terminal.isInputTerminal) child.kill(isCtrlC ? "SIGINT" : "SIGTERM");
  };
  signal.addEventListener("abort", stop, { once: true });
  const ended = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    // A shell reports a program that a signal ended as 128 and the signal's number.
    child.once("close", (code, name) => resolve(code ?? 128 + (name === null ? 0 : os.constants.signals[name])));
  });
  signal.removeEventListener("abort", stop);
  context.endWith(ended);
}

/** From the folder in which the user works, from this command's own place, then from the PATH. */
function findSandbox({ workingDirectory, environment }: CommandContext): Program | undefined {
  const places = [path.join(workingDirectory, "package.json"), import.meta.filename];
  for (const place of places) {
    const file = findInstalled(place);
    if (file !== undefined) return { file: process.execPath, args: [file] };
  }
  const folders = (environment.PATH ?? "").split(path.delimiter).filter((folder) => folder !== "");
  const file = folders.map((folder) => path.join(folder, "biped-sandbox")).find(isExecutable);
  return file === undefined ? undefined : { file, args: [] };
}

function findInstalled(place: string): string | undefined {
  try {
    const manifest = createRequire(place).resolve("@biped/sandbox/package.json");
    const content: unknown = JSON.parse(readFileSync(manifest, "utf8"));
    const bin = isJsonObject(content) ? content.bin : undefined;
    const program = isJsonObject(bin) ? bin["biped-sandbox"] : bin;
    const file = typeof program === "string" ? path.join(path.dirname(manifest), program) : undefined;
    return file !== undefined && statSync(file).isFile() ? file : undefined;
  } catch {
    // Not installed, not built, or not readable: there may be another one.
    return undefined;
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
