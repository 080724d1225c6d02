/** Installs tarballs into an empty project, and tries what is in them on each Node that they promise. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Manifest, Published } from "./pack-published.ts";
import { runTool, tryTool } from "./run-tool.ts";
import type { Runtime } from "./runtimes.ts";

export const installTarballs = (project: string, published: readonly Published[]): void => {
  mkdirSync(project, { recursive: true });
  // Named as overrides too, so that one of ours is never looked for in the registry.
  const ours = Object.fromEntries(published.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]));
  const manifest = { type: "module", dependencies: ours, overrides: ours };
  writeFileSync(path.join(project, "package.json"), JSON.stringify(manifest));
  runTool("npm", ["install", "--prefer-offline", "--legacy-peer-deps", "--ignore-scripts", "--no-audit"], project);
};

/** What can be asked of a command without starting a server. */
const questions: Readonly<Record<string, readonly string[]>> = {
  biped: ["--version", "--help"],
  "biped-sandbox": ["--help"],
  "biped-server": ["--help"],
};

const isPromised = ({ engines }: Manifest, major: number): boolean =>
  major >= Number(/^>=(\d+)/.exec(engines.node)?.[1]);

const tryCommand = (node: Runtime, project: string, { bin = {}, version }: Manifest) =>
  Object.keys(bin).flatMap((name) =>
    (questions[name] ?? []).map((question) => {
      const args = [path.join(project, "node_modules", ".bin", name), question];
      const { code, output, errors } = tryTool(node.command, args, project);
      const isAnswer = question === "--version" ? output.trim() === version : output.includes(name);
      const fault = `${node.name}: ${name} ${question} ended with ${code}\n${output}${errors}`;
      return { tried: `${name} ${question}`, faults: code === 0 && isAnswer && errors === "" ? [] : [fault] };
    }),
  );

const tryExport = (node: Runtime, project: string, specifier: string) => {
  const how = specifier.endsWith(".json") ? ', { with: { type: "json" } }' : "";
  const code = `await import(${JSON.stringify(specifier)}${how});`;
  const ended = tryTool(node.command, ["--input-type=module", "--eval", code], project);
  const fault = `${node.name}: import of ${specifier} failed\n${ended.errors}`;
  return { tried: specifier, faults: ended.code === 0 ? [] : [fault] };
};

/** Every export and every command of the installed packages, where `engines` allows this Node. */
export const tryInstalled = (node: Runtime & { readonly major: number }, project: string, all: readonly Manifest[]) => {
  const tries = all
    .filter((manifest) => isPromised(manifest, node.major))
    .flatMap((manifest) => [
      ...Object.keys(manifest.exports ?? {}).map((key) => tryExport(node, project, manifest.name + key.slice(1))),
      ...tryCommand(node, project, manifest),
    ]);
  return { tried: tries.map(({ tried }) => tried), faults: tries.flatMap(({ faults }) => faults) };
};
