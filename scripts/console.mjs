/** Builds the administrators' web app when what it is made of is newer than its files. */

import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { endAs, run } from "./child.mjs";

const sources = ["apps/console", "packages/management-client/src"];
const built = new Set(["dist", "node_modules"]);

/** @type {(entry: string) => number} */
const findNewest = (entry) => {
  const status = statSync(entry);
  if (!status.isDirectory()) return status.mtimeMs;
  const names = readdirSync(entry).filter((name) => !built.has(name) && !name.startsWith("dist."));
  return Math.max(0, ...names.map((name) => findNewest(path.join(entry, name))));
};

/**
 * Under another name first, so that nobody is served half of it, and two builds at once do not mix.
 * @param {string} root
 * @param {string} node
 */
export const buildConsole = async (root, node) => {
  const folder = path.join(root, "apps", "console");
  if (!existsSync(path.join(folder, "vite.config.ts"))) return;
  const dist = path.join(folder, "dist");
  const index = path.join(dist, "index.html");
  const newest = Math.max(...sources.map((source) => findNewest(path.join(root, source))));
  if (existsSync(index) && statSync(index).mtimeMs >= newest) return;
  console.error("biped: building the console, which takes a few seconds");
  const [fresh, former] = [`${dist}.${process.pid}`, `${dist}.${process.pid}.former`];
  const vite = path.join(root, "node_modules", "vite", "bin", "vite.js");
  const args = [vite, "build", folder, "--outDir", fresh, "--emptyOutDir", "--logLevel", "warn"];
  // Tests have a NODE_ENV of their own, with which React would come in the form for its developers.
  const ending = await run(node, args, { cwd: root, env: { ...process.env, NODE_ENV: "production" } });
  if (ending.code !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    return endAs(ending);
  }
  if (existsSync(dist)) renameSync(dist, former);
  renameSync(fresh, dist);
  rmSync(former, { recursive: true, force: true });
};
