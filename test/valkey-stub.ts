/**
 * As much of a Valkey as rate-limiter-flexible needs of one, in this process: no Valkey is installed where these tests
 * run. It does what the counting script does, and does not read Lua.
 */

import { createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export type ValkeyStub = {
  readonly url: string;
  /** Of each key that was counted, by its name. */
  readonly counts: ReadonlyMap<string, number>;
  /** While it is silent it reads, and holds its answers back. */
  readonly setSilent: (isSilent: boolean) => void;
  readonly cut: () => void;
};

export async function startValkeyStub(): Promise<ValkeyStub> {
  const windows = new Map<string, { count: number; readonly endsAt: number }>();
  const state = { isSilent: false, isLoaded: false };
  const count = (key: string, points: number, seconds: number): string => {
    const former = windows.get(key);
    const now = performance.now();
    const window = former !== undefined && former.endsAt > now ? former : { count: 0, endsAt: now + seconds * 1000 };
    window.count += points;
    windows.set(key, window);
    return `*2\r\n:${window.count}\r\n:${Math.round(window.endsAt - now)}\r\n`;
  };
  const answer = ([name = "", ...rest]: readonly string[]): string => {
    const command = name.toLowerCase();
    if (command === "info") return "$14\r\nvalkey_mode:a\n\r\n";
    if (command === "evalsha" && !state.isLoaded) return "-NOSCRIPT No matching script.\r\n";
    if (command !== "eval" && command !== "evalsha") return "+OK\r\n";
    state.isLoaded = true;
    const [, , key = "", points, seconds] = rest;
    return count(key, Number(points), Number(seconds));
  };
  const held: (() => void)[] = [];
  const release = (): void => {
    for (const send of held.splice(0)) send();
  };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let received = "";
    socket.on("error", () => undefined);
    socket.setEncoding("latin1").on("data", (bytes: string) => {
      received += bytes;
      for (let read = readCommand(received); read !== undefined; read = readCommand(received)) {
        received = received.slice(read.length);
        // Held answers come in their order, as those of a server that hung.
        held.push(() => socket.write(answer(read.words)));
      }
      if (!state.isSilent) release();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(cut);
  const address = server.address();
  return {
    url: `redis://:only-for-tests@127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
    get counts() {
      return new Map([...windows].map(([key, window]) => [key, window.count]));
    },
    setSilent: (isSilent) => {
      state.isSilent = isSilent;
      if (!isSilent) release();
    },
    cut,
  };
}

/** An array of bulk strings, as each client sends it; undefined while it is not whole. */
function readCommand(text: string): { readonly words: readonly string[]; readonly length: number } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (head === null) return undefined;
  const words: string[] = [];
  let at = head[0].length;
  for (let left = Number(head[1]); left > 0; left -= 1) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at));
    const start = at + (size?.[0].length ?? 0);
    const end = start + Number(size?.[1]);
    if (size === null || text.length < end + 2) return undefined;
    words.push(text.slice(start, end));
    at = end + 2;
  }
  return { words, length: at };
}
