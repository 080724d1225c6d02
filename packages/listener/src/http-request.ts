import { type Parameters, parseFormParameters, parseJsonParameters, type Refusal, refuse } from "@biped/protocol";
import type { FastifyRequest } from "fastify";
import { formatAddress } from "./client-address.ts";

/** A request as the endpoints see it: values, and nothing of the framework. */
export type HttpRequest = {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly params: ReadonlyMap<string, string>;
  /** The values of every Authorization header field. */
  readonly authorization: readonly string[];
  readonly contentType: string | undefined;
  readonly ifNoneMatch: string | undefined;
  /** A header field by its name in lower case; of a repeated one, what Node makes of it. */
  readonly header: (name: string) => string | undefined;
  readonly body: Uint8Array;
  /** IP address of the caller in its one spelling, as the connection or a trusted proxy tells it. */
  readonly source: string;
  /** IP address of whoever made the connection: a proxy's, where there is one. Empty once the connection is gone. */
  readonly peer: () => string;
};

const noBody = new Uint8Array(0);

export function readHttpRequest(request: FastifyRequest): HttpRequest {
  return {
    id: request.id,
    method: request.method,
    ...readTarget(request.raw.url),
    params: readParams(request.params),
    authorization: readHeaderValues(request.raw.rawHeaders, "authorization"),
    contentType: request.headers["content-type"],
    ifNoneMatch: request.headers["if-none-match"],
    header: (name) => readHeader(request, name),
    body: request.body instanceof Uint8Array ? request.body : noBody,
    source: readSource(request),
    peer: () => formatAddress(request.socket.remoteAddress ?? "") ?? "",
  };
}

/** RFC 9112 §3.2.2: a target may come with a scheme and a host, which say nothing here. */
export function readTarget(target = "/"): { readonly path: string; readonly query: string } {
  const url = target.replace(/^https?:\/\/[^/?#]*/i, "");
  const mark = url.indexOf("?");
  return mark === -1 ? { path: url, query: "" } : { path: url.slice(0, mark), query: url.slice(mark + 1) };
}

/** `headers` keeps the first of two Authorization fields; the second would go unseen. */
export function readHeaderValues(rawHeaders: readonly string[], name: string): readonly string[] {
  const values: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const field = rawHeaders[index];
    if (field !== undefined && field.length === name.length && field.toLowerCase() === name) {
      values.push(rawHeaders[index + 1] ?? "");
    }
  }
  return values;
}

function readHeader({ headers }: FastifyRequest, name: string): string | undefined {
  // Own members alone: a header can have any name.
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return Array.isArray(value) ? value.join(", ") : value;
}

const noParams: ReadonlyMap<string, string> = new Map();

function readParams(params: unknown): ReadonlyMap<string, string> {
  if (typeof params !== "object" || params === null) return noParams;
  const entries = Object.entries(params);
  return entries.length === 0 ? noParams : new Map(entries.map(([name, value]) => [name, String(value)]));
}

/** A forwarded address that does not parse is dropped, never trusted and never an error (CVE-2024-47070 of a peer). */
export function readSource(request: FastifyRequest): string {
  // Fastify's type does not say that a connection which is gone has no address.
  const { ip }: { readonly ip: string | undefined } = request;
  return formatAddress(ip ?? "") ?? formatAddress(request.socket.remoteAddress ?? "") ?? "";
}

const json = /^application\/json[\t ]*(?:;[\t ]*charset=(?:utf-8|"utf-8")[\t ]*)?$/i;
const form = /^application\/x-www-form-urlencoded[\t ]*(?:;[\t ]*charset=(?:utf-8|"utf-8")[\t ]*)?$/i;

/** A body as text, or why not. RFC 8259 §8.1: UTF-8 and nothing else. */
export function readJsonText(request: HttpRequest): string | Refusal {
  if (!json.test(request.contentType ?? "")) {
    return refuse("UNSUPPORTED_MEDIA_TYPE", "The body must be application/json in UTF-8.");
  }
  return decodeUtf8(request.body);
}

/** The parameters of a body, the same from JSON and from a form. A request without any body has none. */
export function readParameters(request: HttpRequest): Parameters | Refusal {
  const type = request.contentType ?? "";
  if (type === "" && request.body.length === 0) return new Map();
  const parse = json.test(type) ? parseJsonParameters : form.test(type) ? parseFormParameters : undefined;
  if (parse === undefined) {
    return refuse(
      "UNSUPPORTED_MEDIA_TYPE",
      "The body must be application/json or application/x-www-form-urlencoded, in UTF-8.",
    );
  }
  const text = decodeUtf8(request.body);
  return typeof text === "string" ? parse(text) : text;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string | Refusal {
  try {
    return utf8.decode(bytes);
  } catch {
    return refuse("INVALID_REQUEST", "The body is not UTF-8.");
  }
}
