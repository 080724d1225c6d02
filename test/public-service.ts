/**
 * SIMULATED: a stand-in of the public service whose protocol the client must speak, made from public material only. It
 * differs from Biped where that does: JSON alone, no metadata and no keys, opaque tokens, no further members, a 500 for
 * a wrong secret, errors of unknown shape. Tests steer it through `control`, and read `counts`.
 */

import { EventEmitter, once } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import { findFreePorts } from "./free-ports.ts";
import { type AuthenticationSettings, handleAuthentication } from "./public-service-authentication.ts";
import { type Answer, type Fault, listen, type Received } from "./public-service-exchange.ts";
import { type ExportSettings, handleExports } from "./public-service-exports.ts";
import { createFiles, type FileSettings } from "./public-service-files.ts";
import {
  addJob,
  addRun,
  createFile,
  createRecords,
  type JobRecord,
  type NewRun,
  type Records,
  type RunState,
} from "./public-service-records.ts";

export { type Fault, faults } from "./public-service-exchange.ts";

/** The token endpoint, the information endpoint, the Data Export API of every cloud, the files. */
export type Place = "token" | "information" | "api" | "file";

export type PublicService = {
  readonly authUrl: string;
  /** `account` (42 and 43, needs a project) and `project` (42). */
  readonly credentials: Records["credentials"];
  /** Base URLs of the clouds: project 42 lives at the first, 43 at the second. */
  readonly endpoints: readonly [string, string];
  /** A host of somebody else, `localhost` by name; nothing ought to come there. */
  readonly strangerUrl: string;
  readonly control: Control;
  readonly counts: Counts;
  readonly stop: () => Promise<void>;
};

export type Control = {
  /** Change them at will; `reset` takes them back. */
  readonly settings: AuthenticationSettings & ExportSettings & FileSettings;
  /** Spoils the next request at a place, or the next ones. What is queued first comes first. */
  readonly failNext: (place: Place, fault: Fault, times?: number) => void;
  /** Holds all requests at a place until the function that it returns is called. */
  readonly hold: (place: Place) => () => void;
  readonly advanceSeconds: (seconds: number) => void;
  /** All tokens issued so far are unknown from now on. */
  readonly forgetTokens: () => void;
  /** To the other cloud: its old tokens are answered 421 at the old one. */
  readonly moveProject: (projectId: number) => void;
  readonly expireLinks: () => void;
  readonly addJob: (projectId: number, job?: Partial<JobRecord>) => number;
  readonly addRun: (jobId: number, run?: NewRun) => number;
  readonly setRunState: (runId: number, state: RunState) => void;
  /** Another content, with another ETag, at the same place. */
  readonly changeFile: (runId: number, partId: number, text: string) => void;
  /** The content of a file: as it is sent, and before gzip. */
  readonly readFile: (runId: number, partId?: number) => { readonly bytes: Buffer; readonly text: string };
  /** Takes back settings, faults, the clock, moves and counts; jobs, runs and tokens stay. */
  readonly reset: () => void;
};

/** Since the start or the last `reset`. */
export type Counts = {
  readonly tokenRequests: number;
  readonly informationRequests: number;
  readonly tokenRequestsInFlight: number;
  readonly mostTokenRequestsInFlight: number;
  /** At all places. */
  readonly inFlight: number;
  readonly mostInFlight: number;
  /** Requests that reached the host of somebody else. */
  readonly strangerRequests: number;
  /** Requests for files that carried an Authorization header. */
  readonly tokensAtFiles: number;
  /** Such as `GET /v1/exports`. */
  readonly byPath: Readonly<Record<string, number>>;
  /** Values of `accept-encoding` that were sent. */
  readonly encodings: ReadonlySet<string>;
};

const defaults: Control["settings"] = {
  errorShape: "array",
  lifetimeSeconds: 3600,
  endpointSuffix: "",
  endpoint: undefined,
  mostItemsPerPage: 100,
  isLookingProgress: false,
  dynamicVarKeys: ["campaign", "variant"],
  linkLifetimeSeconds: 3600,
  isRangeIgnored: false,
};

/** @param now Epoch seconds; the system's clock without it. `advanceSeconds` is added. */
export async function startPublicService(
  now: () => number = () => Math.floor(Date.now() / 1000),
): Promise<PublicService> {
  const ports = await findFreePorts(5);
  const [authUrl = "", first = "", second = "", filesUrl = "", stranger = ""] = ports.map(formatUrl);
  const endpoints = [first, second] as const;
  const settings = { ...defaults };
  const clock = { offset: 0 };
  const nowSeconds = (): number => now() + clock.offset;
  const records = createRecords(endpoints, nowSeconds);
  const files = createFiles({ records, settings, filesUrl, nowSeconds });
  const counter = createCounter();
  const interference = createInterference();
  const parts = { records, settings, nowSeconds, createFiles: files.createFiles };
  const answers: Answers = [
    (received) => handleAuthentication(parts, received),
    (received) => handleExports({ ...parts, endpoint: first }, received),
    (received) => handleExports({ ...parts, endpoint: second }, received),
    files.handle,
    () => ({ status: 200, body: "{}" }),
  ];
  const stop = await listenEverywhere(ports, answers, { nowSeconds, counter, interference });
  const control = createControl({ records, settings, clock, files, counter, interference });
  return {
    authUrl,
    credentials: records.credentials,
    endpoints,
    strangerUrl: stranger.replace("127.0.0.1", "localhost"),
    control,
    counts: counter.counts,
    stop,
  };
}

type Anywhere = Place | "stranger" | "nowhere";
type Answers = readonly ((received: Received) => Answer)[];
type ListeningParts = {
  readonly nowSeconds: () => number;
  readonly counter: Pick<ReturnType<typeof createCounter>, "begin">;
  readonly interference: Pick<ReturnType<typeof createInterference>, "apply">;
};

async function listenEverywhere(
  ports: readonly number[],
  answers: Answers,
  { nowSeconds, counter, interference }: ListeningParts,
): Promise<() => Promise<void>> {
  const places: readonly ((path: string) => Anywhere)[] = [
    findPlace,
    () => "api",
    () => "api",
    () => "file",
    () => "stranger",
  ];
  const stops = await Promise.all(
    answers.map((answer, index) => {
      const place = places[index] ?? (() => "nowhere");
      return listen({
        port: ports[index] ?? 0,
        nowSeconds,
        begin: (method, path, headers) => counter.begin(place(path), `${method} ${path}`, headers),
        handle: (received) => interference.apply(place(received.url.pathname), () => answer(received)),
      });
    }),
  );
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

function findPlace(path: string): Anywhere {
  return path === "/v1/oauth/token" ? "token" : path === "/v1/oauth/me" ? "information" : "nowhere";
}

function formatUrl(port: number): string {
  return `http://127.0.0.1:${port}`;
}

type ControlParts = {
  readonly records: Records;
  readonly settings: Control["settings"];
  readonly clock: { offset: number };
  readonly files: Pick<ReturnType<typeof createFiles>, "expireLinks">;
  readonly counter: Pick<ReturnType<typeof createCounter>, "reset">;
  readonly interference: ReturnType<typeof createInterference>;
};

function createControl({ records, settings, clock, files, counter, interference }: ControlParts): Control {
  const homes = new Map(records.projects.map(({ id, endpoint }) => [id, endpoint]));
  const findRun = (runId: number) => must(records.runs.get(runId));
  const readFile: Control["readFile"] = (runId, partId = 1) => must(findRun(runId).files[partId - 1]);
  return {
    settings,
    failNext: interference.failNext,
    hold: interference.hold,
    advanceSeconds: (seconds) => {
      clock.offset += seconds;
    },
    forgetTokens: () => records.tokens.clear(),
    moveProject: (projectId) => {
      const project = must(records.projects.find(({ id }) => id === projectId));
      project.endpoint = must([...homes.values()].find((endpoint) => endpoint !== project.endpoint));
    },
    expireLinks: files.expireLinks,
    addJob: (projectId, job) => addJob(records, projectId, job),
    addRun: (jobId, run) => addRun(records, jobId, run),
    setRunState: (runId, state) => {
      findRun(runId).state = state;
    },
    changeFile: (runId, partId, text) => {
      const run = findRun(runId);
      run.files = run.files.with(partId - 1, createFile(text));
    },
    readFile,
    reset: () => {
      Object.assign(settings, defaults);
      clock.offset = 0;
      for (const project of records.projects) project.endpoint = homes.get(project.id) ?? "";
      interference.reset();
      counter.reset();
    },
  };
}

function must<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("The simulated service has no such thing.");
  return value;
}

function createInterference() {
  const queues = new Map<Anywhere, Fault[]>();
  const holds = new Map<Anywhere, Promise<unknown>>();
  return {
    failNext: (place: Place, fault: Fault, times = 1): void => {
      queues.set(place, [...(queues.get(place) ?? []), ...Array<Fault>(times).fill(fault)]);
    },
    hold: (place: Place): (() => void) => {
      const released = new EventEmitter();
      holds.set(place, once(released, "released"));
      return () => {
        holds.delete(place);
        released.emit("released");
      };
    },
    /** A request that is not answered by the service, or not heard in full, still did its work there. */
    apply: async (place: Anywhere, answer: () => Answer) => {
      await holds.get(place);
      const fault = queues.get(place)?.shift();
      const isBefore = fault !== undefined && ["answer", "echo", "hang"].includes(fault.kind);
      return { answer: isBefore ? { status: 500, body: "" } : answer(), fault };
    },
    reset: (): void => queues.clear(),
  };
}

const noCounts = {
  tokenRequests: 0,
  informationRequests: 0,
  tokenRequestsInFlight: 0,
  mostTokenRequestsInFlight: 0,
  inFlight: 0,
  mostInFlight: 0,
  strangerRequests: 0,
  tokensAtFiles: 0,
};

function createCounter() {
  const byPath: Record<string, number> = {};
  const encodings = new Set<string>();
  const counts = { ...noCounts, byPath, encodings };
  const begin = (place: Anywhere, call: string, headers: IncomingHttpHeaders): (() => void) => {
    const isToken = place === "token" ? 1 : 0;
    counts.tokenRequests += isToken;
    counts.informationRequests += place === "information" ? 1 : 0;
    counts.strangerRequests += place === "stranger" ? 1 : 0;
    counts.tokensAtFiles += place === "file" && headers.authorization !== undefined ? 1 : 0;
    counts.inFlight += 1;
    counts.tokenRequestsInFlight += isToken;
    counts.mostInFlight = Math.max(counts.mostInFlight, counts.inFlight);
    counts.mostTokenRequestsInFlight = Math.max(counts.mostTokenRequestsInFlight, counts.tokenRequestsInFlight);
    byPath[call] = (byPath[call] ?? 0) + 1;
    encodings.add(String(headers["accept-encoding"]));
    return () => {
      counts.inFlight -= 1;
      counts.tokenRequestsInFlight -= isToken;
    };
  };
  const reset = (): void => {
    const { inFlight, tokenRequestsInFlight } = counts;
    Object.assign(counts, noCounts, { inFlight, tokenRequestsInFlight });
    for (const call of Object.keys(byPath)) delete byPath[call];
    encodings.clear();
  };
  return { counts, begin, reset };
}
