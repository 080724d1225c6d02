/** Runs another program to its end. */
import { spawnSync } from "node:child_process";
import path from "node:path";

type ToolEnd = { readonly code: number | null; readonly output: string; readonly errors: string };

export const tryTool = (command: string, args: readonly string[], cwd: string): ToolEnd => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  return { code: status, output: stdout ?? "", errors: error?.message ?? stderr };
};

/** Returns what the tool printed; throws with all of it when the tool fails. */
export const runTool = (command: string, args: readonly string[], cwd: string): string => {
  const { code, output, errors } = tryTool(command, args, cwd);
  if (code === 0) return output;
  throw new Error(`${path.basename(command)} ${args.join(" ")} failed\n${output}${errors}`);
};
