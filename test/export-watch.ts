/** A caller of the Data Export API that has work for it, and fetches every file of each run, while its programs are killed. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import { type CloudAnswer, type ExportCloud, hour, listDisk, listSessions, today } from "./export-cloud.ts";

export type Watched = {
  /** Those that were acknowledged. */
  readonly jobs: readonly number[];
  /** How often a file was fetched, and found whole. */
  readonly downloads: number;
};

/** Turned by the caller. */
export type Phase = { areKillsOver: boolean; areRunsOver: boolean };

export type AnsweredRun = {
  readonly jobRunId: number;
  readonly jobId: number;
  readonly state: string;
  readonly failureReason: string | null;
  readonly rowCount: number;
  readonly byteCount: number;
  readonly fileCount: number;
  readonly dateRange: { readonly from: string; readonly to: string };
};
type AnsweredFile = { readonly partId: number; readonly url: string; readonly byteCount: number };

/** So many wait or run, so that each kill may meet one. */
const openJobs = 6;

/** Goes on until the runs are over; jobs that run once are created until the kills are. */
export async function watchRuns(cloud: ExportCloud, hourly: readonly number[], phase: Phase): Promise<Watched> {
  const jobs = [...hourly];
  /** What was fetched of each run; the one that was not looked at for longest comes first. */
  const fetched = new Map<number, { readonly run: AnsweredRun; readonly digests: readonly string[] }>();
  const whole = new Set<string>();
  let downloads = 0;
  const look = async (run: AnsweredRun): Promise<void> => {
    const digests = await fetchFiles(cloud, run);
    if (digests === undefined) return;
    expect(digests).toEqual(fetched.get(run.jobRunId)?.digests ?? digests);
    fetched.delete(run.jobRunId);
    fetched.set(run.jobRunId, { run, digests });
    downloads += digests.length;
  };
  while (!phase.areRunsOver) {
    const runs = (await ask<readonly AnsweredRun[]>(cloud, "/v1/exports/successful-runs?limit=100")) ?? [];
    for (const run of runs) if (!fetched.has(run.jobRunId)) await look(run);
    const [oldest] = fetched.values();
    if (oldest !== undefined) await look(oldest.run);
    const done = new Set([...fetched.values()].map(({ run }) => run.jobId));
    if (!phase.areKillsOver && jobs.filter((jobId) => !done.has(jobId)).length < openJobs) {
      const jobId = await createJob(cloud, chooseFrequency(jobs.length));
      if (jobId !== undefined) jobs.push(jobId);
    }
    checkKept(cloud, whole);
    await pause(100);
  }
  return { jobs, downloads };
}

/** From 6 to 24 hours of yesterday. */
function chooseFrequency(turn: number) {
  const count = 6 + ((turn * 7) % 19);
  const from = today - 24 * hour + ((turn * 5) % (25 - count)) * hour;
  const dateRange = { from: new Date(from).toISOString(), to: new Date(from + count * hour).toISOString() };
  return { value: "once", dateRange };
}

/** Undefined where it was not acknowledged; it may have been created all the same. */
export async function createJob(cloud: ExportCloud, frequency: object): Promise<number | undefined> {
  const fields = [{ fieldName: "session_id" }, { fieldName: "referer_url" }];
  const body = JSON.stringify({ name: "Killed", format: "JSONL", scope: "sessions", frequency, fields });
  const headers = { "content-type": "application/json" };
  return (await ask<{ readonly jobId: number }>(cloud, "/v1/exports", { method: "POST", body, headers }))?.jobId;
}

/** Undefined where nobody answered. */
export async function ask<Payload>(
  cloud: ExportCloud,
  target: string,
  init?: RequestInit,
): Promise<Payload | undefined> {
  const answer = await cloud.call(target, init);
  if (answer === undefined) return undefined;
  const body = JSON.parse(answer.bytes.toString());
  expect([answer.status, body]).toEqual([
    init === undefined ? 200 : 201,
    { success: true, payload: expect.anything() },
  ]);
  return body.payload;
}

/** The digests of a successful run's parts, which hold all its rows. Undefined where an answer did not come. */
export async function fetchFiles(cloud: ExportCloud, run: AnsweredRun): Promise<readonly string[] | undefined> {
  const began = cloud.clock.nowSeconds();
  const target = `/v1/exports/${run.jobId}/runs/${run.jobRunId}`;
  const shown = await ask<AnsweredRun & { readonly files: readonly AnsweredFile[] }>(cloud, target);
  if (shown === undefined) return undefined;
  const { files, ...members } = shown;
  expect(members).toEqual(run);
  const answers: CloudAnswer[] = [];
  for (const { url, partId, byteCount } of files) {
    const answer = await cloud.call(url);
    // The link has ended where the clock was moved meanwhile.
    if (answer === undefined || cloud.clock.nowSeconds() !== began) return undefined;
    expect([answer.status, partId, answer.bytes.length]).toEqual([200, answers.length + 1, byteCount]);
    answers.push(answer);
  }
  const sessions = listSessions({ from: Date.parse(run.dateRange.from), to: Date.parse(run.dateRange.to) });
  expect(readSessions(answers.map(({ bytes }) => bytes))).toEqual(sessions);
  const byteCount = files.reduce((sum, file) => sum + file.byteCount, 0);
  expect([run.rowCount, run.byteCount, run.fileCount]).toEqual([sessions.length, byteCount, files.length]);
  const digests = answers.map(({ bytes }) => createHash("sha256").update(bytes).digest("base64"));
  expect(answers.map(({ headers }) => headers.get("repr-digest"))).toEqual(digests.map((text) => `sha-256=:${text}:`));
  return digests;
}

/** The ids of the sessions in some parts, in order. */
export function readSessions(parts: readonly Buffer[]): readonly number[] {
  const lines = parts.flatMap((bytes) => gunzipSync(bytes).toString().split("\n"));
  const ids = lines.filter((line) => line !== "").map((line): number => JSON.parse(line).session_id);
  return ids.sort((one, other) => one - other);
}

/** Whatever has a kept file's place is whole, listed or not. */
function checkKept({ config }: ExportCloud, whole: Set<string>): void {
  for (const file of listDisk(config.filesDirectory).kept) {
    if (whole.has(file)) continue;
    try {
      gunzipSync(readFileSync(file));
      whole.add(file);
    } catch (error) {
      // Its run was left to another attempt.
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
}
