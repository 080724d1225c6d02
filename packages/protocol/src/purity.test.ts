import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "../../..");

const refused = [
  "fetch",
  "process",
  "URL",
  "URLSearchParams",
  "crypto",
  "Buffer",
  "console",
  "performance",
  "setTimeout",
  "queueMicrotask",
  "structuredClone",
  "atob",
  "TextDecoder",
  "require",
  "globalThis.fetch",
  'import("node:fs")',
];
const allowed = ["Map", "JSON", "RegExp", "decodeURIComponent", "Uint8Array", "Math.floor"];

/** The lines that the compiler complains about, when the package's own settings judge one expression a line. */
async function findRefusedLines(expressions: readonly string[]): Promise<readonly number[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "biped-purity-"));
  const settings = {
    extends: path.join(root, "packages/protocol/tsconfig.json"),
    compilerOptions: { composite: false, noEmit: true, rootDir: "." },
    include: ["expressions.ts"],
  };
  try {
    writeFileSync(path.join(folder, "package.json"), '{"type":"module"}');
    writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify(settings));
    writeFileSync(
      path.join(folder, "expressions.ts"),
      expressions.map((expression, index) => `export const value${index} = ${expression};\n`).join(""),
    );
    const output = await compile(folder);
    return [...output.matchAll(/^expressions\.ts\((\d+),\d+\): error TS/gm)].map(([, line]) => Number(line));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compile(folder: string): Promise<string> {
  const compiler = path.join(root, "node_modules/typescript/bin/tsc");
  return new Promise((resolve) => {
    execFile(process.execPath, [compiler, "--pretty", "false", "-p", folder], { cwd: folder }, (_error, output) =>
      resolve(output),
    );
  });
}

// What ECMAScript itself has, the compiler cannot refuse: Date and Math.random are the boundary check's.
test("protocol cannot name the network, files, the environment, timers or keys: it does not compile", async () => {
  const lines = await findRefusedLines([...allowed, ...refused]);
  const expressions = lines.map((line) => [...allowed, ...refused][line - 1]);
  expect([...new Set(expressions)]).toStrictEqual(refused);
});
