/** What is the same for every command: help, usage errors, output that cannot be written, completion, the sandbox. */

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdir, open, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CommandPlace, createCommandPlace, runInTerminal, runThroughPipe } from "./pseudo-terminal.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");
const main = join(root, "apps", "cli", "src", "main.ts");

let place: CommandPlace;
beforeEach(async () => {
  place = await createCommandPlace();
});
afterEach(() => place.remove());

const pipe = (args: readonly string[], variables: Record<string, string> = {}) =>
  runThroughPipe(args, { env: { ...place.env, ...variables } });

const commands = [
  "login",
  "logout",
  "profiles",
  "profiles use",
  "profiles remove",
  "whoami",
  "token",
  "call",
  "exports",
  "verify",
  "doctor",
  "admin",
  "admin credentials create",
  "admin revoke",
  "admin revoke everything",
  "admin revocations",
  "admin signing-keys drill",
  "apply",
  "sandbox",
  "completion",
];

test.each(commands)("%s --help: on stdout, with an example, no line over 110 columns, 0", async (command) => {
  const { exitCode, stdout, stderr } = await pipe([...command.split(" "), "--help"]);
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(new RegExp(`^Usage: biped ${command}( |\\n)`));
  expect(stdout).toMatch(/\nExamples?:\n {2}\$ biped /);
  expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(110);
});

test("no command: the help, with exit codes and every command, in both", async () => {
  const { exitCode, stdout } = await pipe([]);
  expect(exitCode).toBe(0);
  for (const command of commands) expect(stdout).toMatch(new RegExp(`^ {2}${command.split(" ")[0]}\\b`, "m"));
  expect(stdout).toContain("  2  wrong usage                            130  stopped by Ctrl-C");
  const shown = await runInTerminal(["--help"], { env: place.env });
  expect([shown.exitCode, shown.text.includes("Exit codes:")]).toEqual([0, true]);
  expect((await pipe(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test.each([
  [["frob"], "biped: Unknown command 'frob'.\n  See: biped --help\n"],
  [["tokn"], "biped: Unknown command 'tokn' (Did you mean token?).\n  See: biped --help\n"],
  [["token", "--jsn"], "biped: Unknown option '--jsn' (Did you mean --json?).\n  See: biped token --help\n"],
  [["token", "--frob=hush"], "biped: Unknown option '--frob'.\n  See: biped token --help\n"],
  [
    ["login", "hush"],
    "biped: Too many arguments for 'login'. Expected 0 arguments but got 1.\n  See: biped login --help\n",
  ],
  [["profiles", "use"], "biped: Missing required argument 'name'.\n  See: biped profiles use --help\n"],
])("2: %j", async (args, message) => {
  const { exitCode, stderr, stdout } = await pipe(args);
  expect([exitCode, stderr, stdout]).toEqual([2, message, ""]);
});

test("colours on a terminal alone, and not with NO_COLOR or --no-color", async () => {
  const colored = (output: string): boolean => output.includes("\u001b[31m");
  const { env } = place;
  expect(colored((await runInTerminal(["frob"], { env })).output)).toBe(true);
  expect(colored((await runInTerminal(["frob"], { env: { ...env, NO_COLOR: "1" } })).output)).toBe(false);
  expect(colored((await runInTerminal(["frob", "--no-color"], { env })).output)).toBe(false);
  expect(colored((await pipe(["frob"])).stderr)).toBe(false);
  expect(colored((await pipe(["frob"], { FORCE_COLOR: "1" })).stderr)).toBe(true);
});

test("a working directory that is gone is one clear line, 1", async () => {
  const command = 'cd "$(mktemp -d)" && rmdir "$PWD" && "$0" --conditions=biped-source "$1" profiles';
  const child = spawn("bash", ["-c", command, process.execPath, main], {
    env: { PATH: process.env.PATH, ...place.env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, "close");
  expect([code, stderr]).toEqual([
    1,
    "biped: The working directory is not there any more.\n  Change to another one, and try again.\n",
  ]);
});

test("output that cannot be written is one line and 1; a reader that has had enough is none and 0", async () => {
  const full = await open("/dev/full", "w");
  const child = spawn(process.execPath, ["--conditions=biped-source", main, "--help"], {
    env: { PATH: process.env.PATH, ...place.env },
    stdio: ["ignore", full.fd, "pipe"],
  });
  let stderr = "";
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, "close");
  await full.close();
  expect([code, stderr]).toEqual([1, "biped: The output cannot be written (ENOSPC).\n"]);
  const command = `"$0" --conditions=biped-source "$1" completion bash | head -1; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr: complaints } = await run("bash", ["-c", command, process.execPath, main]);
  expect([stdout, complaints]).toEqual(["# Completion of biped for bash. Made by: biped completion bash\n0\n", ""]);
});

describe("completion", () => {
  /** What bash offers for a line, in the words of `complete` itself. */
  const complete = async (...words: string[]): Promise<string[]> => {
    const bin = join(place.directory, "bin");
    await mkdir(bin, { recursive: true });
    const program = join(bin, "biped");
    await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" --conditions=biped-source "${main}" "$@"\n`);
    await chmod(program, 0o755);
    const line = 'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))';
    const script = `eval "$(biped completion bash)"; ${line}; _biped; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { ...place.env, PATH: `${bin}:${process.env.PATH}` };
    const { stdout } = await run("bash", ["--norc", "-c", script, "bash", "biped", ...words], { env });
    return stdout.split("\n").filter((line) => line !== "");
  };
  const storeProfiles = () => {
    const profile = { authUrl: "https://x.example", clientId: "x", scope: "metrics", secretStore: "file" };
    const content = { current: "work", profiles: { work: profile, wide: profile, home: profile } };
    return writeFile(join(place.env.BIPED_CONFIG_DIR ?? "", "profiles.json"), JSON.stringify(content));
  };

  test("bash: commands, their commands, options, values, and the names of the profiles", async () => {
    await storeProfiles();
    expect(await complete("pro")).toEqual(["profiles"]);
    expect(await complete("profiles", "")).toEqual(expect.arrayContaining(["use", "remove"]));
    expect(await complete("profiles", "use", "w")).toEqual(["work", "wide"]);
    expect(await complete("token", "--profile", "w")).toEqual(["work", "wide"]);
    expect(await complete("--profile", "work", "token", "--de")).toEqual(["--decode", "--debug"]);
    expect(await complete("login", "--store", "")).toEqual(["keychain", "file"]);
    expect(await complete("completion", "f")).toEqual(["fish"]);
    expect(await complete("exports", "l")).toEqual(["list"]);
    expect(await complete("exports", "list", "--st")).toEqual(["--state"]);
    expect(await complete("call", "--data", join(place.directory, "bi"))).toEqual([join(place.directory, "bin")]);
  });

  test("every shell gets a script that names every command; another shell is 2", async () => {
    for (const shell of ["bash", "zsh", "fish"]) {
      const { exitCode, stdout } = await pipe(["completion", shell]);
      expect(exitCode).toBe(0);
      for (const command of commands) expect(stdout).toContain(command);
      expect(stdout).not.toContain("profile-names,");
    }
    expect((await pipe(["completion", "tcsh"])).exitCode).toBe(2);
    await run("bash", ["-n", "-c", (await pipe(["completion", "bash"])).stdout]);
    const shown = await runInTerminal(["completion", "fish"], { env: place.env });
    expect(shown.exitCode).toBe(0);
  });
});

describe("sandbox", () => {
  const install = async (program: string): Promise<void> => {
    const folder = join(place.directory, "node_modules", "@biped", "sandbox");
    await mkdir(folder, { recursive: true });
    const manifest = { name: "@biped/sandbox", version: "0.0.0", bin: { "biped-sandbox": "sandbox.mjs" } };
    await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
    await writeFile(join(folder, "sandbox.mjs"), program);
  };

  test("the installed one of the working folder runs with the arguments, the environment and the terminal; same exit code", async () => {
    await install(
      "console.log(process.argv.slice(2).join(' '), process.env.BIPED_PUBLIC_PORT, process.stdout.isTTY === true); process.exitCode = 7;",
    );
    const env = { ...place.env, BIPED_PUBLIC_PORT: "4123" };
    const piped = await runThroughPipe(["sandbox", "a", "--", "--b"], { env });
    expect([piped.exitCode, piped.stdout, piped.stderr]).toEqual([7, "a --b 4123 false\n", ""]);
    const shown = await runInTerminal(["sandbox"], { env });
    expect([shown.exitCode, shown.text]).toEqual([7, " 4123 true\n"]);
  });

  test("SIGTERM is passed on, and Ctrl-C reaches it once; its own end is the end", async () => {
    await install(`
      let count = 0;
      for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => {
        count += 1;
        setTimeout(() => { console.log(name, count); process.exit(0); }, 100);
      });
      setInterval(() => undefined, 1000);
      console.log("ready");
    `);
    const terminated = await runInTerminal(["sandbox"], { env: place.env, signalAfter: ["ready", "SIGTERM"] });
    expect([terminated.exitCode, terminated.text]).toEqual([0, "ready\nSIGTERM 1\n"]);
    const interrupted = await runInTerminal(["sandbox"], { env: place.env, answers: [["ready", "\u0003"]] });
    expect([interrupted.exitCode, interrupted.text]).toEqual([0, "ready\n^CSIGINT 1\n"]);
  });

  test("a sandbox that a signal ends is reported as shells do", async () => {
    await install("process.kill(process.pid, 'SIGKILL');");
    expect((await pipe(["sandbox"])).exitCode).toBe(137);
  });

  /** A copy of the command beside which no sandbox is installed, as after `npm install -g @biped/cli`. */
  const copyCommand = async (): Promise<string> => {
    const folder = join(place.directory, "elsewhere");
    await cp(join(root, "apps", "cli", "src"), join(folder, "src"), { recursive: true });
    await cp(join(root, "apps", "cli", "package.json"), join(folder, "package.json"));
    await mkdir(join(folder, "node_modules", "@biped"), { recursive: true });
    await symlink(join(root, "packages", "client"), join(folder, "node_modules", "@biped", "client"));
    await symlink(join(root, "node_modules", "commander"), join(folder, "node_modules", "commander"));
    return join(folder, "src", "main.ts");
  };

  test("biped-sandbox in the PATH where no package is installed; without either, how to install it, 1", async () => {
    const copy = await copyCommand();
    const bin = join(place.directory, "bin");
    await mkdir(bin);
    await writeFile(join(bin, "biped-sandbox"), '#!/bin/sh\necho from the path "$@"\n');
    await chmod(join(bin, "biped-sandbox"), 0o755);
    const start = (PATH: string) =>
      run(process.execPath, ["--conditions=biped-source", copy, "sandbox", "x"], {
        cwd: place.directory,
        env: { ...place.env, PATH },
      });
    expect((await start(bin)).stdout).toBe("from the path x\n");
    await expect(start("/nowhere")).rejects.toMatchObject({
      code: 1,
      stderr: "biped: The sandbox is not installed.\n  Run: npm install --save-dev @biped/sandbox\n",
    });
  });
});
