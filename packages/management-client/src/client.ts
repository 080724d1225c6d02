import type { z } from "zod";
import type { OperationName, Operations } from "./contract.ts";

type Part<Name extends OperationName, Key extends "params" | "query"> = Operations[Name] extends {
  readonly [key in Key]: infer Schema extends z.ZodType;
}
  ? { readonly [key in Key]: z.output<Schema> }
  : { readonly [key in Key]?: undefined };

type Body<Name extends OperationName> = Operations[Name] extends { readonly body: infer Schema extends z.ZodType }
  ? { readonly body: z.input<Schema> }
  : { readonly body?: undefined };

/** Path parameters and query as values; the body as JSON has it. */
export type Input<Name extends OperationName> = Part<Name, "params"> & Partial<Part<Name, "query">> & Body<Name>;

export type Answer<Name extends OperationName> = Operations[Name] extends {
  readonly answer: infer Schema extends z.ZodType;
}
  ? z.output<Schema>
  : undefined;

export type CallOptions = {
  /** A second call with the same key and input has the effect of one. */
  readonly idempotencyKey?: string;
  /** The `version` that the change is meant for: 412 if there is a newer one. */
  readonly ifVersion?: number;
  readonly signal?: AbortSignal;
};

/** The flat error body of every listener, as an error. */
export class ManagementError extends Error {
  override readonly name = "ManagementError";
  readonly status: number;
  readonly errorCode: string;
  readonly requestId: string | undefined;
  /** Further members of the body, such as `stepUp`. */
  readonly members: Readonly<Record<string, unknown>>;
  /** Seconds to wait, where the service says so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, members: Readonly<Record<string, unknown>>, retryAfterSeconds?: number) {
    const text = members.errorMessage;
    super(typeof text === "string" ? text : `The service answered ${status}.`);
    this.status = status;
    this.errorCode = typeof members.errorCode === "string" ? members.errorCode : "UNEXPECTED_ANSWER";
    this.requestId = typeof members.requestId === "string" ? members.requestId : undefined;
    this.members = members;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export type ManagementClient = {
  /** @throws {ManagementError} the API refused. Whatever `fetch` throws where there was no answer. */
  readonly call: <Name extends OperationName>(
    name: Name,
    ...rest: Record<never, never> extends Input<Name>
      ? [input?: Input<Name>, options?: CallOptions]
      : [input: Input<Name>, options?: CallOptions]
  ) => Promise<Answer<Name>>;
  /** For what is not JSON: the answer itself. */
  readonly open: <Name extends OperationName>(
    name: Name,
    input: Input<Name>,
    options?: CallOptions,
  ) => Promise<Response>;
};

export type ManagementClientOptions = {
  /** URL of the admin listener, without trailing slash; empty for the page's own origin. */
  readonly baseUrl: string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** On every request, such as Authorization. */
  readonly headers: Readonly<Record<string, string>>;
};

type AnyInput = { readonly params?: unknown; readonly query?: unknown; readonly body?: unknown };

/** Typed by the contract, and without its schemas at run time. */
export function createManagementClient(options: ManagementClientOptions): ManagementClient {
  const open = async (name: string, input: AnyInput = {}, call: CallOptions = {}): Promise<Response> => {
    const { method, url } = formatTarget(name, input);
    const response = await options.fetch(`${options.baseUrl}${url}`, {
      method,
      headers: formatHeaders(options.headers, input, call),
      redirect: "error",
      ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
    if (!response.ok) throw await readError(response);
    return response;
  };
  return {
    open,
    call: async (name, ...[input, call]) => {
      const response = await open(name, input, call);
      return response.status === 204 ? undefined : response.json();
    },
  };
}

function formatTarget(name: string, { params, query }: AnyInput) {
  const [method = "GET", pattern = ""] = name.split(" ");
  const values = readMembers(params);
  const path = pattern.replace(/:(\w+)/g, (_, param: string) => encodeURIComponent(String(values.get(param))));
  const pairs = [...readMembers(query)].filter(([, value]) => value !== undefined && value !== "");
  const search = new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
  return { method, url: search === "" ? path : `${path}?${search}` };
}

function readMembers(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
}

function formatHeaders(own: Readonly<Record<string, string>>, { body }: AnyInput, call: CallOptions) {
  return {
    accept: "application/json",
    ...own,
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(call.idempotencyKey === undefined ? {} : { "idempotency-key": call.idempotencyKey }),
    ...(call.ifVersion === undefined ? {} : { "if-match": `"${call.ifVersion}"` }),
  };
}

async function readError(response: Response): Promise<ManagementError> {
  const body: unknown = await response.json().catch(() => ({}));
  const members = Object.fromEntries(readMembers(body));
  const wait = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new ManagementError(response.status, members, Number.isFinite(wait) ? wait : undefined);
}
