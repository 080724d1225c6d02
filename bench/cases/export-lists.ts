/** How long the Data Export API takes to list the jobs of a project that has very many. */

import type { Measure, Reading } from "../cases.ts";
import type { Lab } from "../lab.ts";
import { openTimedClient, type TimedClient } from "../load/timed-requests.ts";
import { startCpuMeter } from "../measure/cpu-meter.ts";
import { percentile } from "../measure/median.ts";
import { startServer } from "../servers/child-server.ts";
import { createApiProgram, readToken } from "../servers/data-export-api.ts";
import { startJobsDatabase } from "../servers/postgres-store.ts";
import type { ListedJobs } from "../servers/seed-export-jobs.ts";

const pageJobs = 100;
/** Before anything is counted, so that the server has compiled its hot code. */
const warmUpCalls = 20;

export const measureJobLists: Measure = async (lab) => {
  const jobs = await lab.jobs();
  return measureLists(lab, jobs, `sqlite:${jobs.databaseFile}`);
};

export const measureJobListsOnPostgres: Measure = async (lab) => {
  const jobs = await lab.jobs();
  const { url, stop } = await startJobsDatabase(jobs.databaseFile);
  try {
    return await measureLists(lab, jobs, url);
  } finally {
    await stop();
  }
};

type Question = {
  readonly query: string;
  /** A list that answers nothing quickly proves nothing. */
  readonly finds: "whole page" | "some";
};

function listQuestions(listed: number): Readonly<Record<string, Question>> {
  const page = `limit=${pageJobs}`;
  const lastPage = Math.ceil(listed / pageJobs);
  const middlePage = Math.ceil(lastPage / 2);
  return {
    first: { query: page, finds: "whole page" },
    firstOfTwenty: { query: "", finds: "some" },
    middle: { query: `${page}&page=${middlePage}`, finds: "whole page" },
    last: { query: `${page}&page=${lastPage}`, finds: "some" },
    lastFromTheOldest: { query: `${page}&page=${lastPage}&order=ASC`, finds: "some" },
    activeMiddle: { query: `${page}&state=ACTIVE&page=${Math.ceil(middlePage / 2)}`, finds: "whole page" },
    csvOfViews: { query: `${page}&format=CSV&scope=views`, finds: "whole page" },
    hourlyDeep: { query: `${page}&frequency=hourly&page=${Math.ceil(lastPage / 4)}`, finds: "whole page" },
    rareState: { query: `${page}&state=COMPUTING`, finds: "some" },
    rareOfAllKinds: { query: `${page}&state=SUSPENDED&format=JSONL&frequency=daily&scope=views`, finds: "some" },
  };
}

/** Values end in P50Milliseconds and P99Milliseconds, two of each list. */
async function measureLists(lab: Lab, { folder, listed }: ListedJobs, databaseUrl: string): Promise<Reading> {
  const program = createApiProgram({ folder, databaseUrl, dataRoot: folder, runsAtOnce: 0 });
  const server = await startServer(program);
  const client = openTimedClient(server.origin);
  const token = readToken(folder);
  const values: Record<string, number> = {};
  try {
    const questions = Object.entries(listQuestions(listed));
    for (const [, question] of questions) await prepare(client, token, question);
    const stopMeter = startCpuMeter({ serverPid: server.pid, loadPid: undefined });
    for (const [name, question] of questions) {
      const milliseconds = await client.time(formatPath(question), token, lab.pace.jobListCalls);
      values[`${name}P50Milliseconds`] = percentile(milliseconds, 0.5);
      values[`${name}P99Milliseconds`] = percentile(milliseconds, 0.99);
    }
    return { values, cpu: stopMeter() };
  } finally {
    client.close();
    await server.stop();
  }
}

const formatPath = ({ query }: Question): string => `/v1/exports?${query}`;

async function prepare(client: TimedClient, token: string, question: Question): Promise<void> {
  const { payload }: { readonly payload: readonly unknown[] } = JSON.parse(
    await client.ask(formatPath(question), token),
  );
  const isEnough = payload.length === pageJobs || (question.finds === "some" && payload.length > 0);
  if (!isEnough) throw new Error(`${formatPath(question)} finds ${payload.length} jobs.`);
  for (let call = 1; call < warmUpCalls; call += 1) await client.ask(formatPath(question), token);
}
