/** An HTTP balancer as small as it can be: round robin over the nodes that are ready, connections kept open to each. */

import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { findFreePorts } from "../free-ports.ts";

export type Balancer = {
  readonly url: string;
  /** URLs of the nodes whose last /readyz was 200. */
  readonly listReady: () => readonly string[];
  /** As an operator does before a node goes that does not say so itself. What is under way there is answered. */
  readonly takeOut: (url: string) => void;
  readonly putBack: (url: string) => void;
  /** How many requests got no answer of a node, and so a 502 of the balancer's own. */
  readonly countFailures: () => number;
  readonly stop: () => Promise<void>;
};

type Target = { readonly url: URL; readonly agent: Agent; isReady: boolean; isOut: boolean };

const checkMilliseconds = 100;
const checkTimeoutMilliseconds = 1_000;

/** @param urls One listener of each node; /readyz is asked at the same one. */
export async function createBalancer(urls: readonly string[]): Promise<Balancer> {
  const targets = urls.map((url): Target => {
    return {
      url: new URL(url),
      agent: new Agent({ keepAlive: true, maxFreeSockets: 64 }),
      isReady: false,
      isOut: false,
    };
  });
  const state = { turn: 0, failures: 0, isStopped: false };
  const server = createServer({ keepAliveTimeout: 72_000, requestTimeout: 0 }, (incoming, outgoing) => {
    outgoing.on("error", () => {});
    void readBody(incoming).then((body) => {
      if (body !== undefined) pass({ incoming, outgoing, body }, chooseOrder(targets, state));
    });
  });
  const pass = (exchange: Exchange, order: readonly Target[]): void => {
    const [target, ...others] = order;
    if (target === undefined) fail(exchange.outgoing, state);
    else send(exchange, target, (isRefused) => (isRefused ? pass(exchange, others) : fail(exchange.outgoing, state)));
  };
  const setOut = (url: string, isOut: boolean): void => {
    for (const target of targets) if (target.url.origin === url) target.isOut = isOut;
  };
  const checks = targets.map((target) => keepChecking(target, state));
  return {
    url: await listen(server),
    listReady: () => targets.filter(isInUse).map(({ url }) => url.origin),
    takeOut: (url) => setOut(url, true),
    putBack: (url) => setOut(url, false),
    countFailures: () => state.failures,
    stop: async () => {
      state.isStopped = true;
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await Promise.all([closed, ...checks]);
      for (const { agent } of targets) agent.destroy();
    },
  };
}

function isInUse({ isReady, isOut }: Target): boolean {
  return isReady && !isOut;
}

type State = { turn: number; failures: number; isStopped: boolean };

/** Where none is ready, all are tried: a node that lacks its store may still serve what it remembers. */
function chooseOrder(targets: readonly Target[], state: State): readonly Target[] {
  const ready = targets.filter(isInUse);
  const usable = ready.length > 0 ? ready : targets;
  state.turn += 1;
  return usable.map((_, at) => usable[(state.turn + at) % usable.length]).filter((target) => target !== undefined);
}

type Exchange = { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse; readonly body: Buffer };

/** @param onFailure Told whether the connection was refused: only then is it certain that nobody read the request. */
function send({ incoming, outgoing, body }: Exchange, target: Target, onFailure: (isRefused: boolean) => void): void {
  const { connection: _hop, "transfer-encoding": _coding, ...headers } = incoming.headers;
  const { method, url: path } = incoming;
  const onward = request(target.url, { agent: target.agent, method, path, headers }, (answer) => {
    const { connection: _none, "keep-alive": _hint, ...kept } = answer.headers;
    outgoing.writeHead(answer.statusCode ?? 502, kept);
    answer.on("error", () => outgoing.destroy());
    answer.pipe(outgoing);
  });
  onward.on("error", (error: NodeJS.ErrnoException) => {
    target.isReady &&= error.code !== "ECONNREFUSED";
    if (outgoing.headersSent) outgoing.destroy();
    else onFailure(error.code === "ECONNREFUSED");
  });
  outgoing.on("close", () => onward.destroy());
  onward.end(body);
}

function fail(outgoing: ServerResponse, state: State): void {
  if (outgoing.destroyed) return;
  state.failures += 1;
  outgoing.writeHead(502, { "content-type": "text/plain" }).end("No node answered.");
}

/** Undefined where the caller went away. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  try {
    return Buffer.concat(await incoming.toArray());
  } catch {
    return undefined;
  }
}

async function keepChecking(target: Target, state: State): Promise<void> {
  const url = new URL("/readyz", target.url);
  while (!state.isStopped) {
    target.isReady = await isReady(url, target.agent);
    await sleep(checkMilliseconds);
  }
}

function isReady(url: URL, agent: Agent): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(url, { agent, timeout: checkTimeoutMilliseconds }, (answer) => {
      answer.on("error", () => resolve(false)).on("end", () => resolve(answer.statusCode === 200));
      answer.resume();
    });
    asked.on("timeout", () => asked.destroy()).on("error", () => resolve(false));
    asked.end();
  });
}

async function listen(server: Server): Promise<string> {
  const [port = 0] = await findFreePorts(1);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return `http://127.0.0.1:${port}`;
}
