/** What publint and Are The Types Wrong find in one tarball. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import type { Published } from "./pack-published.ts";
import { tryTool } from "./run-tool.ts";

const attw = fileURLToPath(new URL("dist/index.js", import.meta.resolve("@arethetypeswrong/cli/package.json")));

const runPublint = async (tarball: string): Promise<readonly string[]> => {
  const bytes = await readFile(tarball);
  const view = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball: view }, strict: true });
  return messages.map((message) => formatMessage(message, pkg ?? {}, { color: false }) ?? message.code);
};

/** Only ESM is promised: `require` and the resolution of old compilers are not looked at. */
const runAttw = (tarball: string): readonly string[] => {
  const args = ["--profile", "esm-only", "--no-definitely-typed", "--no-color", "--no-emoji", "--format", "ascii"];
  const { code, output, errors } = tryTool(process.execPath, [attw, tarball, ...args], path.dirname(tarball));
  return code === 0 ? [] : [`attw: ${output}${errors}`];
};

/** Whether something can be imported from it; a command may export its manifest alone. */
const isLibrary = ({ exports = {} }: Pick<Published["manifest"], "exports">): boolean =>
  Object.keys(exports).some((key) => !key.endsWith(".json"));

export const lintTarball = async ({ manifest, tarball }: Published): Promise<readonly string[]> => {
  const faults = [...(await runPublint(tarball)), ...(isLibrary(manifest) ? runAttw(tarball) : [])];
  return faults.map((fault) => `${manifest.name}: ${fault}`);
};
