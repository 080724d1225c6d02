/** The version before this one, out of the repository's history, with the packages that are installed here. */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";

/** The last commit of the version before. */
const formerCommit = "ac50732722a8ac3272a1e3c708e8a140015e6159";
const root = join(import.meta.dirname, "../..");

/** A checkout without its history, or a release, has it not. */
export function hasFormerVersion(): boolean {
  return spawnSync("git", ["cat-file", "-e", `${formerCommit}^{commit}`], { cwd: root }).status === 0;
}

/** @param directory An empty one. @returns the server's program. */
export function unpackFormerVersion(directory: string): string {
  execFileSync("sh", ["-c", 'git archive "$0" | tar -x -C "$1"', formerCommit, directory], { cwd: root });
  const [installed, modules] = [join(root, "node_modules"), join(directory, "node_modules")];
  mkdirSync(join(modules, "@biped"), { recursive: true });
  for (const name of readdirSync(installed)) {
    if (name !== "@biped") symlinkSync(join(installed, name), join(modules, name));
  }
  // These lead to the workspaces beside them, which are those of the version before.
  for (const name of readdirSync(join(installed, "@biped"))) {
    symlinkSync(readlinkSync(join(installed, "@biped", name)), join(modules, "@biped", name));
  }
  return join(directory, "apps/authorization-server/src/main.ts");
}
