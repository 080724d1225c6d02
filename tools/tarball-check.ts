/** Packs what is published, installs it elsewhere, and imports every export on each Node it promises. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { runTool } from "./compile-published.ts";
import { packPublished } from "./pack-published.ts";

/** Our own Node, and the first of each other major in the path. */
const findNodes = (): ReadonlyMap<number, string> => {
  const nodes = new Map([[Number.parseInt(process.versions.node, 10), process.execPath]]);
  for (const folder of (process.env.PATH ?? "").split(path.delimiter)) {
    const node = path.join(folder, "node");
    if (!existsSync(node)) continue;
    const major = Number.parseInt(spawnSync(node, ["--version"], { encoding: "utf8" }).stdout?.slice(1), 10);
    if (major > 0 && !nodes.has(major)) nodes.set(major, node);
  }
  return nodes;
};

/** With an output folder the tarballs stay there. */
const checkTarballs = (root: string, scratch: string, kept: string | undefined): readonly string[] => {
  const output = path.resolve(kept ?? path.join(scratch, "packed"));
  mkdirSync(output, { recursive: true });
  const { manifests, tarballs, faults } = packPublished(root, output);
  const project = path.join(scratch, "project");
  mkdirSync(project);
  // Named as overrides too, so that one of ours is never looked for in the registry.
  const ours = Object.fromEntries(manifests.map(({ name }, index) => [name, `file:${tarballs[index]}`]));
  const manifest = { type: "module", dependencies: ours, overrides: ours };
  writeFileSync(path.join(project, "package.json"), JSON.stringify(manifest));
  runTool("npm", ["install", "--prefer-offline", "--legacy-peer-deps", "--ignore-scripts", "--no-audit"], project);
  for (const [major, node] of findNodes()) {
    const promised = manifests.filter(({ engines }) => major >= Number(/^>=(\d+)/.exec(engines.node)?.[1]));
    const exported = promised.flatMap(({ name, exports }) =>
      Object.keys(exports ?? {}).map((each) => name + each.slice(1)),
    );
    const code = exported.map((each) => `await import(${JSON.stringify(each)});`).join("\n");
    runTool(node, ["--input-type=module", "--eval", code], project);
    console.log(`Node ${major}: ${exported.join(" ") || "nothing is promised"}`);
  }
  return faults;
};

const scratch = mkdtempSync(path.join(os.tmpdir(), "biped-tarballs-"));
try {
  const faults = checkTarballs(path.dirname(import.meta.dirname), scratch, process.argv[2]);
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true });
}
