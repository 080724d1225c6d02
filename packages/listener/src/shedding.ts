import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { formatRefusal, refuse } from "@biped/protocol";
import { standingHeaders } from "./answer.ts";
import { readTarget } from "./http-request.ts";
import type { ListenerOptions } from "./listener.ts";
import { checkTransport } from "./transport-rules.ts";

/**
 * Asked of each request before anything of it is read but its head.
 * @returns after how many seconds to come back, where there is too much to do; undefined to serve it.
 */
export type Shed = (path: string) => number | undefined;

export type Shedding = {
  /** Answers a request that is shed. @returns whether it was. */
  readonly refuse: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Reads again from every connection that rests. */
  readonly endRests: () => void;
};

export type SheddingOptions = Pick<ListenerOptions, "name" | "log" | "bodyLimitBytes"> & {
  readonly shed: Shed;
  readonly isDraining: () => boolean;
};

const logMilliseconds = 1_000;
/** Less than any Retry-After, so that nobody who heeds it meets a connection that rests. */
const restMilliseconds = 400;

/**
 * 503 before the framework sees the request, without a line of the log and a measure for each. Done as all else
 * is it costs five times as much, so that those who are shed would take the time of those who are served. Even so it
 * costs a tenth of a token, so that the connection rests: who asks again at once is not read for a while (0028).
 */
export function createShedding(options: SheddingOptions): Shedding {
  const { shed, bodyLimitBytes, isDraining } = options;
  const noteShed = createShedNotes(options);
  const rests = createRests();
  return {
    refuse: (request, response) => {
      const seconds = shed(readTarget(request.url).path);
      // What may not be parsed as HTTP in two ways is judged where everything is.
      if (seconds === undefined || checkTransport(request, bodyLimitBytes) !== undefined) return false;
      const { status, headers, body } = formatBusy(seconds);
      if (isDraining()) response.setHeader("connection", "close");
      // Until then Node reads what is left of the request, and would read on.
      else request.once("close", () => rests.begin(request.socket));
      response.writeHead(status, headers).end(body);
      noteShed();
      return true;
    },
    endRests: rests.end,
  };
}

function createRests() {
  const resting = new Map<Socket, NodeJS.Timeout>();
  const end = (socket: Socket): void => {
    clearTimeout(resting.get(socket));
    resting.delete(socket);
    socket.resume();
  };
  return {
    begin: (socket: Socket): void => {
      if (!socket.writable || resting.has(socket)) return;
      socket.pause();
      resting.set(socket, setTimeout(end, restMilliseconds, socket).unref());
    },
    end: (): void => [...resting.keys()].forEach(end),
  };
}

function formatBusy(seconds: number) {
  const requestId = randomUUID();
  const refusal = refuse("TEMPORARILY_UNAVAILABLE", "The service is busy for the moment.", "shed");
  const body = JSON.stringify(formatRefusal(refusal, requestId));
  const headers = {
    ...standingHeaders,
    "x-request-id": requestId,
    "retry-after": String(seconds),
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
  };
  return { status: refusal.status, headers, body };
}

/** One line a second says how many they were. */
function createShedNotes({ log, name }: Pick<SheddingOptions, "log" | "name">): () => void {
  let count = 0;
  const write = (): void => {
    log.warn("requests were shed", { listener: name, count });
    count = 0;
  };
  return () => {
    if (count === 0) setTimeout(write, logMilliseconds).unref();
    count += 1;
  };
}
