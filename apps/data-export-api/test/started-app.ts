/** The routes on a real listener, guard, database and disk. The engine and the data are what a test says. */

import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGuard } from "@biped/guard";
import { createTestIssuer, type TestIssuer } from "@biped/guard/testing";
import { expect } from "vitest";
import { type StartedListener, startListener } from "../../../test/started-listener.ts";
import { type AppLimits, type AppParts, appLimits, createRoutes, isUnavailable } from "../src/app.ts";
import type { DataSource } from "../src/data/data-source.ts";
import type { Task } from "../src/engine/task.ts";
import { createFileStore, type FileStore } from "../src/files/file-store.ts";
import { createLinks } from "../src/files/links.ts";
import type { RunFile } from "../src/runs/run.ts";
import { openStorage } from "../src/storage/sql-storage.ts";
import type { NewJob, NewRun, Storage } from "../src/storage/storage.ts";

export const now = 1_800_000_000;
export const delaySeconds = 600;

export const seed: NewJob = {
  name: "Seed",
  format: "CSV",
  scope: "views",
  frequency: { value: "hourly" },
  fields: [{ fieldName: "is_first" }],
  deviceLabel: "desktop",
  segmentId: 7001,
  formulaGuard: false,
  state: "ACTIVE",
  createdAt: now,
};

/** The hour that contains `now`, and when its run is due. */
export const seedRun: NewRun = { period: { from: now * 1000, to: (now + 3600) * 1000 }, dueAt: now + 4200 };

export type Answered = { readonly status: number; readonly headers: Headers; readonly body: unknown };
export type Call = (path: string, init?: RequestInit) => Promise<Answered>;
export type Caller = { readonly projectId: number; readonly token: string; readonly call: Call };

export type StartedApp = Pick<StartedListener, "url" | "logLines" | "stop"> & {
  readonly issuer: TestIssuer;
  readonly endpoint: string;
  readonly parts: AppParts;
  readonly storage: Storage;
  readonly fileStore: FileStore;
  /** How often the runner was told that there may be work. */
  readonly wakes: () => number;
  /** What the engine and the data answer from now on. */
  readonly fakes: { runTask: (task: Task, signal?: AbortSignal) => Promise<unknown>; find: DataSource["find"] };
  /** A caller with a good token for a project of its own. */
  readonly createCaller: (claims?: Readonly<Record<string, unknown>>) => Promise<Caller>;
  readonly callWith: (token: string) => Call;
};

export async function startApp(limits: Partial<AppLimits> = {}): Promise<StartedApp> {
  const directory = mkdtempSync(join(tmpdir(), "biped-data-export-"));
  const issuer = await createTestIssuer({ startSeconds: now });
  const { nowSeconds, endpoint } = issuer.guardOptions;
  const storage = await openStorage(`sqlite:${join(directory, "exports.db")}`);
  const fileStore = createFileStore(join(directory, "files"));
  const fakes: StartedApp["fakes"] = { runTask: async () => [], find: async () => ({ files: [], missingDays: [] }) };
  let wakes = 0;
  let lastProject = 1000;
  const parts: AppParts = {
    guard: createGuard(issuer.guardOptions),
    storage,
    engine: { run: async (task, signal) => (await fakes.runTask(task, signal)) as never },
    dataSource: { find: (wanted) => fakes.find(wanted) },
    fileStore,
    links: createLinks({ storage, endpoint, nowSeconds, randomBytes }),
    wake: () => {
      wakes += 1;
    },
    delaySeconds,
    limits: { ...appLimits, ...limits },
    nowSeconds,
  };
  const routes = createRoutes(parts);
  const bodyLimitBytes = 64 * 1024;
  const { url, logLines, stop } = await startListener({ routes, bodyLimitBytes, isUnavailable });
  const callWith = (token: string): Call => createCall(url, token);
  return {
    url,
    logLines,
    issuer,
    endpoint,
    parts,
    storage,
    fileStore,
    fakes,
    wakes: () => wakes,
    callWith,
    async createCaller(claims) {
      lastProject += 1;
      const token = await issuer.mint({ project_id: lastProject, ...claims });
      return { projectId: lastProject, token, call: callWith(token) };
    },
    async stop() {
      await stop();
      await storage.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function createCall(url: string, token: string): Call {
  return async (path, init = {}) => {
    const headers = { authorization: `Bearer ${token}`, ...init.headers };
    const response = await fetch(`${url}${path}`, { ...init, headers });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
  };
}

export const withJson = (method: string, body: unknown): RequestInit => ({
  method,
  body: JSON.stringify(body),
  headers: { "content-type": "application/json" },
});

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export const errorBody = (errorCode: string, description: string, error = "invalid_request") => ({
  error,
  error_description: description,
  success: false,
  errorMessage: description,
  errorCode,
  requestId: expect.stringMatching(uuid),
});

export const payloadOf = <Payload>({ body }: Answered): Payload => (body as { payload: Payload }).payload;

export type SuccessfulRun = {
  readonly jobId: number;
  readonly runId: number;
  readonly parts: readonly { readonly file: RunFile; readonly bytes: Buffer }[];
};

/** A job whose run has written these parts, a minute after `now`. */
export async function createSuccessfulRun(
  { storage, fileStore }: Pick<StartedApp, "storage" | "fileStore">,
  projectId: number,
  contents: readonly Buffer[],
): Promise<SuccessfulRun> {
  const jobId = await storage.createJob(projectId, seed, { ...seedRun, dueAt: now });
  const due = (await storage.listDueRuns(now, 100)).find(({ job }) => job.jobId === jobId);
  const leaseId = randomBytes(16).toString("hex");
  await storage.releaseRun(due?.run.runId ?? 0, undefined);
  const claimed = await storage.claimRun({ leaseId, leaseMilliseconds: 60_000 }, now);
  if (claimed?.job.jobId !== jobId) throw new Error("Another run was claimed.");
  const { runId } = claimed.run;
  const work = await fileStore.openWork(leaseId);
  const keep = async (bytes: Buffer, index: number) => {
    const [fileId, storedName] = [randomBytes(16).toString("hex"), randomBytes(16).toString("hex")];
    await writeFile(join(work, `${index}`), bytes);
    await fileStore.keep(join(work, `${index}`), storedName);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const expiresAt = now + 60 + 7 * 86_400;
    return { bytes, file: { fileId, partId: index + 1, storedName, byteCount: bytes.length, sha256, expiresAt } };
  };
  const parts = await Promise.all(contents.map(keep));
  await fileStore.closeWork(leaseId);
  const byteCount = contents.reduce((sum, { length }) => sum + length, 0);
  const written = { rowCount: 12, byteCount, fileCount: parts.length };
  const files = parts.map(({ file }) => file);
  await storage.completeRun(runId, leaseId, { endedAt: now + 60, written, files });
  return { jobId, runId, parts };
}
