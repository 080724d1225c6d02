/** Brings `node_modules` in line with the lock file, and finds a Node that is new enough. */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { endAs, run } from "./child.mjs";

export const neededMajor = 24;

/** @type {(file: string) => Record<string, { version?: string, optional?: boolean }>} */
const readPackages = (file) => JSON.parse(readFileSync(file, "utf8")).packages;

/**
 * The dates decide quickly; where they say "older", the contents have the last word, because `npm install` and a
 * checkout that changes nothing also touch the lock file.
 * @param {string} folder
 */
export const isInstalled = (folder) => {
  const lock = path.join(folder, "package-lock.json");
  const installed = path.join(folder, "node_modules", ".package-lock.json");
  if (!existsSync(installed)) return false;
  if (statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return true;
  const present = readPackages(installed);
  return Object.entries(readPackages(lock)).every(([name, locked]) =>
    name === "" || (locked.optional && !present[name]) ? true : present[name]?.version === locked.version,
  );
};

/**
 * Without our own `.bin` in the path: npm must not run on a Node that lies in the folder it is about to delete.
 * @param {string} folder
 */
const pathForNpm = (folder) =>
  (process.env.PATH ?? "")
    .split(path.delimiter)
    .filter((entry) => !entry.startsWith(path.join(folder, "node_modules")))
    .join(path.delimiter);

/**
 * @param {string} folder
 * @param {string} label
 */
export const install = async (folder, label) => {
  if (!existsSync(path.join(folder, "package-lock.json"))) {
    console.error(`biped: ${label} has no package-lock.json, so there is nothing to install from.`);
    process.exit(1);
  }
  if (isInstalled(folder)) return;
  console.error(`biped: installing the packages of ${label} (npm ci), which takes about 20 seconds`);
  const started = Date.now();
  const args = ["ci", "--include=dev", "--include=optional", "--loglevel=error"];
  const env = { ...process.env, PATH: pathForNpm(folder) };
  const ending = await run("npm", args, { cwd: folder, env }).catch((/** @type {Error} */ error) => error);
  if (ending instanceof Error) {
    console.error(`biped: npm could not be started (${ending.message}). Install npm, then run this again.`);
    process.exit(1);
  }
  if (ending.signal) return endAs(ending);
  if (ending.code !== 0) {
    console.error(`biped: npm ci failed with exit code ${ending.code}; npm says why above. Nothing was started.`);
    process.exit(ending.code ?? 1);
  }
  console.error(`biped: installed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
};

/** @param {string} root */
export const findNode = (root) => {
  if (Number.parseInt(process.versions.node, 10) >= neededMajor) return process.execPath;
  const bundled = path.join(root, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");
  // Asked for its version, because a binary made for another C library exists and yet does not start.
  const answer = spawnSync(bundled, ["--version"], { encoding: "utf8" });
  if (answer.status === 0) return bundled;
  console.error(
    `biped: Node ${neededMajor} or newer is needed. This is Node ${process.versions.node}, and no bundled Node runs on ` +
      `${process.platform} ${process.arch}. Install Node ${neededMajor}, then run this again.`,
  );
  return process.exit(1);
};
