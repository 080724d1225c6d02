/** What a tester waits for: the sandbox itself, and sessions that it makes when they are first asked for. */

import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { Measure } from "../cases.ts";
import type { Lab } from "../lab.ts";
import { startCpuMeter } from "../measure/cpu-meter.ts";
import { startServer } from "../servers/child-server.ts";
import { createSandboxProgram } from "../servers/sandbox.ts";
import { makeSessions } from "../servers/session-files.ts";

/** What a project of the sandbox has on a busy day where nothing else is said. */
const defaultSessionsADay = 2000;

export const measureBelievableData: Measure = async (lab) => {
  const stopMeter = startCpuMeter({ serverPid: undefined, loadPid: undefined });
  const many = await timeSessions(lab, lab.pace.sessionsADay);
  const few = await timeSessions(lab, defaultSessionsADay);
  const million = (many.seconds * 1e6) / many.rows;
  return { values: { ...many, secondsForAMillion: million, defaultDaySeconds: few.seconds }, cpu: stopMeter() };
};

async function timeSessions(lab: Lab, sessionsADay: number) {
  const folder = mkdtempSync(join(lab.folder, "sessions-"));
  const started = performance.now();
  const file = await makeSessions(folder, sessionsADay);
  const seconds = (performance.now() - started) / 1000;
  const rows = await countRows(file);
  rmSync(folder, { recursive: true });
  return { seconds, rows };
}

async function countRows(file: string): Promise<number> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const counted = await connection.runAndReadAll(`SELECT count(*) FROM read_parquet('${file}')`);
  connection.closeSync();
  instance.closeSync();
  return Number(counted.getRowsJson()[0]?.[0]);
}

/** The first start makes keys, databases and demonstration data; the next ones find them. */
export const measureSandboxStart: Measure = async (lab) => {
  const folder = mkdtempSync(join(lab.folder, "sandbox-"));
  const stopMeter = startCpuMeter({ serverPid: undefined, loadPid: undefined });
  const first = await timeStart(folder);
  const next = await timeStart(folder);
  rmSync(folder, { recursive: true });
  return { values: { firstReadySeconds: first, nextReadySeconds: next }, cpu: stopMeter() };
};

async function timeStart(folder: string): Promise<number> {
  const server = await startServer(await createSandboxProgram(folder));
  await server.stop();
  return server.readySeconds;
}
