/** Sockets that mean no good, many of them, from a process of their own. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { text } from "node:stream/consumers";
import { pinTo } from "./open-loop.ts";

export type FloodPlan = {
  readonly kind: "idle" | "headers" | "body" | "read" | "connects" | "pipelining" | "packets" | "garbage";
  readonly host: string;
  readonly port: number;
  readonly sockets: number;
  /** How fast they are opened. */
  readonly perSecond: number;
  readonly seconds: number;
  /** For those that send whole ones. */
  readonly request: string;
};

export type FloodResult = {
  readonly opened: number;
  /** Never connected. */
  readonly refused: number;
  readonly closedByServer: number;
  readonly stillOpen: number;
  /** The longest life of one that the server closed. */
  readonly longestSeconds: number;
  readonly answers: number;
};

export async function runFlood(plan: FloodPlan): Promise<FloodResult> {
  const [program = "", ...args] = [...pinTo(1), process.execPath, path.join(import.meta.dirname, "flood-child.ts")];
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(plan));
  const [output] = await Promise.all([text(child.stdout), once(child, "close")]);
  return JSON.parse(output);
}
