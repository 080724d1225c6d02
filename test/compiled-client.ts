/** The client as it is published, in a project of its own: another run of the compiler cannot change it meanwhile. */

import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { rolldown } from "rolldown";
import { runTool } from "../tools/run-tool.ts";
import { repository } from "./fake-folder.ts";

const source = path.join(repository, "packages/client");

export type ClientProject = {
  readonly folder: string;
  /** The compiled modules, by their path inside `dist`. */
  readonly modules: ReadonlyMap<string, string>;
  /** One script of the module `code` and what it imports. @param format An `iife` leaves its exports in `bundle`. */
  readonly bundle: (code: string, format: "esm" | "iife") => Promise<string>;
  readonly remove: () => void;
};

/** An empty project in which `@biped/client` can be imported. */
export function createClientProject(): ClientProject {
  const folder = mkdtempSync(path.join(os.tmpdir(), "biped-client-"));
  const remove = (): void => rmSync(folder, { recursive: true });
  const dist = compileClient(folder, remove);
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const read = (file: string) => [file, readFileSync(path.join(dist, file), "utf8")] as const;
  return {
    folder,
    modules: new Map(globSync("**/*.js", { cwd: dist }).map(read)),
    bundle: async (code, format) => {
      const input = path.join(folder, "bundled.mjs");
      writeFileSync(input, code);
      const bundler = await rolldown({ input, cwd: folder, platform: "browser", logLevel: "silent" });
      const { output } = await bundler.generate({ format, name: "bundle", minify: true });
      await bundler.close();
      return output[0].code;
    },
    remove,
  };
}

function compileClient(project: string, giveUp: () => void): string {
  const folder = path.join(project, "node_modules/@biped/client");
  const dist = path.join(folder, "dist");
  mkdirSync(folder, { recursive: true });
  cpSync(path.join(source, "package.json"), path.join(folder, "package.json"));
  const tsc = path.join(repository, "node_modules/.bin/tsc");
  const args = ["-p", source, "--outDir", dist, "--tsBuildInfoFile", path.join(project, "client.tsbuildinfo")];
  try {
    runTool(process.execPath, [tsc, ...args], repository);
    return dist;
  } catch (error) {
    giveUp();
    throw error;
  }
}
