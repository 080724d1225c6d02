/**
 * The one door to everything that runs here. Any Node from 16 on can execute it: it installs what the lock file
 * names, then continues on a Node that is new enough to run the TypeScript sources as they are.
 */

import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { endAs, run } from "./child.mjs";
import { buildConsole } from "./console.mjs";
import { findNode, install } from "./install.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const server = "apps/authorization-server/src/main.ts";

/**
 * @typedef {object} Command
 * @property {string} does
 * @property {readonly string[]} entry
 * @property {string} [also] a folder with packages of its own
 * @property {boolean} [hasConsole] it serves, tests or packs the console's files
 */

/** @type {Record<string, Command>} */
const commands = {
  start: {
    does: "the whole system on this machine, the sandbox",
    entry: ["apps/sandbox/src/main.ts"],
    hasConsole: true,
  },
  serve: { does: "the authorization server", entry: [server, "serve"], hasConsole: true },
  server: { does: "the authorization server's other commands", entry: [server] },
  exports: { does: "the Data Export API of one cloud, and its commands", entry: ["apps/data-export-api/src/main.ts"] },
  biped: { does: "the command for who calls such an API, biped", entry: ["apps/cli/src/main.ts"] },
  test: {
    does: "every check and every test; with a path or a filter, those tests only",
    entry: ["scripts/test.mjs"],
    also: "test/runtimes",
    hasConsole: true,
  },
  soak: {
    does: "faults, floods and long proofs, for up to 150 minutes; --help says more",
    entry: ["scripts/soak.mjs"],
  },
  mutation: {
    does: "changes the code in small ways that the tests must notice, for up to 60 minutes; --help says more",
    entry: ["scripts/mutation.mjs"],
    also: "test/mutation",
  },
  check: { does: "types, lint, boundaries, documents, unused code", entry: ["scripts/check.mjs"] },
  build: {
    does: "compile, and pack what is published into dist/",
    entry: ["scripts/build.mjs"],
    also: "test/runtimes",
    hasConsole: true,
  },
  screenshots: { does: "pictures of the console into screenshots/", entry: ["tools/screenshots.ts"], hasConsole: true },
  bench: { does: "the benchmarks", entry: ["bench/run.ts"], also: "bench", hasConsole: true },
};

const [name = "", ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (!command) {
  const lines = Object.entries(commands).map(([each, { does }]) => `  ${each.padEnd(13)}${does}`);
  console.error(["usage: node scripts/run.mjs COMMAND [ARGUMENTS]", "", ...lines].join("\n"));
  process.exit(2);
}

await install(root, "this repository");
if (command.also) await install(path.join(root, command.also), command.also);

const node = findNode(root);
if (command.hasConsole) await buildConsole(root, node);
const [file = "", ...before] = command.entry;
const env = {
  ...process.env,
  // Children that look for `node` themselves find the same one.
  PATH: [...(node === process.execPath ? [] : [path.dirname(node)]), process.env.PATH ?? ""].join(path.delimiter),
  // Signing runs in the thread pool, and a thread a core is best: docs/decisions/0008-a-thread-a-core-signs.md.
  UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? String(Math.max(2, os.cpus().length)),
};
endAs(await run(node, ["--conditions=biped-source", path.join(root, file), ...before, ...args], { env }));
