/** Memory, stored rows, and the time to start: what the server weighs. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Measure } from "../cases.ts";
import { measureLoad } from "../load/load.ts";
import { createProgram, tokenPath } from "../servers/biped.ts";
import { type ServerProgram, startServer } from "../servers/child-server.ts";

const run = promisify(execFile);

type Form = "source" | "compiled";

/** Ready and never asked anything. */
async function observeIdle(program: ServerProgram) {
  const server = await startServer(program);
  await sleep(2000);
  const residentMegabytes = server.residentMegabytes();
  await server.stop();
  return { residentMegabytes, readySeconds: server.readySeconds };
}

export const measureIdle =
  (form: Form): Measure =>
  async (lab) => {
    if (form === "compiled") await lab.compile();
    const [one, many] = [await lab.one(), await lab.many()];
    const { residentMegabytes } = await observeIdle(createProgram(one.store, { form }));
    const { readySeconds } = await observeIdle(createProgram(many.store, { form }));
    return { values: { residentMegabytes, readySeconds } };
  };

/** Uses are counted in memory and written once a second. */
const flushMilliseconds = 2500;

/** The rows of all tables before and after some thousand tokens; those of the first token (its hour) do not count. */
export const measureStoredRows: Measure = async (lab) => {
  const { store, bodies } = await lab.one();
  const server = await startServer(createProgram(store));
  try {
    const plan = { url: server.origin + tokenPath, bodies, connections: 16, warmUpSeconds: 0 };
    await measureLoad({ ...plan, seconds: 1 }, server.pid);
    await sleep(flushMilliseconds);
    const before = countRows(store.databaseFile);
    const seconds = 3;
    const { requestsPerSecond } = await measureLoad({ ...plan, seconds }, server.pid);
    await sleep(flushMilliseconds);
    const rows = countRows(store.databaseFile) - before;
    return { values: { rows, rowsPerToken: rows / (requestsPerSecond * seconds) } };
  } finally {
    await server.stop();
  }
};

function countRows(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const counts = tables.map(({ name }) => {
    const quoted = `"${String(name).replaceAll('"', '""')}"`;
    return Number(database.prepare(`SELECT count(*) AS count FROM ${quoted}`).get()?.count);
  });
  database.close();
  return counts.reduce((sum, count) => sum + count, 0);
}

/** In a process of its own, which can be told to collect its garbage. */
export const measureCredentialMemory: Measure = async (lab) => {
  const { store, bodies } = await lab.many();
  const script = join(import.meta.dirname, "..", "processes", "credential-memory.ts");
  const args = ["--conditions=biped-source", "--expose-gc", script, store.databaseFile, bodies.recordsFile];
  const { stdout } = await run(process.execPath, [...args, String(bodies.recordBytes)]);
  return { values: { bytesPerCredential: Number(stdout) } };
};
