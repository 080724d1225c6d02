/** One exchange of the simulated public service: what came in, what goes out, and the faults that lie between. */

import { EventEmitter, once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";

export type Received = {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
};

export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
};

/** What goes wrong with one exchange. */
export type Fault =
  /** Answered before the service looks at the request. */
  | ({ readonly kind: "answer" } & Answer)
  /** An error whose text holds the Authorization header and the body that were sent. */
  | { readonly kind: "echo"; readonly status: number }
  /** Not answered, and the connection stays open. */
  | { readonly kind: "hang" }
  /** The connection ends before an answer. */
  | { readonly kind: "reset" }
  /** The connection ends after so many bytes of the body that was announced. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** As cut, but the connection stays open. */
  | { readonly kind: "stall"; readonly afterBytes: number };

export const faults = {
  /** Too many requests, with a Retry-After. */
  rateLimit: (retryAfterSeconds: number): Fault => ({
    kind: "answer",
    status: 429,
    headers: { "retry-after": String(retryAfterSeconds) },
    body: "Too many requests",
  }),
  gateway: (status: 502 | 503 | 504): Fault => ({ kind: "answer", status, body: "upstream connect error" }),
  webPage: (status = 200): Fault => ({ kind: "answer", ...createWebPage(status) }),
  redirectTo: (location: string): Fault => ({ kind: "answer", status: 307, headers: { location }, body: "" }),
} as const;

export function createJson(status: number, body: unknown): Answer {
  return { status, headers: { "content-type": "application/json; charset=utf-8" }, body: JSON.stringify(body) };
}

export function createWebPage(status: number): Answer {
  const body = "<!doctype html><html><head><title>Sign in</title></head><body><h1>Sign in</h1></body></html>\n";
  return { status, headers: { "content-type": "text/html; charset=utf-8" }, body };
}

export type ListenerParts = {
  readonly port: number;
  /** What the service does with a request: the answer, and the fault with which it is sent. */
  readonly handle: (received: Received) => Promise<{ readonly answer: Answer; readonly fault: Fault | undefined }>;
  /** Called with the request's path; the function that it returns, when the exchange is over. */
  readonly begin: (method: string, path: string, headers: IncomingHttpHeaders) => () => void;
  readonly nowSeconds: () => number;
};

/** @returns What stops it, with the connections that are still open. */
export async function listen({ port, handle, begin, nowSeconds }: ListenerParts): Promise<() => Promise<void>> {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", `http://127.0.0.1:${port}`);
    const { method = "GET", headers } = request;
    response.once("close", begin(method, url.pathname, headers));
    const text = await readAll(request).catch(() => undefined);
    if (text === undefined) return;
    const { answer, fault } = await handle({ method, url, headers, text });
    response.setHeader("date", new Date(nowSeconds() * 1000).toUTCString());
    send({ method, headers, text }, response, { answer, fault });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

type Sent = { readonly answer: Answer; readonly fault: Fault | undefined };

function send(request: Omit<Received, "url">, response: ServerResponse, { answer, fault }: Sent): void {
  switch (fault?.kind) {
    case undefined:
      write(request.method, response, answer);
      break;
    case "answer":
      write(request.method, response, fault);
      break;
    case "echo":
      write(request.method, response, createEcho(fault.status, request));
      break;
    case "reset":
      response.destroy();
      break;
    case "cut":
      writeBeginning(response, answer, fault.afterBytes).once("begun", () => response.destroy());
      break;
    case "stall":
      writeBeginning(response, answer, fault.afterBytes);
      break;
    case "hang":
      break;
  }
}

function createEcho(status: number, { headers, text }: Omit<Received, "url">): Answer {
  const errorMessage = `Cannot handle ${headers.authorization ?? "nothing"} with ${text}`;
  return createJson(status, { success: false, errorMessage, errorCode: "ECHO" });
}

/** @returns Emits "begun" once the bytes are on their way. */
function writeBeginning(response: ServerResponse, answer: Answer, afterBytes: number): EventEmitter {
  const bytes = Buffer.from(answer.body);
  const told = new EventEmitter();
  response.writeHead(answer.status, { ...answer.headers, "content-length": bytes.length });
  response.write(bytes.subarray(0, afterBytes), () => told.emit("begun"));
  return told;
}

function write(method: string, response: ServerResponse, { status, headers, body }: Answer): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { ...headers, "content-length": bytes.length });
  response.end(method === "HEAD" ? undefined : bytes);
}
