/** Packs every workspace that is not private, and compares what is packed with its sources. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { compilePublished, findExpectedFiles, runTool } from "./compile-published.ts";

type Manifest = {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly engines: { readonly node: string };
};
type Packed = {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
};
type PackedAll = {
  readonly manifests: readonly Manifest[];
  /** In the order of the manifests. */
  readonly tarballs: readonly string[];
  readonly faults: readonly string[];
};

const findPublished = (root: string): ReadonlyMap<string, Manifest> => {
  const files = globSync("{packages,apps}/*/package.json", { cwd: root }).sort();
  const read = (file: string): Manifest => JSON.parse(readFileSync(path.join(root, file), "utf8"));
  const entries = files.map((file) => [path.join(root, path.dirname(file)), read(file)] as const);
  return new Map(entries.filter(([, manifest]) => !manifest.private));
};

export const packPublished = (root: string, output: string): PackedAll => {
  const published = findPublished(root);
  const manifests = [...published.values()];
  compilePublished(root, [...published.keys()]);
  const selected = [...published.keys()].flatMap((folder) => ["--workspace", folder]);
  const packed: readonly Packed[] = Object.values(
    JSON.parse(runTool("npm", ["pack", "--json", "--pack-destination", output, ...selected], root)),
  );
  const faults = [...published].flatMap(([folder, { name }]) => {
    const expected = findExpectedFiles(folder);
    const files = packed.find((each) => each.name === name)?.files.map((file) => file.path) ?? [];
    return [
      ...expected.filter((file) => !files.includes(file)).map((file) => `${name} lacks ${file}`),
      ...files.filter((file) => !expected.includes(file)).map((file) => `${name} should not have ${file}`),
    ];
  });
  const tarballs = manifests.map(({ name }) =>
    path.join(output, packed.find((each) => each.name === name)?.filename ?? ""),
  );
  return { manifests, tarballs, faults };
};
