/** HTTP/1.1 by hand on a bare socket: for requests that no client would send, and for answers seen as they are. */

import { connect, type Socket } from "node:net";

export type RawAnswer = {
  readonly status: number;
  /** By lower-case name; several fields of one name are joined by a comma. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
};

export type RawConnection = {
  readonly send: (bytes: string | Uint8Array) => void;
  /** The next answer. Rejects if the connection ends before there is a whole one. */
  readonly readAnswer: (to?: "HEAD") => Promise<RawAnswer>;
  /** Resolves with whatever was not read as an answer once the server has ended the connection. */
  readonly closed: Promise<string>;
  /** Sends what is left, and a FIN. */
  readonly end: () => void;
  /** Cuts the connection without a word. */
  readonly cut: () => void;
};

const patienceMilliseconds = 10_000;

export async function openRawConnection(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) });
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return readConnection(socket);
}

function readConnection(socket: Socket): RawConnection {
  let received = Buffer.alloc(0);
  let isClosed = false;
  let wake = (): void => undefined;
  socket.on("data", (bytes) => {
    received = Buffer.concat([received, bytes]);
    wake();
  });
  // A reset is an ending like another: what came before it counts.
  socket.on("error", () => undefined);
  const closed = new Promise<string>((resolve) => {
    const close = (): void => {
      isClosed = true;
      wake();
      resolve(received.toString("latin1"));
    };
    socket.once("end", close).once("close", close);
  });
  const readAnswer = async (to?: "HEAD"): Promise<RawAnswer> => {
    for (;;) {
      const found = parseAnswer(received, to);
      if (found !== undefined) {
        received = received.subarray(found.length);
        return found.answer;
      }
      if (isClosed) throw new Error(`the connection ended after ${JSON.stringify(received.toString("latin1"))}`);
      await waitFor((resolve) => {
        wake = resolve;
      });
    }
  };
  const send = (bytes: string | Uint8Array): void => void socket.write(bytes);
  return { send, readAnswer, closed, end: () => void socket.end(), cut: () => void socket.destroy() };
}

/** Sends one request on a connection of its own and reads one answer. */
export async function exchange(url: string, bytes: string | Uint8Array, to?: "HEAD"): Promise<RawAnswer> {
  const connection = await openRawConnection(url);
  connection.send(bytes);
  try {
    return await connection.readAnswer(to);
  } finally {
    connection.cut();
  }
}

function waitFor(start: (resolve: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error("no answer in time")), patienceMilliseconds);
    start(() => {
      clearTimeout(patience);
      resolve();
    });
  });
}

function parseAnswer(bytes: Buffer, to?: "HEAD"): { readonly answer: RawAnswer; readonly length: number } | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const [statusLine = "", ...fields] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
  const headers = new Map<string, string>();
  for (const field of fields) {
    const [, name = "", value = ""] = /^([^:]+): ?(.*)$/.exec(field) ?? [];
    const former = headers.get(name.toLowerCase());
    headers.set(name.toLowerCase(), former === undefined ? value : `${former}, ${value}`);
  }
  const hasBody = to !== "HEAD" && status !== 304 && status >= 200;
  const length = end + 4 + (hasBody ? Number(headers.get("content-length") ?? 0) : 0);
  if (bytes.length < length) return undefined;
  return { answer: { status, headers, text: bytes.subarray(end + 4, length).toString("utf8") }, length };
}
