/** How long the lists and searches of the management API take with 1,000 accounts × 10 projects × 10 credentials. */

import type { Measure, Reading } from "../cases.ts";
import type { Lab } from "../lab.ts";
import { openTimedClient, type TimedClient } from "../load/timed-requests.ts";
import { startCpuMeter } from "../measure/cpu-meter.ts";
import { percentile } from "../measure/median.ts";
import { createProgram, findAdminOrigin } from "../servers/biped.ts";
import { startServer } from "../servers/child-server.ts";
import { startPostgresStore } from "../servers/postgres-store.ts";
import type { ManagedStore } from "../servers/seed-management.ts";
import { listRequests, type ManagementRequest } from "./management-requests.ts";

/** Before anything is counted: the server compiles its hot code, and the pages of the file are in memory. */
const warmUpCalls = 5;

export const measureManagement: Measure = async (lab) => measureLists(lab, await lab.managed());

export const measureManagementOnPostgres: Measure = async (lab) => {
  const managed = await lab.managed();
  const store = await startPostgresStore(managed.store);
  try {
    return await measureLists(lab, { ...managed, store });
  } finally {
    await store.stop();
  }
};

/** Values end in Milliseconds, each the slowest hundredth of one request. */
async function measureLists(lab: Lab, managed: ManagedStore): Promise<Reading> {
  await lab.compile();
  const server = await startServer(createProgram(managed.store, { form: "compiled" }));
  const client = openTimedClient(findAdminOrigin(server.origin));
  try {
    const requests = Object.entries(await listRequests(client, managed));
    const values: Record<string, number> = {};
    for (const [, request] of requests) await prepare(client, managed, request);
    const stopMeter = startCpuMeter({ serverPid: server.pid, loadPid: undefined });
    for (const [name, request] of requests) {
      const token = findToken(managed, request);
      const milliseconds = await client.time(request.path, token, lab.pace.listCalls);
      values[`${name}Milliseconds`] = percentile(milliseconds, 0.99);
    }
    return { values, cpu: stopMeter() };
  } finally {
    client.close();
    await server.stop();
  }
}

function findToken({ ownerToken, memberToken }: ManagedStore, { by }: ManagementRequest): string {
  return by === "owner" ? ownerToken : memberToken;
}

async function prepare(client: TimedClient, managed: ManagedStore, request: ManagementRequest): Promise<void> {
  const token = findToken(managed, request);
  const answer: { readonly items?: readonly unknown[] } = JSON.parse(await client.ask(request.path, token));
  const finds = answer.items?.length === 0 ? "nothing" : "some";
  if (finds !== request.finds) throw new Error(`${request.path} finds ${finds}.`);
  for (let call = 1; call < warmUpCalls; call += 1) await client.ask(request.path, token);
}
