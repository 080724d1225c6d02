/**
 * Packs what is published, lints it, installs it elsewhere, and tries it on each Node it promises. Takes the folder for
 * the tarballs and the one to install into; without them, neither stays.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { lintTarball } from "./lint-tarball.ts";
import { packPublished } from "./pack-published.ts";
import { findRuntimes } from "./runtimes.ts";
import { installTarballs, tryInstalled } from "./try-installed.ts";

const root = path.dirname(import.meta.dirname);

const checkTarballs = async (output: string, project: string): Promise<readonly string[]> => {
  mkdirSync(output, { recursive: true });
  const { published, faults } = packPublished(root, output);
  const lintFaults = await Promise.all(published.map(lintTarball));
  installTarballs(project, published);
  const { runtimes, missing, faults: runtimeFaults } = findRuntimes(root);
  for (const name of missing) console.log(`${name}: left out, as it is not installed`);
  const manifests = published.map(({ manifest }) => manifest);
  const installedFaults = runtimes.flatMap(({ major, ...runtime }) => {
    if (major === undefined) return [];
    const { tried, faults } = tryInstalled({ major, ...runtime }, project, manifests);
    console.log(`${runtime.name}: ${tried.join(", ")}`);
    return faults;
  });
  return [...faults, ...lintFaults.flat(), ...runtimeFaults, ...installedFaults];
};

const scratch = mkdtempSync(path.join(os.tmpdir(), "biped-tarballs-"));
try {
  const [output = path.join(scratch, "packed"), project = path.join(scratch, "project")] = process.argv.slice(2);
  const faults = await checkTarballs(path.resolve(output), path.resolve(project));
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true });
}
