/** What a signal to stop does to runs, while callers still hold connections. */

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createExportCloud,
  createSessions,
  type ExportCloud,
  findEngines,
  hour,
  projectId,
  today,
} from "./export-cloud.ts";

const directory = mkdtempSync(path.join(tmpdir(), "biped-export-stop-"));
let dataRoot: string;
beforeAll(async () => {
  dataRoot = await createSessions(directory);
});
afterAll(() => rmSync(directory, { recursive: true }));

const dateRange = { from: new Date(today - 24 * hour).toISOString(), to: new Date(today).toISOString() };
const job = {
  name: "Yesterday",
  format: "JSONL",
  scope: "sessions",
  frequency: { value: "once", dateRange },
  fields: [{ fieldName: "session_id" }, { fieldName: "referer_url" }],
};

async function createJobs(cloud: ExportCloud, count: number): Promise<void> {
  const headers = { "content-type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify(job) };
  for (let made = 0; made < count; made += 1) expect((await cloud.call("/v1/exports", init))?.status).toBe(201);
}

async function countRuns({ storage }: ExportCloud) {
  const count = { RUNNABLE: 0, RUNNING: 0, SUCCESS: 0 };
  const page = { order: "ASC", page: 1, limit: 100, upTo: undefined, jobId: undefined } as const;
  for (const state of ["RUNNABLE", "RUNNING", "SUCCESS"] as const) {
    count[state] = (await storage.listRuns(projectId, { ...page, state })).length;
  }
  return count;
}

/** A request that does not come to its end. */
async function holdRequest({ config }: ExportCloud): Promise<Socket> {
  const socket = connect(config.port, config.host);
  await once(socket, "connect");
  socket.on("error", () => {});
  socket.write("POST /v1/exports HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{");
  return socket;
}

test("SIGTERM gives runs back at once and begins none, however long a caller keeps the process; another one does them", async () => {
  await using cloud = await createExportCloud({ dataRoot });
  const first = cloud.start("serve");
  await expect.poll(async () => (await cloud.call("/v1/exports"))?.status, { timeout: 30_000 }).toBe(200);
  await createJobs(cloud, 8);
  await expect.poll(async () => (await countRuns(cloud)).SUCCESS, { timeout: 30_000 }).toBeGreaterThan(0);
  const socket = await holdRequest(cloud);
  first.child.kill("SIGTERM");
  first.child.kill("SIGTERM");
  await expect.poll(async () => (await countRuns(cloud)).RUNNING, { timeout: 5000, interval: 20 }).toBe(0);
  await expect.poll(() => findEngines([first])).toEqual([]);
  expect(first.child.exitCode).toBe(null);
  const { SUCCESS: done, RUNNABLE: left } = await countRuns(cloud);
  expect([done + left, left > 0]).toEqual([8, true]);
  socket.end("}       ");
  socket.resume();
  expect(await first.ended).toMatchObject({ code: 0 });
  expect(await countRuns(cloud)).toEqual({ SUCCESS: done, RUNNABLE: left, RUNNING: 0 });
  cloud.start("work");
  await expect.poll(async () => (await countRuns(cloud)).SUCCESS, { timeout: 60_000 }).toBe(8);
});
