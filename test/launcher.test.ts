import { cpSync, existsSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { makeFolder, type Ran, repository, runCommand } from "./fake-folder.ts";

const lock = (version: string): string =>
  JSON.stringify({
    packages: { "": {}, "node_modules/a": { version }, "node_modules/b": { version, optional: true } },
  });
const installed = JSON.stringify({ packages: { "node_modules/a": { version: "1.0.0" } } });
const manifest = JSON.stringify({
  name: "fake",
  type: "module",
  scripts: { start: "exec node scripts/run.mjs start" },
});

/** The real launcher in a project whose sandbox is `main`. */
const makeProject = (main: string, files: Readonly<Record<string, string>> = {}): string => {
  const folder = makeFolder({
    "package.json": manifest,
    "package-lock.json": lock("1.0.0"),
    "node_modules/.package-lock.json": installed,
    "test/runtimes/package-lock.json": lock("1.0.0"),
    "test/runtimes/node_modules/.package-lock.json": installed,
    "apps/sandbox/src/main.ts": main,
    ...files,
  });
  cpSync(path.join(repository, "scripts"), path.join(folder, "scripts"), { recursive: true });
  return folder;
};

const age = (file: string, seconds: number): void => utimesSync(file, seconds, seconds);

const launch = (cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> =>
  runCommand(process.execPath, ["scripts/run.mjs", ...args], { cwd, env });

const waitForSignal = (signal: string): string =>
  `process.on("${signal}", () => { console.log("drained"); process.exit(7); });
   setInterval(() => {}, 1000);
   console.log("ready");`;

describe("the launcher and its child", () => {
  test("arguments, the source condition and the thread pool's size reach the child", async () => {
    const main =
      "console.log(JSON.stringify([process.argv.slice(2), process.execArgv, process.env.UV_THREADPOOL_SIZE]))";
    const ran = await launch(makeProject(main), ["start", "--port", "0"], { UV_THREADPOOL_SIZE: "9" });
    expect(JSON.parse(ran.output)).toEqual([["--port", "0"], ["--conditions=biped-source"], "9"]);
  });

  test("the thread pool has a thread a core, and at least two", async () => {
    const ran = await launch(makeProject("console.log(process.env.UV_THREADPOOL_SIZE)"), ["start"]);
    expect(Number(ran.output)).toBe(Math.max(2, os.cpus().length));
  });

  for (const signal of ["SIGTERM", "SIGHUP"] as const) {
    test(`${signal} reaches the child, and the child's exit code comes back`, async () => {
      const cwd = makeProject(waitForSignal(signal));
      const args = ["scripts/run.mjs", "start"];
      const ran = await runCommand(process.execPath, args, { cwd, signalWhenReady: signal });
      expect([ran.output, ran.code]).toEqual(["ready\ndrained\n", 7]);
    });
  }

  test("SIGTERM to npm drains the server too", async () => {
    const cwd = makeProject(waitForSignal("SIGTERM"));
    const ran = await runCommand("npm", ["start", "--silent"], { cwd, signalWhenReady: "SIGTERM" });
    expect([ran.output, ran.code]).toEqual(["ready\ndrained\n", 7]);
  });

  test("SIGINT is left to the child, which the terminal signals as well", async () => {
    const main = `process.on("SIGTERM", () => process.exit(3)); setInterval(() => {}, 1000); console.log("ready");
      setTimeout(() => process.kill(process.ppid, "SIGTERM"), 300);`;
    const args = ["scripts/run.mjs", "start"];
    const ran = await runCommand(process.execPath, args, { cwd: makeProject(main), signalWhenReady: "SIGINT" });
    expect([ran.code, ran.signal]).toEqual([3, null]);
  });

  test("a child that died of a signal: the launcher dies of the same", async () => {
    const ran = await launch(makeProject('process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000);'), [
      "start",
    ]);
    expect([ran.code, ran.signal]).toEqual([null, "SIGTERM"]);
  });

  test("an unknown command: the commands are listed and nothing runs", async () => {
    const ran = await launch(makeProject("console.log(1)"), ["strat"]);
    expect([ran.code, ran.output]).toEqual([2, ""]);
    expect(ran.errors).toContain("usage: node scripts/run.mjs COMMAND");
  });
});

describe("the launcher and npm ci", () => {
  const npm = (ending: string): Readonly<Record<string, string>> => ({
    "bin/npm": `#!/bin/sh\necho "$@" > npm-was-here\n${ending}\n`,
  });
  const withNpm = (cwd: string): NodeJS.ProcessEnv => ({
    PATH: [path.join(cwd, "bin"), path.dirname(process.execPath), process.env.PATH].join(path.delimiter),
  });
  const succeed = `mkdir -p node_modules && echo '${installed}' > node_modules/.package-lock.json`;
  const ranNpm = (cwd: string): boolean => existsSync(path.join(cwd, "npm-was-here"));

  test("without node_modules it is run, then the command", async () => {
    const cwd = makeProject("console.log('started')", npm(succeed));
    rmSync(path.join(cwd, "node_modules"), { recursive: true });
    const ran = await launch(cwd, ["start"], withNpm(cwd));
    expect([ran.output, ran.code]).toEqual(["started\n", 0]);
    expect(readFileSync(path.join(cwd, "npm-was-here"), "utf8")).toMatch(/^ci /);
    expect(ran.errors).toContain("installing the packages of this repository (npm ci)");
  });

  test("a newer lock that names other versions: it is run", async () => {
    const cwd = makeProject("", { ...npm(succeed), "package-lock.json": lock("2.0.0") });
    age(path.join(cwd, "node_modules/.package-lock.json"), 1_000_000_000);
    await launch(cwd, ["start"], withNpm(cwd));
    expect(ranNpm(cwd)).toBe(true);
  });

  test("a newer lock that names what is there: it is not run", async () => {
    const cwd = makeProject("", npm(succeed));
    age(path.join(cwd, "node_modules/.package-lock.json"), 1_000_000_000);
    await launch(cwd, ["start"], withNpm(cwd));
    expect(ranNpm(cwd)).toBe(false);
  });

  test.each([
    ["test", true],
    ["build", true],
    ["start", false],
  ])("%s without the runtimes of the tests: they are installed first: %s", async (command, isInstalled) => {
    const cwd = makeProject("", npm(succeed));
    if (command !== "start") writeFileSync(path.join(cwd, `scripts/${command}.mjs`), "");
    rmSync(path.join(cwd, "test/runtimes/node_modules"), { recursive: true });
    const ran = await launch(cwd, [command], withNpm(cwd));
    expect(ran.errors.includes("installing the packages of test/runtimes (npm ci)")).toBe(isInstalled);
    expect([existsSync(path.join(cwd, "test/runtimes/npm-was-here")), ranNpm(cwd), ran.code]).toEqual([
      isInstalled,
      false,
      0,
    ]);
  });

  test("it fails: its exit code comes back, one line says so, and nothing is started", async () => {
    const cwd = makeProject("console.log('started')", { ...npm("exit 5"), "package-lock.json": lock("2.0.0") });
    age(path.join(cwd, "node_modules/.package-lock.json"), 1_000_000_000);
    const ran = await launch(cwd, ["start"], withNpm(cwd));
    expect([ran.output, ran.code]).toEqual(["", 5]);
    expect(ran.errors).toContain("npm ci failed with exit code 5");
  });
});

describe("the launcher on an old Node", () => {
  const pretend = `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.0.0"}})`;
  const launchOld = (cwd: string): Promise<Ran> =>
    runCommand(process.execPath, [`--import=${pretend}`, "scripts/run.mjs", "start"], { cwd });
  const bundled = `node_modules/node-${process.platform}-${process.arch}/bin/node`;

  test("continues on the bundled one", async () => {
    const node = `#!/bin/sh\nexport BUNDLED=yes\nexec "${process.execPath}" "$@"\n`;
    const ran = await launchOld(makeProject("console.log(process.env.BUNDLED)", { [bundled]: node }));
    expect([ran.output, ran.code]).toEqual(["yes\n", 0]);
  });

  test("without a bundled one that runs, it names the version that is needed", async () => {
    const ran = await launchOld(makeProject("console.log(1)", { [bundled]: "#!/no/such/loader\n" }));
    expect([ran.output, ran.code]).toEqual(["", 1]);
    expect(ran.errors).toContain("Node 24 or newer is needed. This is Node 20.0.0");
  });
});

describe("the closing line of the test command", () => {
  /** Real Vitest, and checks that end as told. */
  const makeTestProject = (files: Readonly<Record<string, string>>, checkExitCode = 0): string => {
    const ending = `process.exit(${checkExitCode})`;
    const cwd = makeProject("", {
      "tools/boundary-check.ts": "",
      "tools/docs-check.ts": "",
      "node_modules/.bin/tsc": "",
      "node_modules/.bin/biome": ending,
      "node_modules/.bin/knip": "",
      ...files,
    });
    symlinkSync(path.join(repository, "node_modules", "vitest"), path.join(cwd, "node_modules", "vitest"));
    symlinkSync("../vitest/vitest.mjs", path.join(cwd, "node_modules", ".bin", "vitest"));
    return cwd;
  };
  const lastLine = ({ output }: Ran): string | undefined => output.trimEnd().split("\n").at(-1);
  const passing = 'import { test } from "vitest"; test("one", () => {}); test("two", () => {});';
  const failing = 'import { test } from "vitest"; test("three", () => { throw new Error("no"); }); test.skip("four");';

  test("all pass", async () => {
    const ran = await launch(makeTestProject({ "a.test.ts": passing }), ["test"]);
    expect([lastLine(ran), ran.code]).toEqual(["2 passed, 0 failed", 0]);
    expect(ran.output).toMatch(/✓ types +\d+\.\d s\n✓ lint/);
  });

  test("a failed test, a skipped one, and a file that does not load", async () => {
    const files = { "a.test.ts": passing, "b.test.ts": failing, "c.test.ts": 'import "./nothing.ts";' };
    const ran = await launch(makeTestProject(files), ["test"]);
    expect([lastLine(ran), ran.code]).toEqual(["2 passed, 2 failed, 1 skipped", 1]);
  });

  test("an error outside of any test counts as failed", async () => {
    const outside = `${passing} setTimeout(() => { throw new Error("later"); });
      test("waits", () => new Promise((resolve) => setTimeout(resolve, 200)));`;
    const ran = await launch(makeTestProject({ "a.test.ts": outside }), ["test"]);
    expect([lastLine(ran), ran.code]).toEqual(["3 passed, 1 failed", 1]);
  });

  test("no test at all is no success", async () => {
    const ran = await launch(makeTestProject({}), ["test"]);
    expect([lastLine(ran), ran.code]).toEqual(["0 passed, 0 failed", 1]);
  });

  test.each([
    ["a configuration that throws", "throw new Error('broken');"],
    ["a global set-up that is not there", "export default { test: { globalSetup: ['nothing.ts'] } };"],
  ])("%s counts as failed", async (_, config) => {
    const ran = await launch(makeTestProject({ "vitest.config.ts": config, "a.test.ts": passing }), ["test"]);
    expect([lastLine(ran), ran.code]).toEqual(["0 passed, 1 failed", 1]);
  });

  test("a failed check counts as failed, and the tests run all the same", async () => {
    const ran = await launch(makeTestProject({ "a.test.ts": passing }, 1), ["test"]);
    expect([lastLine(ran), ran.code]).toEqual(["2 passed, 1 failed", 1]);
    expect(ran.output).toMatch(/✗ lint +\d+\.\d s {2}failed/);
  });

  test("with a path only those tests run, and no check", async () => {
    const ran = await launch(makeTestProject({ "a.test.ts": passing, "b.test.ts": failing }, 1), ["test", "a.test.ts"]);
    expect([lastLine(ran), ran.code]).toEqual(["2 passed, 0 failed", 0]);
  });
});

describe("the soak", () => {
  const config = 'export default { test: { include: ["test/soak/*.test.ts"] } };';
  const passing = 'import { test } from "vitest"; test("one", () => {}); test.skip("two");';
  const failing = 'import { test } from "vitest"; test("one", () => { throw new Error("no"); });';
  const makeSoak = (files: Readonly<Record<string, string>>): string => {
    const cwd = makeProject("", { "test/soak/vitest.config.ts": config, "node_modules/.bin/none": "", ...files });
    symlinkSync(path.join(repository, "node_modules", "vitest"), path.join(cwd, "node_modules", "vitest"));
    symlinkSync("../vitest/vitest.mjs", path.join(cwd, "node_modules", ".bin", "vitest"));
    return cwd;
  };
  const lastLines = ({ output }: Ran, count: number): readonly string[] => output.trimEnd().split("\n").slice(-count);

  test("each file by itself, a table, and the sums in the last line", async () => {
    const cwd = makeSoak({ "test/soak/b.test.ts": failing, "test/soak/a.test.ts": passing });
    const ran = await launch(cwd, ["soak", "sample"]);
    const [title, ...rows] = lastLines(ran, 6);
    expect(title).toMatch(/^file +rounds +minutes +passed +failed +skipped$/);
    expect(rows.map((row) => row.replace(/ +/g, " "))).toEqual([
      expect.stringMatching(/^a\.test\.ts 1 \d+\.\d 1 0 1$/),
      expect.stringMatching(/^b\.test\.ts 1 \d+\.\d 0 1 0$/),
      expect.stringMatching(/^in all 1 \d+\.\d 1 1 1$/),
      "",
      "1 passed, 1 failed, 1 skipped",
    ]);
    expect(ran.code).toBe(1);
  });

  test("with a part of a name only that file runs, and none of that name is no success", async () => {
    const cwd = makeSoak({ "test/soak/b.test.ts": failing, "test/soak/a.test.ts": passing });
    const ran = await launch(cwd, ["soak", "test/soak/a"]);
    expect([lastLines(ran, 1), ran.code]).toEqual([["1 passed, 0 failed, 1 skipped"], 0]);
    const none = await launch(cwd, ["soak", "c.test"]);
    expect([lastLines(none, 1), none.code]).toEqual([["0 passed, 0 failed"], 1]);
  });

  test("its help names what lengthens a round and what replays one", async () => {
    const ran = await launch(makeSoak({ "test/soak/a.test.ts": passing }), ["soak", "--help"]);
    for (const name of ["sample", "BIPED_SEED", "BIPED_CASES_FACTOR"]) expect(ran.output).toContain(name);
    expect(ran.code).toBe(0);
  });
});
