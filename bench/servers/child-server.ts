/** A server as a child process: started, waited for, weighed, stopped. Never more than one at a time. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { get } from "node:http";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { findFreePorts } from "../../test/free-ports.ts";
import { listTree } from "../measure/cpu-meter.ts";

export type ServerProgram = {
  readonly name: string;
  /** What Node is told: flags, the file, its arguments. */
  readonly nodeArgs: readonly string[];
  readonly environment: (port: number) => Readonly<Record<string, string>>;
  /** Answers 200 when the server is ready. */
  readonly readyPath: string;
  /** What it prints goes to this file, as under a service manager. */
  readonly outputFile: string;
};

export type ChildServer = {
  readonly pid: number;
  readonly origin: string;
  /** From the start of the process to the first 200 of `readyPath`. */
  readonly readySeconds: number;
  readonly residentMegabytes: () => number;
  readonly stop: () => Promise<void>;
};

const readyPatienceSeconds = 60;
const stopPatienceMilliseconds = 15_000;
const running = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export async function startServer(program: ServerProgram): Promise<ChildServer> {
  const [port = 0] = await findFreePorts(1);
  const output = openSync(program.outputFile, "a");
  const started = performance.now();
  const child = spawn(process.execPath, program.nodeArgs, {
    env: { ...inheritEnvironment(), ...program.environment(port) },
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  running.add(child);
  child.once("exit", () => running.delete(child));
  const origin = `http://127.0.0.1:${port}`;
  await waitUntilReady(program, child, origin + program.readyPath).catch(async (error: unknown) => {
    await stop(child);
    throw error;
  });
  const readySeconds = (performance.now() - started) / 1000;
  const pid = child.pid ?? 0;
  return { pid, origin, readySeconds, residentMegabytes: () => weigh(pid), stop: () => stop(child) };
}

/** None of our own settings: a server must not depend on the terminal that started the benchmark. */
function inheritEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:BIPED|PEER|NODE)_/.test(name));
  const threads = String(Math.max(2, availableParallelism()));
  return { ...Object.fromEntries(kept), NODE_ENV: "production", UV_THREADPOOL_SIZE: threads };
}

async function waitUntilReady(program: ServerProgram, child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + readyPatienceSeconds * 1000;
  while (!(await answers(url))) {
    const isLate = performance.now() > deadline;
    if (child.exitCode !== null || isLate) throw new Error(describeFailedStart(program, isLate ? "too late" : "ended"));
    await sleep(5);
  }
}

function describeFailedStart({ name, outputFile }: ServerProgram, what: string): string {
  const lastLines = readFileSync(outputFile, "utf8").trimEnd().split("\n").slice(-3).join("\n");
  return `${name} did not get ready (${what}): ${lastLines.slice(-600)}`;
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("error", () => resolve(false));
  });
}

/** Resident memory of the process and its workers. */
function weigh(pid: number): number {
  const kilobytes = listTree(pid).map((each) => {
    const status = readFileSync(`/proc/${each}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  });
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1024;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  const cut = setTimeout(() => child.kill("SIGKILL"), stopPatienceMilliseconds);
  child.kill("SIGTERM");
  await ended;
  clearTimeout(cut);
}
