import { expect, test } from "vitest";
import { makeFolder, repository, runCommand } from "./fake-folder.ts";

const dependsOn = (...names: readonly string[]): string =>
  JSON.stringify({ dependencies: Object.fromEntries(names.map((name) => [name, "0.1.0"])) });

/** Each workspace declares just what its test needs. */
const check = async (files: Readonly<Record<string, string>>) => {
  const workspaces = ["packages/protocol", "packages/client", "apps/authorization-server", "apps/data-export-api"];
  const bare = workspaces.map((workspace) => [`${workspace}/package.json`, "{}"] as const);
  const root = JSON.stringify({ devDependencies: { vitest: "5.1.1" } });
  const cwd = makeFolder({ "package.json": root, ...Object.fromEntries(bare), ...files });
  const ran = await runCommand(process.execPath, [`${repository}/tools/boundary-check.ts`, cwd], { cwd });
  return { found: ran.errors.split("\n").filter(Boolean), code: ran.code };
};

const server = "apps/authorization-server";

test.each<readonly [string, Readonly<Record<string, string>>, string]>([
  [
    "a direction that the table does not have",
    {
      "packages/client/package.json": dependsOn("@biped/protocol"),
      "packages/client/src/a.ts": 'import {\n  a,\n} from "@biped/protocol";\n',
    },
    "packages/client/src/a.ts:3 client may not import protocol",
  ],
  [
    "an import of ours that is not declared",
    { [`${server}/src/a.ts`]: 'import { a } from "@biped/protocol";' },
    `${server}/src/a.ts:1 @biped/protocol is not declared in package.json`,
  ],
  [
    "an import of another's that is not declared",
    { [`${server}/src/a.ts`]: '\nconst a = await import("left-pad/sub");' },
    `${server}/src/a.ts:2 left-pad is not declared in package.json`,
  ],
  [
    "a package that imports an app",
    {
      "packages/client/package.json": dependsOn("@biped/data-export-api"),
      "packages/client/src/a.test.ts": 'export * from "@biped/data-export-api";',
    },
    "packages/client/src/a.test.ts:1 a package imports an app",
  ],
  [
    "an app that imports an app",
    {
      "apps/data-export-api/package.json": dependsOn("@biped/authorization-server"),
      "apps/data-export-api/src/a.ts": 'import type { A } from "@biped/authorization-server";',
    },
    "apps/data-export-api/src/a.ts:1 data-export-api may not import authorization-server",
  ],
  [
    "a relative way into another workspace",
    { "packages/client/src/a.ts": 'import "../../protocol/src/b.ts";' },
    "packages/client/src/a.ts:1 an import leaves its workspace",
  ],
  [
    "a protocol that imports",
    { "packages/protocol/src/a.ts": 'import { createHash } from "node:crypto";' },
    "packages/protocol/src/a.ts:1 protocol imports nothing",
  ],
  ...["Date.now()", "new Date()", "Math.random()", "fetch(url)", "process.pid", "crypto.randomUUID()"].map(
    (call) =>
      [
        `a protocol that calls ${call}`,
        { "packages/protocol/src/a.ts": `// Says nothing.\nexport const a = ${call};` },
        "packages/protocol/src/a.ts:2 protocol has no clock, chance or I/O",
      ] as const,
  ),
  [
    "an endpoint that imports an endpoint",
    { [`${server}/src/introspection/a.ts`]: 'import { b } from "../token-endpoint/b.ts";' },
    `${server}/src/introspection/a.ts:1 the endpoint introspection imports the endpoint token-endpoint`,
  ],
  [
    "config imported outside of main",
    { [`${server}/src/app.ts`]: 'import { config } from "./config.ts";' },
    `${server}/src/app.ts:1 only main.ts imports config`,
  ],
  [
    "the environment read outside of config and main",
    { [`${server}/src/app.ts`]: "const port = process.env.PORT;" },
    `${server}/src/app.ts:1 only config.ts, main.ts and the client's credentials-from-environment.ts read process.env`,
  ],
  [
    "the table of secrets read outside of storage",
    { [`${server}/src/credentials/a.ts`]: 'const a = await db.selectFrom("secret").selectAll().execute();' },
    `${server}/src/credentials/a.ts:1 only storage/ reads the table of secrets`,
  ],
  [
    "the table of secrets read in SQL text outside of storage",
    { [`${server}/src/credentials/a.ts`]: 'const a = sql`select digest from "secret"`;' },
    `${server}/src/credentials/a.ts:1 only storage/ reads the table of secrets`,
  ],
])("refused: %s", async (_, files, violation) => {
  expect(await check(files)).toEqual({ found: [violation], code: 1 });
});

test("passes: what is allowed, comments, and tests", async () => {
  const files = {
    [`${server}/package.json`]: JSON.stringify({
      imports: { "#inside": "./src/f.ts" },
      dependencies: { "@biped/protocol": "0.1.0", kysely: "0.29.9" },
    }),
    [`${server}/src/main.ts`]: 'import { config } from "./config.ts";\nconst port = process.env.PORT;',
    [`${server}/src/index.ts`]: 'export { createConfig } from "./config.ts";\nimport { f } from "#inside";',
    [`${server}/src/start.ts`]: 'import type { Config } from "./config.ts";',
    [`${server}/src/config.test.ts`]: 'import { config } from "./config.ts";\nimport { test } from "vitest";',
    [`${server}/src/management/a.ts`]: 'import { b } from "./b.ts";\nimport { c } from "@biped/protocol";',
    [`${server}/src/storage/a.ts`]: 'import { d } from "kysely/migration";\ndb.selectFrom("secret");',
    [`${server}/src/storage/a.test.ts`]: 'import { e } from "../../../../test/postgres.ts";',
    "packages/protocol/src/a.ts": '/** Date.now() is not for us.\n * import "b" */\nimport { b } from "./b.ts";',
    "packages/protocol/src/a.test.ts": 'import { test } from "vitest";\nDate.now();',
  };
  expect(await check(files)).toEqual({ found: [], code: 0 });
});
