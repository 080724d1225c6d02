/** deploy/Dockerfile, done as it says without an engine: each stage in a directory of its own. */

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, matchesGlob, relative } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { type Instruction, listVariables, parseDockerfile } from "../dockerfile.ts";
import { findFreePorts } from "../free-ports.ts";
import { until } from "./cluster-node.ts";

const root = join(import.meta.dirname, "..", "..");
const minutes = 60_000;
const run = promisify(execFile);

test("both programs start from the image's files alone, with its settings; its health check finds them, and SIGTERM ends them", {
  timeout: 10 * minutes,
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), "biped-image-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const image = await buildStages(directory);
  const [publicPort, adminPort, exportPort] = await findFreePorts(3);
  const data = join(image.directory, "var/lib/biped");
  const own = { ...image.environment, PATH: image.path, BIPED_DATA_DIR: data, BIPED_KEK_FILE: join(data, "kek") };
  const cwd = image.directory;
  await run("biped-server", ["keys", "create-kek", own.BIPED_KEK_FILE], { env: own, cwd });
  const server = { ...own, BIPED_PUBLIC_PORT: `${publicPort}`, BIPED_ADMIN_PORT: `${adminPort}` };
  await runProgram(image, server, async () => {
    const page = await fetch(`http://127.0.0.1:${adminPort}/`, { headers: { accept: "text/html" } });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<title>")]);
  });
  const names = {
    BIPED_CLOUD: "aws",
    BIPED_ENDPOINT: "https://api.example.com",
    BIPED_ISSUER: "https://auth.example.com",
  };
  const exporting = { ...image, command: ["biped-data-export-api"] };
  await runProgram(exporting, { ...own, ...names, BIPED_PORT: `${exportPort}` }, async () => {});
});

type Image = {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly path: string;
  readonly command: readonly string[];
  readonly healthCheck: readonly string[];
};

async function buildStages(directory: string): Promise<Image> {
  const stages = parseDockerfile(readFileSync(join(root, "deploy/Dockerfile"), "utf8"));
  for (const { name, instructions } of stages) {
    const place = { own: join(directory, name || "image"), all: directory, cwd: "" };
    mkdirSync(place.own);
    for (const instruction of instructions) place.cwd = (await follow(instruction, place)) ?? place.cwd;
  }
  const last = stages.at(-1);
  if (last === undefined) throw new Error("There is no stage.");
  const find = (wanted: string): readonly string[] =>
    last.instructions.find(({ name }) => name === wanted)?.words ?? [];
  const { PATH: _path, ...environment } = Object.fromEntries(listVariables(last));
  const image = join(directory, "image");
  const path = [join(image, "biped/node_modules/.bin"), join(process.execPath, ".."), "/usr/bin", "/bin"].join(":");
  return { directory: image, environment, path, command: find("CMD"), healthCheck: find("HEALTHCHECK") };
}

type Place = { readonly own: string; readonly all: string; readonly cwd: string };

/** @returns the directory in which it goes on, where that is another one. */
async function follow({ name, words, flags }: Instruction, { own, all, cwd }: Place): Promise<string | undefined> {
  if (name === "WORKDIR") {
    const next = join(own, words[0] ?? "");
    mkdirSync(next, { recursive: true });
    return next;
  }
  const [from = "", to = ""] = words;
  if (name === "COPY")
    copy(from, { to: to.startsWith("/") ? join(own, to) : join(cwd, to), stage: flags.get("from"), all });
  const [program = "", ...args] = words;
  const { NODE_OPTIONS: _options, NODE_ENV: _environment, ...env } = process.env;
  if (name === "RUN") await run(program, args, { cwd, env });
  return undefined;
}

function copy(from: string, { to, stage, all }: { to: string; stage: string | undefined; all: string }): void {
  const rules = readFileSync(join(root, "deploy/Dockerfile.dockerignore"), "utf8").split("\n").filter(Boolean);
  const context = { source: join(root, from), filter: (file: string) => isSent(relative(root, file), rules) };
  const { source, filter } = stage === undefined ? context : { source: join(all, stage, from), filter: () => true };
  cpSync(source, to, { recursive: true, verbatimSymlinks: true, filter });
}

/** The last rule that speaks of the file, or of a directory in which it lies, decides. */
function isSent(file: string, rules: readonly string[]): boolean {
  const isMeant = (rule: string): boolean => matchesGlob(file, rule) || matchesGlob(file, `${rule}/**`);
  const last = rules.findLast((rule) => isMeant(rule.replace(/^!/, "")));
  return file === "" || last === undefined || last.startsWith("!");
}

async function runProgram(image: Image, env: Record<string, string>, work: () => Promise<void>): Promise<void> {
  const { command, healthCheck, directory: cwd } = image;
  const [program = "", ...args] = command;
  const child = spawn(program, args, { env, cwd, stdio: "ignore" });
  const closed = once(child, "close");
  const isHealthy = async (): Promise<boolean> => {
    const [check = "", ...words] = healthCheck;
    const [code] = await once(spawn(check, words, { env, cwd, stdio: "ignore" }), "close");
    return code === 0;
  };
  try {
    await until(`${program} is healthy`, isHealthy);
    await work();
  } finally {
    child.kill("SIGTERM");
  }
  expect(await closed).toEqual([0, null]);
}
