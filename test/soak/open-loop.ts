/**
 * Load that does not wait for answers (an open loop), by hand on bare sockets, so that one core can send more than a
 * server answers. It runs in a process of its own.
 */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";

export type LoadPlan = {
  readonly host: string;
  readonly port: number;
  /** Whole requests, sent one after another, beginning anew after the last. */
  readonly requests: readonly string[];
  readonly perSecond: number;
  readonly seconds: number;
  /** When so many requests are under way, a further one is not sent and counted as left out. */
  readonly connections: number;
  /** Of a hundred connections so many serve one request only. */
  readonly newConnectionsPercent: number;
};

export type LoadResult = {
  readonly sent: number;
  readonly leftOut: number;
  /** Connections that ended without an answer to what was sent on them. */
  readonly lost: number;
  readonly seconds: number;
  readonly byStatus: Readonly<Record<string, AnswerTimes>>;
  /** Of those on connections that had served before. */
  readonly keptByStatus: Readonly<Record<string, AnswerTimes>>;
  /** Answers of 200 without an access token, and of 429 and 503 without a Retry-After. */
  readonly wrong: number;
};

/** Milliseconds from the sending. */
export type AnswerTimes = { readonly count: number; readonly p50: number; readonly p99: number };

/** Pins a program to a core; nothing where that is not possible, or there is one core only. */
export function pinTo(core: 0 | 1): readonly string[] {
  const canPin = availableParallelism() > 1 && spawnSync("taskset", ["-c", "1", "true"]).status === 0;
  return canPin ? ["taskset", "-c", String(core)] : [];
}

export async function runOpenLoop(plan: LoadPlan): Promise<LoadResult> {
  const [program = "", ...args] = [...pinTo(1), process.execPath, path.join(import.meta.dirname, "open-loop-child.ts")];
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(plan));
  const [output] = await Promise.all([text(child.stdout), once(child, "close")]);
  return JSON.parse(output);
}

/** A token request as form on HTTP/1.1, whole. */
export function formatTokenRequest(
  { clientId, clientSecret }: { readonly clientId: string; readonly clientSecret: string },
  headers = "",
): string {
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    scope: "data-export",
    client_id: clientId,
    client_secret: clientSecret,
  }).toString();
  const head = `POST /v1/oauth/token HTTP/1.1\r\nhost: a.example\r\n${headers}`;
  return `${head}content-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}
