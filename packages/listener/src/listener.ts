import { randomUUID } from "node:crypto";
import { type IncomingMessage, METHODS, type ServerResponse } from "node:http";
import { Socket } from "node:net";
import { isRefusal, type Refusal, refuse } from "@biped/protocol";
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { type Answer, answerRefusal, type Endpoint } from "./answer.ts";
import { refuseBrokenRequest, writeRefusalToSocket } from "./broken-connection.ts";
import { readHeaderValues, readHttpRequest } from "./http-request.ts";
import type { Log } from "./log.ts";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Path -> method -> endpoint: the map of a listener. HEAD comes with GET; any other method is 405 with Allow. */
export type Routes = Readonly<Record<string, Readonly<Partial<Record<Method, Endpoint>>>>>;

export type ListenerOptions = {
  /** Stands in each log line. */
  readonly name: string;
  readonly routes: Routes;
  readonly log: Log;
  readonly bodyLimitBytes: number;
  /** Addresses or CIDR ranges of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** Whether a thrown error means that the store is away: 503 instead of 500. */
  readonly isUnavailable: (error: unknown) => boolean;
  /** Rejects while the process cannot do its work; asked by /readyz. */
  readonly checkReady: () => Promise<void>;
};

export type Listener = {
  /**
   * @returns the base URL.
   * @throws Error with one clear line where the address cannot be had.
   */
  readonly listen: (address: ListenAddress) => Promise<string>;
  /** Answers what is under way, then closes. Connections still open after `graceMilliseconds` are cut. */
  readonly drain: (graceMilliseconds: number) => Promise<void>;
};

export type ListenAddress = {
  readonly host: string;
  readonly port: number;
  /** The setting by which another port is chosen, for the message. */
  readonly setting: string;
};

const headerLimitBytes = 16 * 1024;
const urlLimitBytes = 2 * 1024;

/** On every answer (OWASP ASVS 3.4); an endpoint may say another cache-control. */
const standingHeaders = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;

export function createListener(options: ListenerOptions): Listener {
  const app = createApp(options);
  let draining = false;

  app.addHook("onRequest", async (request, reply) => {
    const refusal = checkTransport(request.raw, options.bodyLimitBytes);
    if (refusal !== undefined) return sendRefusal(reply, request.id, refusal);
  });
  app.addHook("onSend", async (_request, reply) => {
    if (draining) reply.header("connection", "close");
  });
  app.addHook("onResponse", async (request, reply) => logRequest(options, request, reply));
  app.setNotFoundHandler((request, reply) =>
    sendRefusal(reply, request.id, refuse("NOT_FOUND", "There is nothing here.")),
  );
  app.setErrorHandler((error: FastifyError, request, reply) =>
    sendRefusal(reply, request.id, refuseThrown(options, error, request)),
  );
  addRoutes(app, {
    ...options.routes,
    "/healthz": { GET: () => ({ status: 200, body: { status: "ok" } }) },
    "/readyz": { GET: () => (draining ? refuse("TEMPORARILY_UNAVAILABLE", "Draining.") : answerReady(options)) },
  });

  return {
    listen: async ({ host, port, setting }) => {
      try {
        await app.listen({ host, port });
      } catch (cause) {
        throw new Error(`${describeListenFailure(cause, `${host}:${port}`)} Choose another with ${setting}.`, {
          cause,
        });
      }
      return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
    },
    drain: async (graceMilliseconds) => {
      draining = true;
      const cut = setTimeout(() => app.server.closeAllConnections(), graceMilliseconds);
      await app.close();
      clearTimeout(cut);
    },
  };
}

function describeListenFailure(cause: unknown, address: string): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EADDRINUSE") return `Another program listens on ${address} already.`;
  if (code === "EACCES") return `This user may not listen on ${address}.`;
  if (code === "EADDRNOTAVAIL") return `This machine has no address for ${address}.`;
  return `It is not possible to listen on ${address} (${String(code)}).`;
}

/** R-40: Node's defaults wait for minutes; these bound what one slow or hostile socket can hold. */
function createApp(options: ListenerOptions): FastifyInstance {
  const app = fastify({
    bodyLimit: options.bodyLimitBytes,
    genReqId: () => randomUUID(),
    trustProxy: options.trustedProxies.length === 0 ? false : [...options.trustedProxies],
    return503OnClosing: false,
    forceCloseConnections: "idle",
    keepAliveTimeout: 72_000,
    requestTimeout: 15_000,
    maxRequestsPerSocket: 10_000,
    http: {
      headersTimeout: 10_000,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: headerLimitBytes,
      insecureHTTPParser: false,
      requireHostHeader: false,
    },
    routerOptions: { maxParamLength: 64, ignoreTrailingSlash: false, caseSensitive: true },
    frameworkErrors: (_error, request, reply) => {
      sendRefusal(reply, request.id, refuse("INVALID_REQUEST", "The URL is malformed."));
    },
    clientErrorHandler: (error, socket) => answerBrokenConnection(options, error, socket),
  });
  app.server.maxConnections = 20_000;
  app.server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
    const refusal = refuse("INVALID_REQUEST", "This expectation cannot be met.", undefined, { status: 417 });
    writeRefusalToSocket(request.socket, refusal, randomUUID());
    response.destroy();
  });
  // One parser for all media types: the endpoint's Read step judges the type, so no spelling slips past it (C-29).
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  return app;
}

function answerBrokenConnection(options: ListenerOptions, error: Error, socket: unknown): void {
  if (!(socket instanceof Socket)) return;
  const refusal = refuseBrokenRequest(error);
  // A socket that has begun an answer must not get a second one in the middle of it.
  if (refusal === undefined || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const requestId = randomUUID();
  const { status, code, reason } = refusal;
  options.log.info("request", { listener: options.name, requestId, status, errorCode: code, reason });
  writeRefusalToSocket(socket, refusal, requestId);
}

/** What the parser lets through and no endpoint should see (R-40, R-41). */
function checkTransport(
  { rawHeaders, headers, url, httpVersion }: IncomingMessage,
  limit: number,
): Refusal | undefined {
  const close = { headers: { connection: "close" } };
  if ((url ?? "").length > urlLimitBytes) {
    return refuse("REQUEST_TOO_LARGE", "The URL must have at most 2 KiB.", undefined, { status: 414 });
  }
  if (headers.host === undefined && httpVersion === "1.1") {
    return refuse("INVALID_REQUEST", "A Host header is required.", undefined, close);
  }
  if (readHeaderValues(rawHeaders, "host").length > 1 || readHeaderValues(rawHeaders, "content-type").length > 1) {
    return refuse("INVALID_REQUEST", "Host and Content-Type must each be sent once.", undefined, close);
  }
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && coding.toLowerCase() !== "chunked") {
    return refuse("INVALID_REQUEST", "The only transfer coding is chunked.", undefined, close);
  }
  if (headers["content-encoding"] !== undefined) {
    return refuse("UNSUPPORTED_MEDIA_TYPE", "The body must be sent without a content coding.");
  }
  return Number(headers["content-length"] ?? 0) > limit ? refuseLargeBody(limit) : undefined;
}

/** The connection closes: the rest of the body is not worth reading. */
function refuseLargeBody(limit: number): Refusal {
  const parts = { headers: { connection: "close" } };
  return refuse("REQUEST_TOO_LARGE", `The body must have at most ${limit / 1024} KiB.`, undefined, parts);
}

function addRoutes(app: FastifyInstance, routes: Routes): void {
  for (const method of METHODS)
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: false });
  for (const [path, endpoints] of Object.entries(routes)) {
    const served = new Set<string>(Object.keys(endpoints));
    if (served.has("GET")) served.add("HEAD");
    for (const [method, endpoint] of Object.entries(endpoints)) {
      app.route({ method, url: path, handler: (request, reply) => run(endpoint, request, reply) });
    }
    const others = app.supportedMethods.filter((method) => !served.has(method));
    const allow = { headers: { allow: [...served].join(", ") } };
    const refusal = refuse("METHOD_NOT_ALLOWED", "This method is not allowed here.", undefined, allow);
    app.route({ method: others, url: path, handler: (request, reply) => sendRefusal(reply, request.id, refusal) });
  }
}

async function run(endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const outcome = await endpoint(readHttpRequest(request));
  return send(reply, isRefusal(outcome) ? answerRefusal(outcome, request.id) : outcome, request.id);
}

function sendRefusal(reply: FastifyReply, requestId: string, refusal: Refusal): FastifyReply {
  return send(reply, answerRefusal(refusal, requestId), requestId);
}

function send(reply: FastifyReply, answer: Answer, requestId: string): FastifyReply {
  reply.logFields = answer.log;
  reply.code(answer.status).headers({ ...standingHeaders, "x-request-id": requestId, ...answer.headers });
  if (answer.body === undefined) return reply.send();
  return reply.header("content-type", "application/json; charset=utf-8").send(JSON.stringify(answer.body));
}

declare module "fastify" {
  interface FastifyReply {
    logFields?: Answer["log"];
  }
}

async function answerReady(options: ListenerOptions): Promise<Answer> {
  await options.checkReady();
  return { status: 200, body: { status: "ready" } };
}

/** The one place where a thrown error becomes an answer. */
function refuseThrown(options: ListenerOptions, error: FastifyError, request: FastifyRequest): Refusal {
  if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE") return refuseLargeBody(options.bodyLimitBytes);
  if (error.code?.startsWith("FST_ERR_CTP_") === true) return refuse("INVALID_REQUEST", "The body is malformed.");
  const context = { listener: options.name, requestId: request.id, error };
  if (options.isUnavailable(error)) {
    options.log.warn("the store is away", context);
    const parts = { headers: { "retry-after": "1" } };
    return refuse("TEMPORARILY_UNAVAILABLE", "The service is unavailable for the moment.", "store away", parts);
  }
  options.log.error("unexpected failure", context);
  return refuse("INTERNAL_ERROR", "The request failed for a reason of our own.", "unexpected failure");
}

function logRequest({ log, name }: ListenerOptions, request: FastifyRequest, reply: FastifyReply): void {
  const route = request.routeOptions.url;
  if (route === "/healthz" || route === "/readyz") return;
  log.info("request", {
    listener: name,
    requestId: request.id,
    method: request.method,
    ...(route === undefined ? {} : { route }),
    status: reply.statusCode,
    durationMilliseconds: Math.round(reply.elapsedTime * 10) / 10,
    source: request.socket.remoteAddress ?? "",
    ...reply.logFields,
  });
}
