import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lintTarball } from "../tools/lint-tarball.ts";
import { findFileFaults, type Manifest } from "../tools/pack-published.ts";
import { findRuntimes } from "../tools/runtimes.ts";
import { tryInstalled } from "../tools/try-installed.ts";
import { makeFolder, type Ran, repository, runCommand } from "./fake-folder.ts";
import { findFreePorts } from "./free-ports.ts";

const read = (file: string): string => readFileSync(path.join(repository, file), "utf8");
const manifests = globSync("{packages,apps}/*/package.json", { cwd: repository })
  .sort()
  .map((file) => ({ folder: path.dirname(file), ...JSON.parse(read(file)) }));
const oldNodes = findRuntimes(repository).runtimes.filter(({ major = 24 }) => major < 24);

/** Uses what a user's program would. */
const consumer = `
import { type Client, ClientError, type ClientOptions, createClient, credentialsFromEnvironment } from "@biped/client";
import { createGuard } from "@biped/guard";
const options: ClientOptions = { ...credentialsFromEnvironment({}), scope: ["data-export"], fetch, now: Date.now };
const client: Client = createClient(options);
const answer: Response = await client.fetch("/v1/exports", { signal: AbortSignal.timeout(1) });
for await (const job of client.exports.list({ state: "ACTIVE" })) job.jobId.toFixed();
const stream: ReadableStream<Uint8Array> = await client.exports.download({ partId: 1, url: "https://example.com" });
export const guard = createGuard({ issuer: "https://auth.example.com", endpoint: "https://api.example.com" });
export const seen = [answer.ok, stream.locked, new ClientError("", { kind: "refused", code: "X" }).retryAfterSeconds];
`;

describe("what is published", () => {
  let scratch: string;
  let checked: Ran;
  const bin = (name: string): string => path.join(scratch, "project/node_modules/.bin", name);
  beforeAll(async () => {
    scratch = mkdtempSync(path.join(os.tmpdir(), "biped-tarballs-"));
    const args = ["tools/tarball-check.ts", path.join(scratch, "packed"), path.join(scratch, "project")];
    checked = await runCommand(process.execPath, args, { cwd: repository });
  }, 120_000);
  afterAll(() => rmSync(scratch, { recursive: true }));

  test("is complete, lints clean, installs elsewhere, and each export and command works where promised", () => {
    expect([checked.errors, checked.code]).toEqual(["", 0]);
  });

  test.runIf(oldNodes.length > 0)("is tried on each Node: libraries on 20, the command from 22, servers on 24", () => {
    const tried = (major: number): readonly string[] =>
      new RegExp(`^Node ${major}: (.*)$`, "m").exec(checked.output)?.[1]?.split(", ") ?? [];
    expect(tried(20)).toEqual(expect.arrayContaining(["@biped/client", "@biped/guard/fetch", "@biped/protocol"]));
    expect(tried(20)).not.toContain("biped --version");
    expect(tried(22)).toEqual(expect.arrayContaining(["biped --version", "biped --help", "@biped/client"]));
    expect(tried(22)).not.toContain("@biped/database");
    expect(tried(24)).toEqual(expect.arrayContaining(["biped --version", "biped-server --help", "@biped/database"]));
  });

  test.each([
    ["with Node's types", "nodenext", { lib: ["ES2023"], types: ["node"] }],
    ["with those of browsers", "bundler", { lib: ["ES2023", "DOM"], types: [] }],
  ])("a strict TypeScript program that checks its libraries' types compiles %s", async (_, resolution, given) => {
    const folder = path.join(scratch, "project", resolution);
    const module = resolution === "nodenext" ? resolution : "esnext";
    const typeRoots = [path.join(repository, "node_modules", "@types")];
    const strict = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true };
    const compilerOptions = { ...strict, ...given, target: "ES2023", module, moduleResolution: resolution, typeRoots };
    mkdirSync(folder);
    writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    writeFileSync(path.join(folder, "program.ts"), consumer);
    const tsc = path.join(repository, "node_modules", ".bin", "tsc");
    const ran = await runCommand(process.execPath, [tsc, "--project", folder], { cwd: folder });
    expect([ran.output, ran.code]).toEqual(["", 0]);
  });

  test.each([
    ["biped-sandbox", []],
    ["biped", ["sandbox"]],
  ])(
    "the sandbox, started by %s, serves its console too, and `biped` gets a token and an access token of it",
    { timeout: 40_000 },
    async (name, args) => {
      const [publicPort = 0, adminPort = 0, aws = 0, azure = 0] = await findFreePorts(4);
      const directory = path.join(scratch, `data-of-${name}`);
      const child = spawn(process.execPath, [bin(name), ...args], {
        cwd: scratch,
        env: {
          PATH: process.env.PATH,
          BIPED_DATA_DIR: directory,
          BIPED_PUBLIC_PORT: String(publicPort),
          BIPED_ADMIN_PORT: String(adminPort),
          BIPED_CLOUD_PORTS: `${aws},${azure}`,
        },
        stdio: ["ignore", "pipe", "inherit"],
      });
      try {
        await new Promise<void>((resolve) => {
          child.stdout.on("data", (chunk) => String(chunk).includes("Stop with Ctrl-C") && resolve());
          child.once("close", () => resolve());
        });
        const url = `http://127.0.0.1:${publicPort}`;
        expect((await fetch(`${url}/healthz`)).status).toBe(200);
        const env = { PATH: process.env.PATH, BIPED_CONFIG_DIR: path.join(directory, "config") };
        const biped = async (...words: readonly string[]) =>
          runCommand(process.execPath, [bin("biped"), ...words], { cwd: scratch, env });
        expect((await biped("login", "--sandbox", directory, "--store", "file")).code).toBe(0);
        const token = JSON.parse((await biped("token", "--json")).output);
        expect([token.project_id, token.endpoint]).toEqual([42, `http://127.0.0.1:${aws}`]);
        const page = await (await fetch(`http://127.0.0.1:${adminPort}/`)).text();
        const [, script = ""] = /<script type="module"[^>]* src="([^"]+)"/.exec(page) ?? [];
        const served = await fetch(`http://127.0.0.1:${adminPort}${script}`);
        expect([served.status, served.headers.get("content-type")]).toEqual([200, "text/javascript; charset=utf-8"]);
        expect((await biped("admin", "login", "--sandbox", directory)).code).toBe(0);
        const accounts = JSON.parse((await biped("admin", "accounts", "list", "--json")).output);
        expect(JSON.stringify(accounts)).toContain("Northwind Retail");
      } finally {
        child.kill("SIGTERM");
      }
      expect(await once(child, "close")).toEqual([0, null]);
    },
  );

  describe.each(oldNodes)("on $name", ({ command, name }) => {
    test.each(["biped-sandbox", "biped-server", "biped-data-export-api"])(
      "%s says that Node 24 is needed",
      async (each) => {
        const ran = await runCommand(command, [bin(each)], { cwd: scratch });
        const version = /\d+\.\d+\.\d+/.exec((await runCommand(command, ["--version"], { cwd: scratch })).output)?.[0];
        expect(ran.errors).toBe(`${each}: Node 24 or newer is needed. This is Node ${version}.\n`);
        expect([ran.output, ran.code, name]).toEqual(["", 1, `Node ${Number.parseInt(version ?? "", 10)}`]);
      },
    );
  });
});

describe("the checks of what is published notice", () => {
  const manifest = (further: Partial<Manifest>): Manifest => ({
    name: "fake",
    version: "1.0.0",
    engines: { node: ">=20" },
    ...further,
  });
  const own = { name: "Node 24", major: 24, command: process.execPath, args: [] };

  test("a file too few, and one too many", () => {
    expect(findFileFaults("fake", ["LICENSE", "dist/a.js"], ["LICENSE", "dist/b.js"])).toEqual([
      "fake lacks dist/a.js",
      "fake should not have dist/b.js",
    ]);
  });

  const lint = async (further: Partial<Manifest>, files: Readonly<Record<string, string>>) => {
    const fake = manifest(further);
    const text = JSON.stringify({ ...fake, type: "module", license: "Apache-2.0" });
    const cwd = makeFolder({ "package.json": text, ...files });
    await runCommand("npm", ["pack"], { cwd });
    return lintTarball({ manifest: fake, tarball: path.join(cwd, "fake-1.0.0.tgz") });
  };

  test("a command whose file is not there, by publint", async () => {
    const faults = await lint({ bin: { fake: "dist/main.js" } }, {});
    expect(faults).toEqual(["fake: pkg.bin.fake is dist/main.js but the file does not exist."]);
  });

  test("types that are not those of the module, by attw", async () => {
    const files = { "a.js": "export const a = 1;\n", "a.d.cts": "export declare const a: number;\n" };
    const faults = await lint({ exports: { ".": { types: "./a.d.cts", default: "./a.js" } } }, files);
    expect(faults.filter((fault) => fault.startsWith("fake: attw: ") && fault.includes("FalseCJS.md")).length).toBe(1);
  });

  test("an export that does not load, and only where it is promised", () => {
    const project = makeFolder({
      "node_modules/fake/package.json": JSON.stringify({ exports: { ".": "./a.mjs", "./b": "./b.mjs" } }),
      "node_modules/fake/a.mjs": "export {};",
      "node_modules/fake/b.mjs": "throw new Error('no such thing');",
    });
    const fake = manifest({ exports: { ".": "./a.mjs", "./b": "./b.mjs" } });
    const { tried, faults } = tryInstalled(own, project, [fake]);
    expect(tried).toEqual(["fake", "fake/b"]);
    expect([faults.length, faults[0]?.split("\n")[0]]).toEqual([1, "Node 24: import of fake/b failed"]);
    expect(faults[0]).toContain("no such thing");
    expect(tryInstalled(own, project, [{ ...fake, engines: { node: ">=25" } }])).toEqual({ tried: [], faults: [] });
  });

  test.each([
    ["says another version", "console.log(process.argv[2] === '--help' ? 'biped' : '2.0.0')", ["biped --version"]],
    [
      "fails",
      "console.log(process.argv[2] === '--help' ? 'biped' : '1.0.0'); process.exit(3)",
      ["biped --version", "biped --help"],
    ],
    [
      "warns",
      "console.log(process.argv[2] === '--help' ? 'biped' : '1.0.0'); console.error('x')",
      ["biped --version", "biped --help"],
    ],
    ["has no help", "console.log('1.0.0')", ["biped --help"]],
  ])("a command that %s", (_, text, blamed) => {
    const project = makeFolder({ "node_modules/.bin/biped": text });
    const { faults } = tryInstalled(own, project, [manifest({ bin: { biped: "dist/main.js" } })]);
    expect(faults.map((fault) => /Node 24: (.*) ended/.exec(fault)?.[1])).toEqual(blamed);
  });

  test("a runtime that is missing: a fault where all of them run, elsewhere a line that names it", () => {
    const root = makeFolder({ "test/runtimes/node_modules/node-22/bin/node": "" });
    const [complete, elsewhere] = [findRuntimes(root, "linux x64"), findRuntimes(root, "darwin arm64")];
    expect(complete.faults).toEqual(["Node 20", "Bun", "Deno"].map((name) => `${name} is missing from test/runtimes`));
    expect([elsewhere.missing, elsewhere.faults]).toEqual([["Node 20", "Bun", "Deno"], []]);
    expect(elsewhere.runtimes.map(({ name }) => name)).toEqual(["Node 22", "Node 24"]);
  });
});

const published = manifests.filter(({ private: isPrivate }) => !isPrivate);

test("what is published carries the licence of the repository", () => {
  expect(published.filter(({ folder }) => read(`${folder}/LICENSE`) !== read("LICENSE"))).toEqual([]);
});

test("what is published can be had by everybody, and so can all of ours that it depends on", () => {
  // npm keeps a package with a scope to its owner unless it is told otherwise.
  expect(published.filter(({ publishConfig }) => publishConfig?.access !== "public")).toEqual([]);
  const needed = published.flatMap(({ dependencies = {} }) => Object.keys(dependencies));
  const names = published.map(({ name }) => name);
  expect(needed.filter((name) => name.startsWith("@biped/") && !names.includes(name))).toEqual([]);
});

test("each export of a workspace leads to its source", async () => {
  const exported = manifests.flatMap(({ name, exports = {} }) =>
    Object.entries<Record<string, string>>(exports)
      .filter(([key]) => key !== "./package.json")
      .map(([key, target]) => ({ specifier: name + key.slice(1), target })),
  );
  const code = `console.log(JSON.stringify(${JSON.stringify(exported)}.map((each) => import.meta.resolve(each.specifier))))`;
  const args = ["--conditions=biped-source", "--input-type=module", "--eval", code];
  const ran = await runCommand(process.execPath, args, { cwd: repository });
  expect(JSON.parse(ran.output).map((url: string) => /\/(src\/.*)$/.exec(url)?.[1])).toEqual(
    exported.map(({ target }) => target["biped-source"]?.replace("./", "")),
  );
});
