/** What one of several nodes on PostgreSQL does, and what it asks of the store. */

import { execFileSync } from "node:child_process";
import type { Measure } from "../cases.ts";
import type { Lab } from "../lab.ts";
import { openTimedClient } from "../load/timed-requests.ts";
import { startCpuMeter } from "../measure/cpu-meter.ts";
import { createProgram, findAdminOrigin, tokenPath } from "../servers/biped.ts";
import { type ChildServer, startServer } from "../servers/child-server.ts";
import { startPostgresStore } from "../servers/postgres-store.ts";
import { measureTokens } from "./tokens.ts";

type NodeTrial = {
  readonly credentials: Extract<keyof Lab, "one" | "oneForEs256" | "thousand" | "many">;
  /** `one`: PostgreSQL and the load may still use all of them. */
  readonly cores?: "all" | "one";
};

const connections = 64;
const callers = 16;

export const measureNode =
  ({ credentials, cores = "all" }: NodeTrial): Measure =>
  async (lab) => {
    const stocked = await lab[credentials]();
    const algorithm = credentials === "oneForEs256" ? "ES256" : "RS256";
    const store = await startPostgresStore(stocked.store);
    try {
      const program = createProgram(store, { algorithm });
      const trial = { program, tokenPath, bodies: stocked.bodies, connections, algorithm };
      return await measureTokens(lab, trial, (server) => {
        if (cores === "one") keepOnOneCore(server);
        return async () => {
          const { statements, tokens } = await readCounts(server);
          return { statementsPerToken: statements / tokens };
        };
      });
    } finally {
      await store.stop();
    }
  };

/** Nothing is new, so that this is what a poll costs beside its wait. Nobody asks for tokens meanwhile. */
export const measureFeedPolls: Measure = async (lab) => {
  const stocked = await lab.one();
  const store = await startPostgresStore(stocked.store);
  try {
    const server = await startServer(createProgram(store));
    try {
      return await measurePolls(server, lab.pace.seconds * 1000);
    } finally {
      await server.stop();
    }
  } finally {
    await store.stop();
  }
};

async function measurePolls(server: ChildServer, milliseconds: number) {
  const stopMeter = startCpuMeter({ serverPid: server.pid, loadPid: undefined });
  const before = await readCounts(server);
  const started = performance.now();
  const polls = await Promise.all(Array.from({ length: callers }, () => poll(server, started + milliseconds)));
  const seconds = (performance.now() - started) / 1000;
  const after = await readCounts(server);
  const pollsPerSecond = polls.reduce((sum, each) => sum + each, 0) / seconds;
  const statementsPerSecond = (after.statements - before.statements) / seconds;
  return { values: { pollsPerSecond, statementsPerSecond }, cpu: stopMeter() };
}

async function poll({ origin }: ChildServer, until: number): Promise<number> {
  const client = openTimedClient(origin);
  let polls = 0;
  for (; performance.now() < until; polls += 1) await client.ask("/v1/oauth/revocations?after=0", "");
  client.close();
  return polls;
}

/** With all its threads; those that it starts later follow. */
function keepOnOneCore({ pid }: ChildServer): void {
  execFileSync("taskset", ["--all-tasks", "--cpu-list", "--pid", "0", `${pid}`], { stdio: "ignore" });
}

async function readCounts({ origin }: ChildServer): Promise<{ readonly statements: number; readonly tokens: number }> {
  const response = await fetch(`${findAdminOrigin(origin)}/metrics`);
  const lines = (await response.text()).split("\n");
  const read = (series: string): number => {
    const line = lines.find((each) => each.startsWith(`${series} `));
    return line === undefined ? 0 : Number(line.slice(series.length));
  };
  return {
    statements: read('biped_store_statements_total{outcome="done"}'),
    tokens: read('biped_token_requests_total{outcome="issued"}'),
  };
}
