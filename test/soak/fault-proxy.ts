/** A TCP proxy whose ways fail as networks, firewalls and poolers do. What it holds back it never reorders. */

import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";

type Direction = "to server" | "to client";

export type Fault =
  | { readonly kind: "none" }
  /** Each answer comes so much later. */
  | { readonly kind: "delay"; readonly milliseconds: number }
  /** Connections stay open, also new ones, and nothing arrives: half-open, as after a peer that vanished. */
  | { readonly kind: "black hole" }
  /** As a black hole in one direction; the other goes on. */
  | { readonly kind: "one way"; readonly cut: Direction }
  | { readonly kind: "byte by byte" }
  /** Every connection is reset, also new ones. */
  | { readonly kind: "reset" }
  /** As a pooler in transaction mode: LISTEN succeeds and no notification ever comes. For `postgres:` alone. */
  | { readonly kind: "no notifications" }
  /** Each notification comes so much later, and whatever is behind it. For `postgres:` alone. */
  | { readonly kind: "late notifications"; readonly milliseconds: number };

export type FaultProxy = {
  /** That of the target, with the proxy's port. */
  readonly url: string;
  /** Also for connections that are open. Where bytes were swallowed they are lost, so those are reset afterwards. */
  readonly setFault: (fault: Fault) => void;
  readonly resetConnections: () => void;
  /** Nothing arrives any more on what is open now, and nobody is told; new connections are in order. */
  readonly strandConnections: () => void;
  readonly countConnections: () => number;
  readonly stop: () => Promise<void>;
};

/** @param target Any URL with a port, such as `postgres://…` or `http://…`. */
export async function createFaultProxy(target: string): Promise<FaultProxy> {
  const url = new URL(target);
  const state = { fault: { kind: "none" } as Fault };
  const pairs = new Set<readonly Socket[]>();
  const stranded = new WeakSet<readonly Socket[]>();
  const resetConnections = (): void => {
    for (const socket of [...pairs].flat()) socket.resetAndDestroy();
  };
  const server = createServer({ noDelay: true }, (near) => {
    if (state.fault.kind === "reset") return void near.on("error", () => {}).resetAndDestroy();
    const far = connect({ port: Number(url.port), host: url.hostname, noDelay: true });
    const pair = [near, far];
    pairs.add(pair);
    near.on("close", () => pairs.delete(pair));
    const split = url.protocol.startsWith("postgres") ? createMessageSplitter() : (bytes: Buffer) => [bytes];
    const fault = (): Fault => (stranded.has(pair) ? { kind: "black hole" } : state.fault);
    forward(near, far, (bytes) => plan([bytes], "to server", fault()));
    forward(far, near, (bytes) => plan(split(bytes), "to client", fault()));
  });
  const way = new URL(target);
  way.port = String(await listen(server));
  return {
    url: way.href,
    setFault: (fault) => {
      const hasLostBytes = state.fault.kind === "black hole" || state.fault.kind === "one way";
      state.fault = fault;
      if (fault.kind === "reset" || hasLostBytes) resetConnections();
    },
    resetConnections,
    strandConnections: () => {
      for (const pair of pairs) stranded.add(pair);
    },
    countConnections: () => pairs.size,
    stop: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      resetConnections();
      return closed;
    },
  };
}

type Piece = { readonly bytes: Buffer; readonly delayMilliseconds: number };

/** What becomes of each part. */
function plan(parts: readonly Buffer[], direction: Direction, fault: Fault): readonly Piece[] {
  if (fault.kind === "black hole" || (fault.kind === "one way" && fault.cut === direction)) return [];
  return parts.flatMap((bytes) => {
    const isLate = direction === "to client" && (fault.kind === "delay" || isLateNotification(bytes, fault));
    if (isLate && "milliseconds" in fault) return [{ bytes, delayMilliseconds: fault.milliseconds }];
    if (fault.kind === "no notifications" && isNotification(bytes)) return [];
    if (fault.kind !== "byte by byte") return [{ bytes, delayMilliseconds: 0 }];
    return Array.from(bytes, (_, at) => ({ bytes: bytes.subarray(at, at + 1), delayMilliseconds: 0 }));
  });
}

function isNotification(bytes: Buffer): boolean {
  return bytes[0] === "A".charCodeAt(0);
}

function isLateNotification(bytes: Buffer, { kind }: Fault): boolean {
  return kind === "late notifications" && isNotification(bytes);
}

function forward(from: Socket, to: Socket, plan: (bytes: Buffer) => readonly Piece[]): void {
  let last: Promise<void> = Promise.resolve();
  from.on("data", (bytes: Buffer) => {
    for (const piece of plan(bytes)) {
      const due = performance.now() + piece.delayMilliseconds;
      last = last.then(async () => {
        const waitMilliseconds = due - performance.now();
        if (waitMilliseconds > 0) await sleep(waitMilliseconds);
        if (to.writable) to.write(piece.bytes);
        // Else the system would put the bytes of one turn into one packet.
        if (piece.bytes.length === 1) await turn();
      });
    }
  });
  from.on("error", () => to.resetAndDestroy());
  from.on("close", () => void last.then(() => to.destroy()));
}

/** Whole messages of PostgreSQL's protocol: a letter, four bytes of length, and as much. */
function createMessageSplitter(): (bytes: Buffer) => readonly Buffer[] {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const messages: Buffer[] = [];
    while (rest.length >= 5 && rest.length > rest.readUInt32BE(1)) {
      const end = rest.readUInt32BE(1) + 1;
      messages.push(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
    return messages;
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}
