/** Packs every workspace that is not private, and compares what is packed with its sources. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { compilePublished, findExpectedFiles } from "./compile-published.ts";
import { runTool } from "./run-tool.ts";

export type Manifest = {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
};
/** A published workspace and its tarball. */
export type Published = { readonly manifest: Manifest; readonly tarball: string };
type Packed = {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
};

const findPublished = (root: string): ReadonlyMap<string, Manifest> => {
  const files = globSync("{packages,apps}/*/package.json", { cwd: root }).sort();
  const read = (file: string): Manifest => JSON.parse(readFileSync(path.join(root, file), "utf8"));
  const entries = files.map((file) => [path.join(root, path.dirname(file)), read(file)] as const);
  return new Map(entries.filter(([, manifest]) => !manifest.private));
};

export const findFileFaults = (name: string, expected: readonly string[], files: readonly string[]) => [
  ...expected.filter((file) => !files.includes(file)).map((file) => `${name} lacks ${file}`),
  ...files.filter((file) => !expected.includes(file)).map((file) => `${name} should not have ${file}`),
];

/** The tarballs are put into the folder `output`. */
export const packPublished = (root: string, output: string) => {
  const published = findPublished(root);
  compilePublished(root, [...published.keys()]);
  const selected = [...published.keys()].flatMap((folder) => ["--workspace", folder]);
  const packed: readonly Packed[] = Object.values(
    JSON.parse(runTool("npm", ["pack", "--json", "--pack-destination", output, ...selected], root)),
  );
  const each = [...published].map(([folder, manifest]) => {
    const { filename = "", files = [] } = packed.find(({ name }) => name === manifest.name) ?? {};
    const present = files.map((file) => file.path);
    const faults = findFileFaults(manifest.name, findExpectedFiles(folder), present);
    return { published: { manifest, tarball: path.join(output, filename) }, faults };
  });
  return { published: each.map((one) => one.published), faults: each.flatMap((one) => one.faults) };
};
