/** What the client weighs in an application that is bundled. */

import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClientProject, createClientProject } from "./compiled-client.ts";

let project: ClientProject;
beforeAll(() => {
  project = createClientProject();
});
afterAll(() => project?.remove());

const weigh = (code: string): number => Buffer.byteLength(code);

test("all of it: under 8 KiB minified and gzipped", async () => {
  const code = await project.bundle('export * from "@biped/client";', "esm");
  const gzipped = gzipSync(code, { level: 9 }).length;
  console.log(`@biped/client: ${weigh(code)} bytes minified, ${gzipped} gzipped`);
  expect(gzipped).toBeLessThan(8_192);
  // A bundle that lost the exports would be light too.
  expect(code).toMatch(/export\s*{[^}]*\bas createClient\b/);
});

test.each([
  ["credentialsFromEnvironment", "CLIENT_SECRET", 800],
  ["ClientError", "ClientError", 600],
])("%s alone leaves the rest behind", async (name, word, limitBytes) => {
  const code = await project.bundle(`export { ${name} } from "@biped/client";`, "esm");
  console.log(`${name}: ${weigh(code)} bytes minified`);
  expect(code).toContain(word);
  expect(weigh(code)).toBeLessThan(limitBytes);
});

test("imported for its types or its effects alone, nothing of it stays", async () => {
  expect((await project.bundle('import "@biped/client";', "esm")).trim()).toBe("");
});
