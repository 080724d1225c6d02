/** Requests at a steady rate, whether or not those before were answered, over connections that stay open. */

import { Agent, request } from "node:http";
import type { HeldCredential } from "../started-server.ts";
import { tokenRequest } from "../started-server.ts";

export type Reply = {
  /** By `performance.now()`. */
  readonly sentAt: number;
  readonly milliseconds: number;
  /** 0: the connection was lost before the answer was whole. */
  readonly status: number;
  readonly text: string;
};

export type Client = {
  readonly post: (url: string, body: object, headers?: Readonly<Record<string, string>>) => Promise<Reply>;
  readonly close: () => void;
};

/** Never retries and never rejects. */
export function createClient(): Client {
  const agent = new Agent({ keepAlive: true });
  return {
    post: (url, body, headers = {}) =>
      new Promise((resolve) => {
        const sentAt = performance.now();
        const end = (status: number, text: string): void =>
          resolve({ sentAt, status, text, milliseconds: performance.now() - sentAt });
        const sent = { "content-type": "application/json", ...headers };
        const asked = request(url, { agent, method: "POST", headers: sent, timeout: 20_000 }, async (answer) => {
          const chunks = await answer.toArray().catch(() => undefined);
          if (chunks === undefined) end(0, "");
          else end(answer.statusCode ?? 0, Buffer.concat(chunks).toString());
        });
        asked.on("timeout", () => asked.destroy());
        asked.on("error", ({ message }) => end(0, message));
        asked.end(JSON.stringify(body));
      }),
    close: () => agent.destroy(),
  };
}

export type Load = {
  /** Those that have come so far. */
  readonly replies: readonly Reply[];
  /** Waits for what is under way. */
  readonly stop: () => Promise<readonly Reply[]>;
};

const tickMilliseconds = 10;

export function startLoad(perSecond: number, send: (count: number) => Promise<Reply>): Load {
  const replies: Reply[] = [];
  const open = new Set<Promise<void>>();
  const startedAt = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    for (const due = ((performance.now() - startedAt) / 1000) * perSecond; sent < due; sent += 1) {
      const done = send(sent).then((reply) => {
        replies.push(reply);
        open.delete(done);
      });
      open.add(done);
    }
  }, tickMilliseconds);
  return {
    replies,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(open);
      return replies;
    },
  };
}

/** Tokens by these credentials in turn; each must need no project_id. */
export function createIssue(client: Client, url: string, credentials: readonly HeldCredential[]) {
  return (count: number): Promise<Reply> => {
    const held = credentials[count % credentials.length];
    if (held === undefined) throw new Error("There is no credential.");
    return client.post(`${url}/v1/oauth/token`, tokenRequest(held));
  };
}

export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((first, second) => first - second);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

/** How many replies had each status; 0 for none at all. */
export function countStatuses(replies: readonly Reply[]): Readonly<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

export const p99Of = (replies: readonly Reply[]): number =>
  percentile(
    replies.map(({ milliseconds }) => milliseconds),
    0.99,
  );
