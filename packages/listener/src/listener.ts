import { randomUUID } from "node:crypto";
import { createServer, type RequestListener, type Server } from "node:http";
import { Socket } from "node:net";
import { setTimeout as sleep, setImmediate as turnOfLoop } from "node:timers/promises";
import { type Refusal, refuse } from "@biped/protocol";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import type { Answer } from "./answer.ts";
import {
  type OpenAnswers,
  type ParserError,
  refuseBrokenRequest,
  trackOpenAnswers,
  writeRefusalToSocket,
} from "./broken-connection.ts";
import { readSource, readTarget } from "./http-request.ts";
import type { Log } from "./log.ts";
import { createPacketLimit } from "./packet-limit.ts";
import { answerReadiness, type ReadyChecks, runReadyChecks } from "./readiness.ts";
import { addRoutes, type Routes, refuseUnknownMethod } from "./routes.ts";
import { sendRefusal } from "./send.ts";
import { shared } from "./shared.ts";
import { createShedding, type Shed, type Shedding } from "./shedding.ts";
import { checkTransport, headerLimitBytes, refuseLargeBody } from "./transport-rules.ts";

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
  /** What /readyz looks at. */
  readonly readyChecks: ReadyChecks;
  /** What is shed; nothing if absent. Health checks never are. */
  readonly shed?: Shed;
  /** Told of each answer but those that shed, health checks included; for metrics. */
  readonly onAnswered?: (request: MeasuredRequest) => void;
};

export type MeasuredRequest = {
  readonly listener: string;
  /** The pattern of the route; empty where there is none. */
  readonly route: string;
  readonly status: number;
  readonly errorCode: string | undefined;
  readonly seconds: number;
};

export type Listener = {
  /**
   * @returns the base URL.
   * @throws Error with one clear line where the address cannot be had.
   */
  readonly listen: (address: ListenAddress) => Promise<string>;
  /**
   * Says at once that it is going, by /readyz and by `Connection: close` on each answer, and still serves whoever comes
   * for `delayMilliseconds`. Then it answers what is under way, and closes.
   */
  readonly drain: (times: DrainTimes) => Promise<void>;
};

export type DrainTimes = {
  /** So long a balancer has to notice; none if absent. */
  readonly delayMilliseconds?: number;
  /** Connections still open so long after the delay are cut. */
  readonly graceMilliseconds: number;
};

export type ListenAddress = {
  readonly host: string;
  readonly port: number;
  /** The setting by which another port is chosen, for the message. */
  readonly setting: string;
};

const malformedUrl = refuse("INVALID_REQUEST", "The URL is malformed.");

export function createListener(options: ListenerOptions): Listener {
  let draining = false;
  const answerReady = createAnswerReady(options);
  const routes: Routes = {
    ...options.routes,
    "/healthz": { GET: () => ({ status: 200, body: { status: "ok" } }) },
    "/readyz": { GET: ({ id }) => (draining ? refuseUnavailable("draining") : answerReady(id)) },
  };
  const isDraining = (): boolean => draining;
  const isHealth = (path: string): boolean => path === "/healthz" || path === "/readyz";
  const shed: Shed = (path) => (isHealth(path) ? undefined : options.shed?.(path));
  const shedding = createShedding({ ...options, shed, isDraining });
  const app = createApp({ ...options, routes }, shedding);
  addHooks(app, { ...options, routes });
  app.addHook("onSend", async (_request, reply) => {
    if (draining) reply.header("connection", "close");
  });
  addRoutes(app, routes);

  return {
    listen: (address) => listen(app, address),
    drain: async ({ delayMilliseconds = 0, graceMilliseconds }) => {
      draining = true;
      shedding.endRests();
      if (delayMilliseconds > 0) {
        await sleep(delayMilliseconds);
        // Whatever has arrived by now is read first, so that it belongs to a request under way.
        await turnOfLoop();
      }
      const cut = setTimeout(() => app.server.closeAllConnections(), graceMilliseconds);
      await app.close().finally(() => clearTimeout(cut));
    },
  };
}

/** Connections that wait to be accepted; where there is no room, who comes tries again after a second or more. */
const backlog = 4_096;

async function listen(app: FastifyInstance, { host, port, setting }: ListenAddress): Promise<string> {
  try {
    // For "localhost" Fastify would open a second server for the other family, with none of our settings.
    await app.listen({ host: host === "localhost" ? "127.0.0.1" : host, port, backlog });
  } catch (cause) {
    throw new Error(describeListenFailure(cause, `${host}:${port}`, setting), { cause });
  }
  const bound = app.server.address();
  const boundPort = typeof bound === "object" && bound !== null ? bound.port : port;
  return `http://${host.includes(":") ? `[${host}]` : host}:${boundPort}`;
}

function addHooks(app: FastifyInstance, options: ListenerOptions): void {
  const notFound = refuse("NOT_FOUND", "There is nothing here.");
  app.addHook("onRequest", async (request, reply) => {
    const refuseMissing = () => refuseUnknownMethod(options.routes, readTarget(request.raw.url).path) ?? notFound;
    const missing = request.is404 ? refuseMissing() : undefined;
    const refusal = checkTransport(request.raw, options.bodyLimitBytes) ?? missing;
    if (refusal !== undefined) return sendRefusal(reply, request.id, refusal);
  });
  app.addHook("onResponse", async (request, reply) => logRequest(options, request, reply));
  app.setNotFoundHandler((request, reply) => sendRefusal(reply, request.id, notFound));
  app.setErrorHandler<unknown>((error, request, reply) =>
    sendRefusal(reply, request.id, refuseThrown(options, error, request)),
  );
}

function describeListenFailure(cause: unknown, address: string, setting: string): string {
  const code = readCode(cause);
  if (code === "EADDRINUSE") return `Another program listens on ${address} already. Choose another with ${setting}.`;
  if (code === "EACCES") return `This user may not listen on ${address}. Choose another with ${setting}.`;
  if (code === "EADDRNOTAVAIL") return `This machine has no address for ${address}.`;
  return `It is not possible to listen on ${address} (${code ?? "unknown cause"}).`;
}

function readCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

function createApp(options: ListenerOptions, shedding: Shedding): FastifyInstance {
  const app = fastify({
    serverFactory: (handle) => createHttpServer(handle, options.bodyLimitBytes, shedding),
    bodyLimit: options.bodyLimitBytes,
    genReqId: () => randomUUID(),
    trustProxy: options.trustedProxies.length === 0 ? false : [...options.trustedProxies],
    return503OnClosing: false,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 2048, ignoreTrailingSlash: false, caseSensitive: true },
    frameworkErrors: (_error, request, reply) => {
      // The framework runs no hook for these, so what the hooks do is done here.
      const refusal = checkTransport(request.raw, options.bodyLimitBytes) ?? malformedUrl;
      sendRefusal(reply, request.id, refusal);
      reply.raw.once("finish", () => logRequest(options, request, reply));
    },
    clientErrorHandler: (error, socket) => answerBrokenConnection(options, openAnswers, error, socket),
  });
  const openAnswers = trackOpenAnswers(app.server);
  // One parser for all media types: the endpoint's Read step judges the type, so no spelling slips past it (C-29).
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  return app;
}

/** R-40: Node's defaults wait for minutes; these bound what one slow or hostile socket can hold. */
function createHttpServer(handle: RequestListener, bodyLimitBytes: number, shedding: Shedding): Server {
  const limits = {
    headersTimeout: 10_000,
    requestTimeout: 15_000,
    keepAliveTimeout: 72_000,
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: headerLimitBytes,
    insecureHTTPParser: false,
    requireHostHeader: false,
  };
  const isTooMuch = createPacketLimit();
  const server = createServer(limits, (request, response) => {
    if (isTooMuch(request.socket)) return;
    if (!shedding.refuse(request, response)) handle(request, response);
  });
  // Whoever takes nothing of an answer for so long loses it.
  server.setTimeout(300_000);
  server.maxRequestsPerSocket = 10_000;
  server.maxConnections = 20_000;
  // Their bytes bound them. By their number older Node drops the last ones, where a proxy writes what it knows.
  server.maxHeadersCount = 0;
  server.on("checkContinue", (request, response) => {
    if (shedding.refuse(request, response)) return;
    if (checkTransport(request, bodyLimitBytes) === undefined) response.writeContinue();
    server.emit("request", request, response);
  });
  // `checkTransport` refuses it in its turn.
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
  return server;
}

function answerBrokenConnection(
  { log, name, routes, onAnswered }: ListenerOptions,
  openAnswers: OpenAnswers,
  error: ParserError,
  socket: unknown,
): void {
  if (!(socket instanceof Socket)) return;
  const refusal = refuseBrokenRequest(error, (path) => refuseUnknownMethod(routes, path));
  if (refusal === undefined || !socket.writable) {
    socket.destroy();
    return;
  }
  openAnswers.afterEarlier(socket, () => {
    if (!socket.writable) return;
    const requestId = randomUUID();
    const { status, code, reason } = refusal;
    onAnswered?.({ listener: name, route: "", status, errorCode: code, seconds: 0 });
    log.info("request", { listener: name, requestId, status, errorCode: code, reason });
    writeRefusalToSocket(socket, refusal, requestId);
  });
}

/** One look for all who ask during it. */
function createAnswerReady(options: ListenerOptions): (requestId: string) => Promise<Answer> {
  const look = shared((requestId: string) =>
    runReadyChecks(options.readyChecks, (error) => {
      if (!options.isUnavailable(error)) throw error;
      options.log.warn("the store is away", { listener: options.name, requestId, error });
      return { ok: false };
    }),
  );
  return async (requestId) => answerReadiness(await look(requestId), refuseUnavailable("not ready"), requestId);
}

/** The one place where a thrown error becomes an answer. */
function refuseThrown(options: ListenerOptions, error: unknown, request: FastifyRequest): Refusal {
  const code = readCode(error);
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return refuseLargeBody(options.bodyLimitBytes);
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") {
    return refuse("UNSUPPORTED_MEDIA_TYPE", "Content-Type must be a media type.");
  }
  if (code?.startsWith("FST_ERR_CTP_") === true) return refuse("INVALID_REQUEST", "The body is malformed.");
  // The caller went away in the middle of the body: no fault of ours, and nobody to answer.
  if (request.raw.destroyed && !request.raw.complete) return refuse("INVALID_REQUEST", "The body is incomplete.");
  const context = { listener: options.name, requestId: request.id, error };
  if (options.isUnavailable(error)) {
    options.log.warn("the store is away", context);
    return refuseUnavailable("store away");
  }
  options.log.error("unexpected failure", context);
  return refuse("INTERNAL_ERROR", "The request failed for a reason of our own.", "unexpected failure");
}

function refuseUnavailable(reason: string): Refusal {
  const parts = { headers: { "retry-after": "1" } };
  return refuse("TEMPORARILY_UNAVAILABLE", "The service is unavailable for the moment.", reason, parts);
}

function logRequest(options: ListenerOptions, request: FastifyRequest, reply: FastifyReply): void {
  const { log, name, onAnswered } = options;
  const route = request.routeOptions.url;
  const errorCode = reply.logFields?.errorCode;
  const seconds = reply.elapsedTime / 1000;
  onAnswered?.({ listener: name, route: route ?? "", status: reply.statusCode, errorCode, seconds });
  if (route === "/healthz" || route === "/readyz") return;
  log.info("request", {
    listener: name,
    requestId: request.id,
    method: request.method,
    ...(route === undefined ? {} : { route }),
    status: reply.statusCode,
    durationMilliseconds: Math.round(reply.elapsedTime * 10) / 10,
    source: readSource(request),
    ...reply.logFields,
  });
}
