import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { andThen } from "./verifier.ts";

const packageFolder = new URL("..", import.meta.url);

function resolveVerifier(...conditions: readonly string[]): string | undefined {
  const flags = conditions.map((name) => `--conditions=${name}`);
  const args = [...flags, "--input-type=module", "--eval", 'console.log(import.meta.resolve("#verifier"))'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: packageFolder, encoding: "utf8" });
  return /guard\/(.*)\n$/.exec(stdout)?.[1];
}

test("Node takes the synchronous verifier, from the sources and from what is published", () => {
  expect(resolveVerifier("biped-source")).toBe("src/node-verifier.ts");
  expect(resolveVerifier()).toBe("dist/node-verifier.js");
});

test("a value is handed on at once, and a promise when it is there", async () => {
  expect(andThen(1, (value) => value + 1)).toBe(2);
  expect(await andThen(Promise.resolve(1), (value) => value + 1)).toBe(2);
});
