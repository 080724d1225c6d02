/** The service against which `test/runtimes/try-client.mjs` runs: few rules, and states that the script asks for. */

import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from "node:http";
import { gzipSync } from "node:zlib";

type RuntimesService = { readonly url: string; readonly stop: () => Promise<void> };
type State = {
  readonly url: string;
  readonly laterUrl: string;
  /** Tokens of an earlier generation have expired. */
  generation: number;
  tokenRequests: number;
  calls: string[];
  files: string[];
  /** Told when a call hangs. */
  onHang: (() => void) | undefined;
  /** Breaks the connection of the first download; a runtime may forget what had come and was not read. */
  cutFile: (() => void) | undefined;
};
type Asked = {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};
type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body: string | Buffer;
  /** So many bytes of the body are sent, and the connection breaks when this promise is kept. */
  readonly cut?: { readonly afterBytes: number; readonly when: Promise<void> };
};
/** What is done instead of answering. */
type Silence = "hang" | "break";

export const exportedText: string = Array.from({ length: 40_000 }, (_, line) => `line ${line}\n`).join("");
const file = gzipSync(exportedText);

const sendJson = (status: number, body: unknown): Answer => ({ status, body: JSON.stringify(body) });

/** @param laterPort Where a project lives whose cloud opens only when the script asks for it. */
export async function startRuntimesService(port: number, laterPort: number): Promise<RuntimesService> {
  const [url, laterUrl] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${laterPort}`];
  const state: State = {
    url,
    laterUrl,
    generation: 0,
    tokenRequests: 0,
    calls: [],
    files: [],
    onHang: undefined,
    cutFile: undefined,
  };
  const later: Server[] = [];
  const handle = async (asked: Asked): Promise<Answer | Silence> => {
    const path = asked.url.pathname;
    if (path === "/control/open" && later.length === 0) later.push(await listen(handle, laterPort));
    if (path === "/control/close") await Promise.all(later.splice(0).map(close));
    if (path.startsWith("/control/")) return answerControl(state, path.slice("/control/".length));
    if (path.startsWith("/files/")) return answerFile(state, asked);
    if (path.includes("/v1/oauth/")) return answerOAuth(state, asked);
    state.calls.push(`${asked.method} ${path} ${asked.body.length}`);
    return answerApi(state, asked);
  };
  const server = await listen(handle, port);
  const stop = async (): Promise<void> => {
    await Promise.all([server, ...later].map(close));
  };
  return { url, stop };
}

async function listen(handle: (asked: Asked) => Promise<Answer | Silence>, port: number): Promise<Server> {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", `http://127.0.0.1:${port}`);
    const { method = "GET", headers } = request;
    const answer = await handle({ method, url, headers, body: await readBody(request) });
    if (answer === "break") response.destroy();
    if (typeof answer === "string") return;
    // Only where a test wants it: some runtimes repeat by themselves what broke on a connection that they had kept.
    const connection = url.searchParams.has("keep") ? "keep-alive" : "close";
    const body = Buffer.from(answer.body);
    response.writeHead(answer.status, { connection, "content-length": body.length, ...answer.headers });
    if (answer.cut === undefined) return void response.end(body);
    response.write(body.subarray(0, answer.cut.afterBytes));
    await answer.cut.when;
    response.destroy();
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

async function answerControl(state: State, what: string): Promise<Answer> {
  if (what === "token-requests") return sendJson(200, state.tokenRequests);
  if (what === "calls") return sendJson(200, state.calls.splice(0));
  if (what === "files") return sendJson(200, state.files);
  if (what === "cut-file") state.cutFile?.();
  if (what === "expire") state.generation += 1;
  if (what === "hanging" && !state.calls.some((call) => call.includes("/v1/hang"))) {
    await new Promise<void>((resolve) => {
      state.onHang = resolve;
    });
  }
  return sendJson(200, true);
}

function answerOAuth(state: State, { url, headers, body }: Asked): Answer {
  if (url.pathname.startsWith("/moved")) {
    return { status: 307, headers: { location: `${state.url}/v1/stolen` }, body: "" };
  }
  if (url.pathname.startsWith("/page")) return { status: 200, body: "<!doctype html><p>Sign in</p>" };
  const { client_secret, project_id = 42, scope } = JSON.parse(body);
  if (client_secret !== "secret") {
    const text = "Client authentication failed.";
    return sendJson(401, { error: "invalid_client", error_description: text, requestId: "request-1" });
  }
  if (url.pathname.endsWith("/me")) {
    const permissions = { projects: [{ id: 42, name: headers["accept-encoding"] }] };
    return sendJson(200, { scopes: "data-export", permissions });
  }
  if (project_id === 44) return { status: 429, headers: { "retry-after": "7" }, body: "Too many requests" };
  state.tokenRequests += 1;
  const endpoint = project_id === 43 ? state.laterUrl : project_id === 45 ? "https://elsewhere.example" : state.url;
  const access_token = `token-${state.generation}.${state.tokenRequests}`;
  return sendJson(200, { access_token, token_type: "bearer", expires_in: 3600, scope, project_id, endpoint });
}

function answerApi(state: State, { method, url, headers, body }: Asked): Answer | Silence {
  const { authorization = "", "accept-encoding": acceptEncoding } = headers;
  if (!authorization.startsWith(`Bearer token-${state.generation}.`)) {
    return sendJson(401, { success: false, errorMessage: "Expired.", errorCode: "JWT_EXPIRED" });
  }
  if (url.pathname === "/v1/hang") {
    state.onHang?.();
    return "hang";
  }
  if (url.pathname === "/v1/break") return "break";
  if (url.pathname === "/v1/exports/7") return { status: 502, body: "<html>Bad gateway</html>" };
  if (url.pathname !== "/v1/exports") return sendJson(200, { url: url.search, body, acceptEncoding });
  if (method === "POST") return sendJson(201, { success: true, payload: { jobId: 100 } });
  const [page, limit] = [Number(url.searchParams.get("page") ?? 1), Number(url.searchParams.get("limit") ?? 20)];
  const jobs = Array.from({ length: 70 }, (_, index) => ({ jobId: 70 - index }));
  return sendJson(200, { success: true, payload: jobs.slice((page - 1) * limit, page * limit) });
}

/** The first connection ends in the middle of the file. */
function answerFile(state: State, { headers }: Asked): Answer {
  const { range, "if-range": ifRange, authorization } = headers;
  state.files.push([range && "range", ifRange, authorization].filter(Boolean).join(" "));
  const etag = '"e"';
  if (state.files.length === 1) {
    const when = new Promise<void>((resolve) => {
      state.cutFile = resolve;
    });
    return { status: 200, headers: { etag }, body: file, cut: { afterBytes: 30_000, when } };
  }
  const start = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
  const contentRange = `bytes ${start}-${file.length - 1}/${file.length}`;
  if (range === undefined) return { status: 200, headers: { etag }, body: file };
  return { status: 206, headers: { etag, "content-range": contentRange }, body: file.subarray(start) };
}
