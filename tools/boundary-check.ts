/** Refuses imports and calls that ARCHITECTURE.md forbids. Takes the folder to check. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import path from "node:path";
import { configReader, directions, endpoint, importPattern, isTest, textRules } from "./boundary-rules.ts";

type Source = { readonly kind: string; readonly workspace: string; readonly inside: string };

const root = path.resolve(process.argv[2] ?? ".");
const readManifest = (folder: string) => JSON.parse(readFileSync(path.join(root, folder, "package.json"), "utf8"));
const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, " "));

const findRelativeFault = (inside: string, target: string): string | undefined => {
  const reached = path.posix.join(path.posix.dirname(inside), target);
  const [from, to] = [endpoint.exec(inside)?.[1], endpoint.exec(reached)?.[1]];
  if (from && to && from !== to) return `the endpoint ${from} imports the endpoint ${to}`;
  if (reached === "src/config.ts" && !configReader.test(inside)) return "only main.ts imports config";
  const leaves = reached.startsWith("..") && !(isTest(inside) && reached.startsWith("../../test/"));
  return leaves ? "an import leaves its workspace" : undefined;
};

const findImportFault = ({ kind, workspace, inside }: Source, target: string): string | undefined => {
  if (target.startsWith(".")) return findRelativeFault(inside, target);
  if (workspace === "protocol" && !isTest(inside)) return "protocol imports nothing";
  const [, ours] = /^@biped\/([^/]+)/.exec(target) ?? [];
  if (isBuiltin(target) || ours === workspace) return undefined;
  if (ours && kind === "packages" && existsSync(path.join(root, "apps", ours))) return "a package imports an app";
  const own = readManifest(path.join(kind, workspace));
  const forTests = isTest(inside) ? { ...own.devDependencies, ...readManifest(".").devDependencies } : {};
  const name = target.split("/", target.startsWith("@") ? 2 : 1).join("/");
  // What a bundler takes in is no dependency of who installs the package.
  const bundled = existsSync(path.join(root, kind, workspace, "vite.config.ts")) ? own.devDependencies : {};
  const declared = [own.imports, own.dependencies, own.peerDependencies, own.optionalDependencies, bundled, forTests];
  if (!declared.some((names) => names?.[name])) return `${name} is not declared in package.json`;
  const isAllowed = !ours || directions[workspace]?.includes(ours) || forTests[name];
  return isAllowed ? undefined : `${workspace} may not import ${ours}`;
};

const violations = new Set<string>();
for (const file of globSync("{packages,apps}/*/src/**/*.{ts,tsx}", { cwd: root }).sort()) {
  const [kind = "", workspace = "", ...rest] = file.split("/");
  const inside = rest.join("/");
  const text = withoutComments(readFileSync(path.join(root, file), "utf8"));
  const lineAt = (index: number): number => text.slice(0, index).split("\n").length;
  for (const { rule, pattern, isMeant } of textRules) {
    if (!isMeant(workspace, inside)) continue;
    for (const match of text.matchAll(pattern)) violations.add(`${file}:${lineAt(match.index)} ${rule}`);
  }
  for (const match of text.matchAll(importPattern)) {
    const target = match[1] ?? match[2] ?? match[3] ?? "";
    // The type of the configuration may travel: `start` takes such a value.
    if (target.endsWith("/config.ts") && match[0].startsWith("import type")) continue;
    const fault = findImportFault({ kind, workspace, inside }, target);
    if (fault) violations.add(`${file}:${lineAt(match.index + match[0].length)} ${fault}`);
  }
}
for (const violation of violations) console.error(violation);
process.exitCode = violations.size > 0 ? 1 : 0;
