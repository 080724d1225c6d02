import { createUnexpectedAnswer, describeText, isJsonObject, isListOf, isNumbered } from "./answers.ts";
import type { CallOptions } from "./client.ts";
import type {
  CustomVar,
  ExportableField,
  ExportFile,
  ExportScope,
  Job,
  JobFormat,
  JobState,
  NewJob,
  Run,
  RunState,
} from "./data-export-types.ts";
import { download } from "./download.ts";
import type { DownloadParts } from "./file-connection.ts";
import { readPositive } from "./read-options.ts";
import { readPages } from "./read-pages.ts";
import { waitForRun } from "./wait-for-run.ts";

type Order = "ASC" | "DESC";
type SignalOption = { readonly signal?: AbortSignal | undefined };
type PageOptions = SignalOption & {
  readonly order?: Order | undefined;
  /** How many are fetched at once, 1 to 100; 100. */
  readonly pageSize?: number | undefined;
};
export type JobFilter = PageOptions & {
  readonly state?: JobState | undefined;
  readonly format?: JobFormat | undefined;
  readonly frequency?: "once" | "daily" | "hourly" | undefined;
  readonly scope?: ExportScope | undefined;
};
export type RunFilter = PageOptions & { readonly state?: RunState | undefined };
export type WaitForRunOptions = SignalOption & {
  /** The run to wait for; the job's newest one without it, as soon as there is one. */
  readonly runId?: number | undefined;
  /** Between two looks at first; grows to ten times as much. In milliseconds; 2,000. */
  readonly intervalMilliseconds?: number | undefined;
  /** Give up after; in milliseconds. Without it the signal alone ends the wait. */
  readonly timeoutMilliseconds?: number | undefined;
  /** Told at each look. */
  readonly onLook?: ((run: Run | undefined) => void) | undefined;
};
export type DownloadOptions = SignalOption & {
  /** Unpack while reading. Some runtimes refuse gzip files of several members: code FILE_DAMAGED. */
  readonly gunzip?: boolean | undefined;
  /** Skip what an earlier download has already stored, in bytes of the file as it is sent. Not with `gunzip`. */
  readonly offset?: number | undefined;
  /** Called when the link has ended in the meantime: read the run again and return the file with its new link. */
  readonly renewLink?: (() => Promise<ExportFile>) | undefined;
  /**
   * Told at each connection what the service says the file's SHA-256 is, in base64 (`Repr-Digest`, RFC 9530), where it
   * says so. It is of the whole file as it is sent, and compared by nobody else.
   */
  readonly onDigest?: ((sha256: string) => void) | undefined;
  /** Bytes as they are sent, so far and in all (undefined when the service does not say). */
  readonly onProgress?: ((received: number, total: number | undefined) => void) | undefined;
};

/** The Data Export API of the client's project. Every method rejects with a ClientError when it is refused. */
export type DataExport = {
  /** Jobs of the project, fetched page by page while they are read. */
  readonly list: (filter?: JobFilter) => AsyncIterableIterator<Job>;
  /** Resolves with the id of the new job. Not repeated once it may have been sent. */
  readonly create: (job: NewJob, options?: SignalOption) => Promise<{ readonly jobId: number }>;
  readonly get: (jobId: number, options?: SignalOption) => Promise<Job>;
  readonly runs: (jobId: number, filter?: RunFilter) => AsyncIterableIterator<Run>;
  /** One run with its files; each reading makes new links. */
  readonly run: (jobId: number, runId: number, options?: SignalOption) => Promise<Run>;
  /** Of all jobs of the project. */
  readonly successfulRuns: (options?: PageOptions) => AsyncIterableIterator<Run>;
  readonly exportableFields: (scope: ExportScope, options?: SignalOption) => Promise<readonly ExportableField[]>;
  readonly customVars: (options?: SignalOption) => Promise<readonly CustomVar[]>;
  /** Keys seen between two instants, ISO 8601. */
  readonly dynamicVarKeys: (
    range: { readonly from: string; readonly to: string },
    options?: SignalOption,
  ) => Promise<readonly string[]>;
  /** Resolves with the successful run and its files. @throws {ClientError} code RUN_FAILED or RUN_NOT_FINISHED. */
  readonly waitForRun: (jobId: number, options?: WaitForRunOptions) => Promise<Run>;
  /**
   * A file of a run, without the bearer token. Its length is checked, and a cut connection is taken up again where it
   * broke. Rejects, or errors the stream, with a ClientError.
   */
  readonly download: (file: ExportFile, options?: DownloadOptions) => Promise<ReadableStream<Uint8Array>>;
};

export type DataExportParts = DownloadParts & {
  readonly now: () => number;
  /** Calls the token's endpoint; resolves with the payload of a successful answer, and rejects with a ClientError. */
  readonly call: (path: string, options?: CallOptions) => Promise<unknown>;
};

/** The Data Export API by way of the client's calls. A wrong id is a TypeError before anything is sent. */
export function createDataExport(parts: DataExportParts): DataExport {
  const ask: Ask = async (path, is, options) => {
    const payload = await parts.call(path, options);
    if (is(payload)) return payload;
    throw createUnexpectedAnswer(200, describeText());
  };
  const run: DataExport["run"] = async (jobId, runId, options) =>
    ask(formatPath(jobId, `/runs/${readPositive("runId", runId)}`), isRun, options);
  return {
    list: (filter) => askPages(ask, jobsPath, isJob, filter),
    create: async (job, options) => {
      const headers = { "content-type": "application/json" };
      const { jobId } = await ask(jobsPath, isJob, { ...options, method: "POST", headers, body: JSON.stringify(job) });
      return { jobId };
    },
    get: async (jobId, options) => ask(formatPath(jobId), isJob, options),
    runs: (jobId, filter) => askPages(ask, formatPath(jobId, "/runs"), isRun, filter),
    run,
    successfulRuns: (options) => askPages(ask, `${jobsPath}/successful-runs`, isRun, options),
    exportableFields: (scope, options) =>
      ask(`/v1/exportable-fields?${new URLSearchParams({ scope })}`, listOf(isField), options),
    customVars: (options) => ask("/v1/custom-vars", listOf(isCustomVar), options),
    dynamicVarKeys: async ({ from, to }, options) => {
      const path = `/v1/dynamic-var-keys?${new URLSearchParams({ from, to })}`;
      return (await ask(path, listOf(isKey), options)).map((key) => (typeof key === "string" ? key : key.key));
    },
    waitForRun: async (jobId, options = {}) => {
      const { signal } = options;
      const newest = formatPath(jobId, "/runs?order=DESC&page=1&limit=1");
      const look = async (runId: number | undefined) =>
        runId === undefined ? (await ask(newest, listOf(isRun), { signal }))[0] : run(jobId, runId, { signal });
      return waitForRun(parts, look, options);
    },
    download: (file, options) => download(parts, file, options),
  };
}

const jobsPath = "/v1/exports";

type Guard<Item> = (value: unknown) => value is Item;
/** Rejects with a ClientError when the payload is something else. */
type Ask = <Payload>(path: string, is: Guard<Payload>, options?: CallOptions) => Promise<Payload>;
type Filter = PageOptions & { readonly [name in "state" | "format" | "frequency" | "scope"]?: string | undefined };

function askPages<Item extends Job | Run>(
  ask: Ask,
  path: string,
  is: Guard<Item>,
  { signal, pageSize = 100, ...wanted }: Filter = {},
): AsyncIterableIterator<Item> {
  const query = new URLSearchParams({ limit: `${readPositive("pageSize", pageSize)}` });
  for (const [name, value] of Object.entries(wanted)) if (value !== undefined) query.set(name, value);
  return readPages(pageSize, async (page) => {
    signal?.throwIfAborted();
    query.set("page", `${page}`);
    return ask(`${path}?${query}`, listOf(is), { signal });
  });
}

function formatPath(jobId: number, rest = ""): string {
  return `${jobsPath}/${readPositive("jobId", jobId)}${rest}`;
}

function listOf<Item>(is: Guard<Item>): Guard<readonly Item[]> {
  return (value): value is readonly Item[] => isListOf(value, is);
}

function isJob(value: unknown): value is Job {
  return isNumbered(value, "jobId");
}

function isRun(value: unknown): value is Run {
  return isNumbered(value, "jobRunId") && isListOf(value.files ?? [], isFile);
}

function isFile(value: unknown): value is ExportFile {
  return isNumbered(value, "partId") && typeof value.url === "string";
}

function isField(value: unknown): value is ExportableField {
  return isJsonObject(value) && typeof value.name === "string";
}

function isCustomVar(value: unknown): value is CustomVar {
  return isJsonObject(value);
}

function isKey(value: unknown): value is string | { readonly key: string } {
  return typeof value === "string" || (isJsonObject(value) && typeof value.key === "string");
}
