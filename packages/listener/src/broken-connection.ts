import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { formatRefusal, type Refusal, refuse } from "@biped/protocol";
import { standingHeaders } from "./answer.ts";
import { refuseLargeHeaders } from "./transport-rules.ts";

/** What Node's parser throws: the bytes of the packet come with it, and how far it got in them. */
export type ParserError = Error & {
  readonly code?: string;
  readonly rawPacket?: unknown;
  readonly bytesParsed?: number;
};

/**
 * What Node's parser could not read never becomes a request; it is answered on the bare socket, and closed.
 * @param refuseMethod What a method that Node does not know is answered on that path.
 */
export function refuseBrokenRequest(
  error: ParserError,
  refuseMethod: (path: string) => Refusal | undefined,
): Refusal | undefined {
  switch (error.code) {
    case "ECONNRESET":
    case "EPIPE":
      return undefined;
    case "HPE_HEADER_OVERFLOW":
      return refuseLargeHeaders();
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return refuse("REQUEST_TOO_LARGE", "The chunk extensions are too long.");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return refuse("INVALID_REQUEST", "The request did not arrive in time.", undefined, { status: 408 });
    case "HPE_INVALID_METHOD": {
      const path = readPathOfUnknownMethod(error);
      const refusal = path === undefined ? undefined : refuseMethod(path);
      if (refusal !== undefined) return refusal;
    }
  }
  return refuse("INVALID_REQUEST", "The request is not well-formed HTTP.", `parser: ${error.code ?? "unknown"}`);
}

/** RFC 9110 §9.1 lets anybody make up methods; Node's parser knows a fixed list. */
function readPathOfUnknownMethod({ rawPacket, bytesParsed = 0 }: ParserError): string | undefined {
  if (!(rawPacket instanceof Uint8Array)) return undefined;
  // The packet may begin with requests before this one.
  const start = rawPacket.lastIndexOf(0x0a, bytesParsed) + 1;
  const line = Buffer.from(rawPacket.subarray(start, start + 4096)).toString("latin1");
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64} (\/[!-~]*) HTTP\/1\.[01]\r\n/.exec(line)?.[1]?.split("?", 1)[0];
}

/** What each connection still owes: whoever speaks on the bare socket must not do so before or within an answer. */
export type OpenAnswers = {
  /** Calls back once whatever was asked before has been answered; cuts the connection where an answer has begun. */
  readonly afterEarlier: (socket: Socket, speak: () => void) => void;
};

export function trackOpenAnswers(server: Server): OpenAnswers {
  const open = new WeakMap<Socket, Set<ServerResponse>>();
  const track = ({ socket }: IncomingMessage, answer: ServerResponse): void => {
    const answers = open.get(socket) ?? new Set();
    open.set(socket, answers.add(answer));
    answer.once("close", () => answers.delete(answer));
  };
  server.prependListener("request", track);

  return {
    afterEarlier: (socket, speak) => {
      // Only the last request can lack a part of itself: it is the broken one. Those before it are whole.
      const answers = [...(open.get(socket) ?? [])];
      const earlier = answers.filter((answer) => answer.req.complete).at(-1);
      if (earlier !== undefined) earlier.once("close", speak);
      else if (answers.some((answer) => answer.headersSent)) socket.destroy();
      else speak();
    },
  };
}

/** For the peer to read the answer and close; whoever does not is cut. */
const lingerMilliseconds = 1_000;

export function writeRefusalToSocket(socket: Socket, refusal: Refusal, requestId: string): void {
  const body = JSON.stringify(formatRefusal(refusal, requestId));
  const headers = {
    ...standingHeaders,
    ...refusal.headers,
    "content-type": "application/json; charset=utf-8",
    "x-request-id": requestId,
    "content-length": Buffer.byteLength(body),
    connection: "close",
  };
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const statusLine = `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ""}`;
  socket.end([statusLine, ...fields, "", body].join("\r\n"));
  const cut = setTimeout(() => socket.destroy(), lingerMilliseconds);
  socket.once("close", () => clearTimeout(cut));
}
