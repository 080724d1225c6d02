import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";

export const repository = path.dirname(import.meta.dirname);

/** A folder of its own for one test, gone after it. */
export const makeFolder = (files: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "biped-fake-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: text.startsWith("#!") ? 0o755 : 0o644 });
  }
  return folder;
};

export type Ran = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly errors: string;
};
type RunOptions = {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Sent as soon as the output holds the word `ready`. */
  readonly signalWhenReady?: NodeJS.Signals;
};

/** Without the variables by which a Vitest inside a Vitest, or an npm inside an npm, would be misled. */
const misleading =
  /^(VITEST|VITE_|TEST$|NODE_ENV$|NODE_OPTIONS$|BIPED_|UV_|npm_(?!config_(registry|cache|userconfig)$))/;
const cleanEnv = Object.fromEntries(Object.entries(process.env).filter(([name]) => !misleading.test(name)));

export const runCommand = (command: string, args: readonly string[], options: RunOptions): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd, env: { ...cleanEnv, ...options.env } });
    let [output, errors] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => {
      const wasReady = output.includes("ready");
      output += chunk.toString();
      if (options.signalWhenReady && !wasReady && output.includes("ready")) child.kill(options.signalWhenReady);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, output, errors }));
  });
