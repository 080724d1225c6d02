/** The runtimes on which published packages are tried: our own Node, and those that `test/runtimes` installs. */
import { existsSync } from "node:fs";
import path from "node:path";

export type Runtime = {
  readonly name: string;
  /** Only of a Node. */
  readonly major?: number;
  readonly command: string;
  /** Stand before the file to run. */
  readonly args: readonly string[];
};

const brought: readonly Runtime[] = [
  { name: "Node 20", major: 20, command: "node-20/bin/node", args: [] },
  { name: "Node 22", major: 22, command: "node-22/bin/node", args: [] },
  { name: "Bun", command: "@oven/bun-linux-x64/bin/bun", args: ["run"] },
  {
    name: "Deno",
    command: "@deno/linux-x64-glibc/deno",
    args: ["run", "--no-remote", "--no-prompt", "--no-lock", "--allow-net=127.0.0.1"],
  },
];

type FoundRuntimes = {
  readonly runtimes: readonly Runtime[];
  readonly missing: readonly string[];
  /** Where everything that is brought runs, something that is missing is a fault. */
  readonly faults: readonly string[];
};

export const findRuntimes = (root: string, platform = `${process.platform} ${process.arch}`): FoundRuntimes => {
  const major = Number.parseInt(process.versions.node, 10);
  const own: Runtime = { name: `Node ${major}`, major, command: process.execPath, args: [] };
  const placed = brought.map((each) => ({
    ...each,
    command: path.join(root, "test/runtimes/node_modules", each.command),
  }));
  const missing = placed.filter(({ command }) => !existsSync(command)).map(({ name }) => name);
  const found = placed.filter(({ name }) => !missing.includes(name));
  return {
    runtimes: [...found.filter((each) => each.name !== own.name), own],
    missing,
    faults: platform === "linux x64" ? missing.map((name) => `${name} is missing from test/runtimes`) : [],
  };
};
