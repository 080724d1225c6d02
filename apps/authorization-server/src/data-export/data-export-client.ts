import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import type { z } from "zod";
import { type Received, readAnswer, type Unreadable } from "./cloud-answer.ts";
import { type ExportPower, type ExportTarget, type MintParts, mintExportToken } from "./mint-export-token.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export type DataExportClientParts = MintParts & {
  /** How clouds are asked; Node's own if absent. */
  readonly fetch?: Fetch | undefined;
};

export type Question<Payload> = {
  /** Below the cloud's endpoint, with its query: no text in it comes from a caller unchecked. */
  readonly path: string;
  /** GET if absent. */
  readonly method?: "POST" | "PUT" | "DELETE";
  readonly body?: object;
  /** The form of the payload; `undefined` where there is none. */
  readonly answer: z.ZodType<Payload>;
  /** Ten if absent. */
  readonly limitSeconds?: number;
};

/** Asks a project's cloud, and answers the payload, or the refusal of the API there. */
export type AskCloud = <Payload>(target: ExportTarget, question: Question<Payload>) => Promise<Payload | Refusal>;

const usualLimitSeconds = 10;
/** Where rows are read for the answer. */
export const readingLimitSeconds = 20;
/** A hundred jobs, each as large as the API takes one, are less. */
const answerLimitBytes = 8 * 1024 * 1024;

export function createDataExportClient(parts: DataExportClientParts): AskCloud {
  const { fetch = globalThis.fetch } = parts;
  return async (target, question) => {
    const token = await mintExportToken(parts, target, findPower(question.path));
    if (isRefusal(token)) return token;
    const received = await receive(fetch, formatRequest(target, question, token));
    const read = "cause" in received ? received : readAnswer(received, question.answer);
    if ("payload" in read) return read.payload;
    const refusal = "cause" in read ? refuseCloud(target, read.cause) : read.refusal;
    return read.effect === "unknown" && question.method !== undefined ? tellUnknown(refusal) : refusal;
  };
}

/** Whether nobody knows that what was asked for was done, or was not. */
export function isOutcomeUnknown({ members }: Refusal): boolean {
  return members.outcome === "unknown";
}

/** The least that opens the route. */
function findPower(path: string): ExportPower {
  return path.startsWith("/v1/administration/") ? "export and administration" : "export";
}

type CloudRequest = { readonly url: string; readonly init: RequestInit };

function formatRequest(
  { project }: ExportTarget,
  { path, method, body, limitSeconds = usualLimitSeconds }: Question<unknown>,
  token: string,
): CloudRequest {
  const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
  return {
    url: `${project.endpoint}${path}`,
    init: {
      method: method ?? "GET",
      // The token is for the endpoint and for nobody to whom it points.
      redirect: "error",
      signal: AbortSignal.timeout(limitSeconds * 1000),
      ...(body === undefined
        ? { headers }
        : { headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) }),
    },
  };
}

async function receive(fetch: Fetch, { url, init }: CloudRequest): Promise<Received | Unreadable> {
  try {
    const response = await fetch(url, init);
    const text = await readText(response);
    if (text === undefined) return { cause: "answered more than is read", effect: "unknown" };
    return {
      status: response.status,
      json: parseJson(response, text),
      retryAfter: response.headers.get("retry-after"),
    };
  } catch (error) {
    // Whatever `fetch` throws is about the connection; its text may hold the URL, its code does not.
    const cause = findCode(error);
    return { cause, effect: neverSent.has(cause) ? "none" : "unknown" };
  }
}

/** Undefined where it is too long. */
async function readText({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > answerLimitBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseJson({ headers }: Response, text: string): unknown {
  if (headers.get("content-type")?.startsWith("application/json") !== true) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Codes of failures that happen before anything is sent. */
const neverSent: ReadonlySet<string> = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function findCode(error: unknown): string {
  if (!(error instanceof Error)) return "unknown cause";
  const { cause } = error;
  return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : error.name;
}

function refuseCloud({ project }: ExportTarget, cause: string): Refusal {
  const text = "The cloud's Data Export API cannot be reached.";
  return refuse("TEMPORARILY_UNAVAILABLE", text, `cloud ${project.cloud}: ${cause}`, {
    headers: { "retry-after": "5" },
  });
}

function tellUnknown(refusal: Refusal): Refusal {
  return { ...refusal, members: { ...refusal.members, outcome: "unknown" } };
}
