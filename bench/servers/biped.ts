/** Biped's own authorization server as a program to start: from its sources, as `npm run serve` does, or compiled. */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { BipedStore } from "./biped-store.ts";
import type { ServerProgram } from "./child-server.ts";

export type BipedSettings = {
  readonly algorithm?: "RS256" | "ES256";
  /** `off`: no log lines, and a counter that counts nothing. */
  readonly records?: "on" | "off";
  /** `compiled`: without the reading of types at the start, as it is packed and deployed. */
  readonly form?: "source" | "compiled";
};

export const tokenPath = "/v1/oauth/token";
/** Said by the counter that counts nothing, so that a run without it does not pass for one with it. */
export const uncountedNotice = "use counting is off";

const root = join(import.meta.dirname, "..", "..");
const app = join(root, "apps", "authorization-server");
const uncounted = ["--import", join(import.meta.dirname, "..", "processes", "no-use-counting.ts")];

export function createProgram(store: BipedStore, settings: BipedSettings = {}): ServerProgram {
  const { algorithm = "RS256", records = "on", form = "source" } = settings;
  const main = form === "source" ? nodeArgsOfSource : [join(app, "dist", "main.js")];
  return {
    name: "biped",
    nodeArgs: [...(records === "off" ? uncounted : []), ...main, "serve"],
    environment: (port) => ({
      ...store.settings,
      BIPED_PUBLIC_PORT: String(port),
      BIPED_ADMIN_PORT: String(findOtherPort(port)),
      BIPED_SIGNING_ALG: algorithm,
      BIPED_TOKENS_PER_SECOND: "0",
      BIPED_LOG_LEVEL: records === "on" ? "info" : "error",
    }),
    readyPath: "/readyz",
    outputFile: join(store.folder, "log"),
  };
}

const nodeArgsOfSource = ["--conditions=biped-source", join(app, "src", "main.ts")];

function findOtherPort(port: number): number {
  return port < 60_000 ? port + 1 : port - 1;
}

/** @param origin Of the public listener. */
export function findAdminOrigin(origin: string): string {
  const url = new URL(origin);
  url.port = String(findOtherPort(Number(url.port)));
  return url.origin;
}

/** One of the program's other commands; answers what it printed. */
export function runCommand(args: readonly string[], settings: Readonly<Record<string, string>>): string {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("BIPED_"));
  const env = { ...Object.fromEntries(kept), ...settings };
  const { status, stdout, stderr } = spawnSync(process.execPath, [...nodeArgsOfSource, ...args], {
    env,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`biped-server ${args.slice(0, 2).join(" ")} failed: ${stderr.trim()}`);
  return stdout;
}

export function compileServer(): void {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const { status, stdout } = spawnSync(process.execPath, [compiler, "-b", app], { encoding: "utf8" });
  if (status !== 0 || !existsSync(join(app, "dist", "main.js")))
    throw new Error(`The server does not compile: ${stdout.trim()}`);
}
