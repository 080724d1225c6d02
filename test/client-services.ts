/** The two services with which one client must work, in one shape, and what tests see of a client's requests. */

import { rm } from "node:fs/promises";
import { setImmediate, setTimeout } from "node:timers/promises";
import { ClientError, type ClientOptions, createClient, type DataExport, type NewJob } from "@biped/client";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { type PublicService, startPublicService } from "./public-service.ts";
import { createSandboxEnvironment, readDemo, startSandbox, stopSandbox } from "./started-sandbox.ts";
import { type HeldCredential, post } from "./started-server.ts";

export type ClientService = {
  readonly authUrl: string;
  /** Account level, with 42 and 43 among its projects. */
  readonly account: HeldCredential;
  /** Project level, of project 42. */
  readonly project: HeldCredential;
  readonly endpoints: { readonly 42: string; readonly 43: string };
  readonly advanceSeconds: (seconds: number) => Promise<void>;
  /** A job of project 42 whose only run fails. */
  readonly createFailingJob: (exports: DataExport) => Promise<{ readonly jobId: number }>;
  /** After it there is one more run of an hourly job of project 42, and not before. */
  readonly addRun: (jobId: number, exports: DataExport) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** The real clock stays as it is for the client: a service whose clock is moved refuses what the client thinks good. */
export const services = [
  { name: "the sandbox", start: startSandboxService },
  { name: "the stand-in of the public service", start: startStandIn },
] as const;

export const oneDay = (from: string, to: string): NewJob => ({
  name: "One day",
  format: "JSONL",
  scope: "sessions",
  frequency: { value: "once", dateRange: { from, to } },
  fields: [{ fieldName: "session_id" }, { fieldName: "city" }],
  deviceLabel: "all",
});

async function startSandboxService(): Promise<ClientService> {
  const made = await createSandboxEnvironment();
  const sandbox = await startSandbox({ ...made.environment, BIPED_TOKENS_PER_SECOND: "0" });
  const demo = await readDemo(made);
  const find = (level: string, projectId: number | null): HeldCredential => {
    const found = demo.credentials.find((each) => each.level === level && each.project_id === projectId);
    if (found === undefined) throw new Error(`The sandbox has no credential at ${level} level.\n${sandbox.output()}`);
    return { clientId: found.client_id, clientSecret: found.client_secret };
  };
  const advanceSeconds = async (seconds: number): Promise<void> => {
    const { status } = await post(`http://127.0.0.1:${made.ports.adminPort}/sandbox/clock`, {
      advanceSeconds: seconds,
    });
    if (status !== 200) throw new Error(`The sandbox's clock does not move: ${status}`);
  };
  return {
    authUrl: demo.issuer,
    account: find("account", null),
    project: find("project", 42),
    endpoints: { 42: demo.clouds[0]?.endpoint ?? "", 43: demo.clouds[1]?.endpoint ?? "" },
    advanceSeconds,
    // It has data of thirteen months.
    createFailingJob: (exports) => exports.create(oneDay("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z")),
    addRun: async (jobId, exports) => {
      const before = (await collect(exports.runs(jobId))).length;
      await advanceSeconds(3600);
      while ((await collect(exports.runs(jobId))).length === before) await setTimeout(100);
    },
    stop: async () => {
      await stopSandbox(sandbox);
      await rm(made.directory, { recursive: true });
    },
  };
}

async function startStandIn(): Promise<ClientService> {
  const { authUrl, credentials, endpoints, control, stop } = await startPublicService();
  control.settings.isLookingProgress = true;
  return {
    authUrl,
    account: credentials.account,
    project: credentials.project,
    endpoints: { 42: endpoints[0], 43: endpoints[1] },
    advanceSeconds: async (seconds) => control.advanceSeconds(seconds),
    createFailingJob: async () => {
      const jobId = control.addJob(42);
      control.addRun(jobId, { state: "FAILURE" });
      return { jobId };
    },
    addRun: async (jobId) => void control.addRun(jobId),
    stop,
  };
}

export type SeenCall = {
  /** Such as `POST /v1/oauth/token`. */
  readonly call: string;
  readonly url: string;
  readonly headers: Headers;
  /** Undefined until it is answered. */
  status: number | undefined;
};

export type CountingFetch = {
  readonly fetch: typeof globalThis.fetch;
  readonly calls: readonly SeenCall[];
  readonly count: (call: string) => number;
  readonly mostTokenRequestsInFlight: () => number;
  /** Every access token that was answered. */
  readonly tokens: readonly string[];
};

const tokenCall = "POST /v1/oauth/token";

/** The real fetch, which notes what goes through it. */
export function createCountingFetch(): CountingFetch {
  const calls: SeenCall[] = [];
  const tokens: string[] = [];
  let [inFlight, mostInFlight] = [0, 0];
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = { url: input instanceof Request ? input.url : String(input), method: init?.method ?? "GET" };
    const call = `${request.method} ${new URL(request.url).pathname}`;
    const seen: SeenCall = { call, url: request.url, headers: new Headers(init?.headers), status: undefined };
    calls.push(seen);
    const isToken = call === tokenCall;
    if (isToken) inFlight += 1;
    mostInFlight = Math.max(mostInFlight, inFlight);
    try {
      const response = await globalThis.fetch(input, init);
      seen.status = response.status;
      if (isToken && response.ok) tokens.push(...(await readToken(response)));
      return response;
    } finally {
      if (isToken) inFlight -= 1;
    }
  };
  const count = (call: string): number => calls.filter((each) => each.call === call).length;
  return { fetch, calls, count, mostTokenRequestsInFlight: () => mostInFlight, tokens };
}

async function readToken(response: Response): Promise<readonly string[]> {
  const answer = await response
    .clone()
    .json()
    .catch(() => undefined);
  return typeof answer?.access_token === "string" ? [answer.access_token] : [];
}

/** Waits for nothing, and notes for how long it was asked to. */
export function createFakeSleep() {
  const waits: number[] = [];
  const sleep = async (milliseconds: number, signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted();
    waits.push(milliseconds);
  };
  return { sleep, waits };
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** The client's own error with which something fails; any other ends the test. */
export async function catchError(promise: Promise<unknown>): Promise<ClientError> {
  const error = await promise.then(
    () => new Error("It did not fail."),
    (reason: unknown) => reason,
  );
  if (error instanceof ClientError) return error;
  throw error;
}

/** One stand-in for all tests of a file, taken back to its beginning before each, and clients of its project 42. */
export function useStandIn() {
  const held: { service?: PublicService } = {};
  const startSeconds = Math.floor(Date.now() / 1000);
  const standIn = (): PublicService => {
    if (held.service === undefined) throw new Error("The stand-in runs only while tests do.");
    return held.service;
  };
  beforeAll(async () => {
    held.service = await startPublicService(() => startSeconds);
  });
  afterAll(() => standIn().stop());
  beforeEach(async () => {
    // Connections that a test before gave up are noticed by the service in their own time.
    while (standIn().counts.inFlight > 0) await setImmediate();
    standIn().control.reset();
  });
  const create = (options: Partial<ClientOptions> = {}) => {
    const { authUrl, credentials } = standIn();
    const { clientId, clientSecret } = credentials.account;
    const { sleep, waits } = createFakeSleep();
    const seen = createCountingFetch();
    const own = { authUrl, clientId, clientSecret, scope: "data-export", projectId: 42 };
    const client = createClient({ ...own, sleep, fetch: seen.fetch, random: () => 0.5, ...options });
    return { client, waits, seen };
  };
  return { standIn, startSeconds, create };
}
