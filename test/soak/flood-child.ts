/** One attack: reads its plan as JSON from standard input, prints what became of its sockets as JSON, and ends. */

import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { FloodPlan, FloodResult } from "./flood.ts";

const plan: FloodPlan = JSON.parse(await text(process.stdin));
const result = { opened: 0, refused: 0, closedByServer: 0, stillOpen: 0, longestSeconds: 0, answers: 0 };

type Attack = (socket: Socket) => void;

const head = "POST /v1/oauth/token HTTP/1.1\r\nhost: a.example\r\ncontent-type: application/json\r\n";

const attacks: Readonly<Record<FloodPlan["kind"], Attack>> = {
  idle: () => undefined,
  headers: (socket) => {
    socket.write("POST /v1/oauth/token HTTP/1.1\r\nhost: a.example\r\n");
    drip(socket, "x-a: b\r\n");
  },
  body: (socket) => {
    socket.write(`${head}content-length: 8000\r\n\r\n{`);
    drip(socket, " ");
  },
  /** Asks for much and takes nothing. */
  read: (socket) => {
    socket.pause();
    socket.write("GET /.well-known/jwks.json HTTP/1.1\r\nhost: a.example\r\n\r\n".repeat(30));
  },
  connects: (socket) => void socket.once("connect", () => socket.resetAndDestroy()),
  pipelining: (socket) => {
    const ask = (): void => void socket.write(plan.request.repeat(20));
    socket.once("connect", ask);
    socket.on("data", (bytes) => {
      const answers = bytes.toString("latin1").split("HTTP/1.1 ").length - 1;
      if (Math.floor((result.answers + answers) / 20) > Math.floor(result.answers / 20)) ask();
      result.answers += answers;
    });
  },
  packets: (socket) => void socket.write(plan.request.repeat(200)),
  garbage: (socket) => {
    socket.write(Buffer.from(Array.from({ length: 300 }, (_, at) => (at * 7919 + result.opened * 31) % 256)));
    socket.write("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
  },
};

/** As slowly as a server that waits for the next byte alone would let it. */
function drip(socket: Socket, bytes: string): void {
  const timer = setInterval(() => socket.write(bytes), 1_000);
  socket.once("close", () => clearInterval(timer));
}

const sockets = new Set<Socket>();

function open(): void {
  const at = result.opened;
  result.opened += 1;
  // Several addresses, since one has fewer ports than this opens.
  const socket = connect({ host: plan.host, port: plan.port, localAddress: `127.0.0.${2 + (at % 8)}` });
  const openedAt = performance.now();
  sockets.add(socket);
  let isConnected = false;
  socket.once("connect", () => {
    isConnected = true;
  });
  socket.on("error", () => undefined);
  socket.once("end", () => socket.destroy());
  if (plan.kind !== "read" && plan.kind !== "pipelining") socket.resume();
  socket.once("close", () => {
    sockets.delete(socket);
    if (!isConnected) result.refused += 1;
    else if (!isEnding) {
      result.closedByServer += 1;
      result.longestSeconds = Math.max(result.longestSeconds, (performance.now() - openedAt) / 1000);
    }
  });
  attacks[plan.kind](socket);
}

let isEnding = false;
const startedAt = performance.now();
while ((performance.now() - startedAt) / 1000 < plan.seconds) {
  const elapsed = (performance.now() - startedAt) / 1000;
  const due = Math.min(plan.sockets, elapsed * plan.perSecond);
  while (result.opened < due) open();
  await sleep(5);
}
isEnding = true;
const answer: FloodResult = { ...result, stillOpen: sockets.size };
for (const socket of sockets) socket.destroy();
process.stdout.write(JSON.stringify(answer), () => process.exit());
