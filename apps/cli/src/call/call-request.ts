import type { CommandContext } from "../command-context.ts";
import { createUsageError } from "../command-error.ts";
import { readNamedFile } from "../named-file.ts";

export type CallArguments = {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  readonly data: string | undefined;
};

export type CallRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
};

/** Methods that are about the connection, which `fetch` therefore refuses. */
const refusedMethods: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);
const own: ReadonlySet<string> = new Set(["authorization", "host", "content-length", "connection"]);

/** @throws {CommandError} an argument is wrong. No value of a header is shown: it may be a secret. */
export async function readCallRequest(context: CommandContext, asked: CallArguments): Promise<CallRequest> {
  const method = asked.method.toUpperCase();
  checkTarget(method, asked.path);
  const headers = parseHeaders(asked.headers);
  const body = asked.data === undefined ? undefined : await readBody(context, asked.data);
  if (body !== undefined && (method === "GET" || method === "HEAD")) {
    throw createUsageError(`${method} takes no body (-d)`, "For example: biped call POST /v1/exports -d @job.json");
  }
  if (body !== undefined && !headers.has("content-type")) headers.set("content-type", "application/json");
  if (!headers.has("accept")) headers.set("accept", "application/json, */*;q=0.5");
  return { method, path: asked.path, headers, body };
}

function checkTarget(method: string, path: string): void {
  const next = "For example: biped call GET /v1/exports";
  if (!/^[A-Z]+$/.test(method)) throw createUsageError("The method comes first", next);
  if (refusedMethods.has(method)) throw createUsageError(`${method} is not for calls of an API`, next);
  if (!/^\/(?![/\\])/.test(path)) {
    throw createUsageError("The path begins with one slash: the host is the one of the token", next);
  }
  // The URL parser drops some of these, and could make another host of the rest.
  if (/[\p{Cc}\\]/u.test(path)) throw createUsageError("The path has a control character or a backslash", next);
}

function parseHeaders(lines: readonly string[]): Headers {
  const headers = new Headers();
  for (const line of lines) {
    const [, name = "", value = ""] = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*)$/s.exec(line) ?? [];
    if (name === "") throw createUsageError("-H must be a name, a colon and a value, such as 'Accept: text/csv'");
    if (own.has(name.toLowerCase())) throw createUsageError(`The header ${name} is set by biped itself`);
    if (/[^\t\u0020-\u007e\u0080-\u00ff]/.test(value)) {
      throw createUsageError(`The header ${name} has characters that no header can have`);
    }
    headers.append(name, value);
  }
  return headers;
}

async function readBody({ terminal }: CommandContext, data: string): Promise<Uint8Array<ArrayBuffer>> {
  if (data === "-") return new Uint8Array(await terminal.readInputBytes());
  return new Uint8Array(data.startsWith("@") ? await readNamedFile(data.slice(1)) : Buffer.from(data));
}
