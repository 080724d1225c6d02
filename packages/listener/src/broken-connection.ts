import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { formatRefusal, type Refusal, refuse } from "@biped/protocol";

/** What Node's parser could not read never becomes a request; it is answered on the bare socket, and closed. */
export function refuseBrokenRequest(error: Error & { readonly code?: string }): Refusal | undefined {
  switch (error.code) {
    case "ECONNRESET":
    case "EPIPE":
      return undefined;
    case "HPE_HEADER_OVERFLOW":
      return refuse("REQUEST_TOO_LARGE", "The headers must have at most 16 KiB.", undefined, { status: 431 });
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return refuse("REQUEST_TOO_LARGE", "The chunk extensions are too long.");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return refuse("INVALID_REQUEST", "The request did not arrive in time.", undefined, { status: 408 });
    default:
      return refuse("INVALID_REQUEST", "The request is not well-formed HTTP.", `parser: ${error.code ?? "unknown"}`);
  }
}

export function writeRefusalToSocket(socket: Socket, refusal: Refusal, requestId: string): void {
  const body = JSON.stringify(formatRefusal(refusal, requestId));
  const head = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ""}`,
    "Content-Type: application/json; charset=utf-8",
    "Cache-Control: no-store",
    "X-Content-Type-Options: nosniff",
    `X-Request-Id: ${requestId}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
