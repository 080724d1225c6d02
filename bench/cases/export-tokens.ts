/** Are tokens issued as quickly while exports run on the same machine? */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Measure } from "../cases.ts";
import type { Lab } from "../lab.ts";
import { listTree } from "../measure/cpu-meter.ts";
import { createProgram, tokenPath } from "../servers/biped.ts";
import { type ChildServer, startServer } from "../servers/child-server.ts";
import { createApiProgram, locateFiles, storeDueJobs } from "../servers/data-export-api.ts";
import { measureTokens } from "./tokens.ts";

const connections = 16;
const patienceMilliseconds = 120_000;

/** `idle` is how the operating guide has the kernel schedule exports beside an authorization server. */
export type Scheduling = "as they are" | "idle";

/** With none, the Data Export API is there all the same, and has nothing to do. */
export const measureTokensBesideExports =
  (runs: number, scheduling: Scheduling = "as they are"): Measure =>
  async (lab) => {
    const exporting = await startExports(lab, runs);
    if (scheduling === "idle") exporting.makeIdle();
    try {
      const { store, bodies } = await lab.one();
      const trial = { program: createProgram(store), tokenPath, bodies, connections, algorithm: "RS256" };
      const reading = await measureTokens(lab, trial);
      exporting.checkRunning();
      return reading;
    } finally {
      await exporting.stop();
    }
  };

/** Each run has enough to do for longer than the tokens take. */
async function startExports(lab: Lab, runs: number) {
  const sessions = await lab.sessions();
  const folder = mkdtempSync(join(lab.folder, "exports-"));
  const databaseUrl = `sqlite:${join(folder, "jobs.db")}`;
  await storeDueJobs(databaseUrl, sessions, runs);
  const program = createApiProgram({ folder, databaseUrl, dataRoot: sessions.root, runsAtOnce: runs });
  const api = await startServer(program);
  const checkRunning = (): void => {
    const found = countProcesses(api);
    if (found !== runs) throw new Error(`${found} exports run, not ${runs}.`);
  };
  const makeIdle = (): void => {
    for (const pid of listTree(api.pid)) execFileSync("chrt", ["--all-tasks", "--idle", "--pid", "0", `${pid}`]);
  };
  const stop = async (): Promise<void> => {
    await api.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitUntilWriting(folder, runs);
    checkRunning();
  } catch (error) {
    await stop();
    throw error;
  }
  return { checkRunning, makeIdle, stop };
}

const countProcesses = ({ pid }: ChildServer): number => listTree(pid).length - 1;

/** A process that is still starting would be measured as none. */
async function waitUntilWriting(folder: string, runs: number): Promise<void> {
  const deadline = performance.now() + patienceMilliseconds;
  const countWritten = (): number =>
    readdirSync(locateFiles(folder), { recursive: true, encoding: "utf8" }).filter((name) => /data_0\./.test(name))
      .length;
  while (countWritten() < runs) {
    if (performance.now() > deadline) throw new Error(`${countWritten()} of ${runs} exports have begun to write.`);
    await sleep(100);
  }
}
