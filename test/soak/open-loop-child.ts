/** One run of the load: reads its plan as JSON from standard input, prints what came of it as JSON, and ends. */

import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { LoadPlan, LoadResult } from "./open-loop.ts";

type Connection = {
  readonly socket: Socket;
  readonly isSingle: boolean;
  sentAt: number;
  /** Has served before, so that nothing of it is the time until it was accepted. */
  isKept: boolean;
};

/** Long enough for every answer that will still come. */
const patienceMilliseconds = 5_000;
const tickMilliseconds = 2;

async function run(plan: LoadPlan): Promise<LoadResult> {
  const state = { sent: 0, leftOut: 0, lost: 0, wrong: 0, opened: 0, open: 0 };
  const idle: Connection[] = [];
  const waits = new Map<number, number[]>();
  const keptWaits = new Map<number, number[]>();
  const onAnswer = (connection: Connection, status: number, isWhole: boolean): void => {
    for (const each of connection.isKept ? [waits, keptWaits] : [waits]) {
      const list = each.get(status) ?? [];
      each.set(status, list);
      list.push(performance.now() - connection.sentAt);
    }
    connection.sentAt = 0;
    connection.isKept = true;
    if (!isWhole) state.wrong += 1;
    if (connection.isSingle) connection.socket.destroy();
    else idle.push(connection);
  };
  const open = (): Connection => {
    const isSingle = (state.opened * 37) % 100 < plan.newConnectionsPercent;
    state.opened += 1;
    state.open += 1;
    const socket = connect({ host: plan.host, port: plan.port, noDelay: true });
    const connection: Connection = { socket, isSingle, sentAt: 0, isKept: false };
    watchAnswers(connection, onAnswer);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      state.open -= 1;
      if (connection.sentAt > 0) state.lost += 1;
      const at = idle.indexOf(connection);
      if (at >= 0) idle.splice(at, 1);
    });
    return connection;
  };
  const send = (): void => {
    const connection = idle.pop() ?? (state.open < plan.connections ? open() : undefined);
    if (connection === undefined) state.leftOut += 1;
    else {
      connection.sentAt = performance.now();
      connection.socket.write(plan.requests[state.sent % plan.requests.length] ?? "");
      state.sent += 1;
    }
  };
  const started = performance.now();
  for (let due = 0; ; ) {
    const elapsed = (performance.now() - started) / 1000;
    if (elapsed >= plan.seconds) break;
    for (const upTo = elapsed * plan.perSecond; due < upTo; due += 1) send();
    await sleep(tickMilliseconds);
  }
  const seconds = (performance.now() - started) / 1000;
  const countAnswers = (): number => [...waits.values()].reduce((sum, list) => sum + list.length, 0);
  for (let waited = 0; countAnswers() + state.lost < state.sent && waited < patienceMilliseconds; waited += 20) {
    await sleep(20);
  }
  const { sent, leftOut, lost, wrong } = state;
  return {
    sent,
    leftOut,
    lost: lost + (sent - countAnswers() - lost),
    wrong,
    seconds,
    byStatus: summarize(waits),
    keptByStatus: summarize(keptWaits),
  };
}

/** One answer at a time is under way on a connection, and none is chunked. */
function watchAnswers(
  connection: Connection,
  onAnswer: (connection: Connection, status: number, isWhole: boolean) => void,
): void {
  let received = "";
  connection.socket.setEncoding("latin1").on("data", (bytes: string) => {
    received += bytes;
    const end = received.indexOf("\r\n\r\n");
    if (end === -1) return;
    const length = /content-length: (\d+)/i.exec(received)?.[1];
    if (received.length < end + 4 + Number(length ?? 0)) return;
    const answer = received;
    received = "";
    const status = Number(answer.slice(9, 12));
    const mustHave = status === 200 ? '"access_token":"' : "\r\nretry-after: ";
    onAnswer(connection, status, ![200, 429, 503].includes(status) || answer.includes(mustHave));
  });
}

function summarize(waits: ReadonlyMap<number, number[]>): LoadResult["byStatus"] {
  const entries = [...waits].map(([status, list]) => {
    const sorted = Float64Array.from(list).sort();
    const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
    return [status, { count: list.length, p50: at(0.5), p99: at(0.99) }] as const;
  });
  return Object.fromEntries(entries);
}

const result = await run(JSON.parse(await text(process.stdin)));
process.stdout.write(JSON.stringify(result), () => process.exit());
