import { homedir } from "node:os";
import path from "node:path";
import type { Environment } from "../command-context.ts";

/** XDG Base Directory: a relative path in the variable counts as none. */
export function findConfigDirectory({ BIPED_CONFIG_DIR, XDG_CONFIG_HOME }: Environment): string {
  if (BIPED_CONFIG_DIR) return path.resolve(BIPED_CONFIG_DIR);
  if (XDG_CONFIG_HOME && path.isAbsolute(XDG_CONFIG_HOME)) return path.join(XDG_CONFIG_HOME, "biped");
  return path.join(homedir(), ".config", "biped");
}
