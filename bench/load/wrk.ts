/** Load by wrk, where it is installed: one thread, a little Lua that draws the bodies and prints the counts. */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { LoadPlan, LoadResult, OnBegin } from "./load.ts";

/** Undefined where wrk is not installed. It leaves with status 1 after telling its version. */
export const wrkVersion = /^wrk \S+/m.exec(spawnSync("wrk", ["-v"], { encoding: "utf8" }).stdout ?? "")?.[0];

const script = join(import.meta.dirname, "wrk-requests.lua");

export async function runWrk(plan: LoadPlan, onBegin: OnBegin, onEnd: () => void): Promise<LoadResult> {
  if (plan.warmUpSeconds > 0) await shoot(plan, plan.warmUpSeconds);
  const output = shoot(plan, plan.seconds);
  // wrk becomes a child that has ended, and its time is counted there.
  onBegin(undefined);
  const counts = await output;
  onEnd();
  return parseCounts(counts);
}

async function shoot({ url, bodies, connections }: LoadPlan, seconds: number): Promise<string> {
  const drawn = [bodies.recordsFile, String(bodies.recordBytes), bodies.prefix];
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "10s", "-s", script, url, "--", ...drawn];
  const child = spawn("wrk", args, { stdio: ["ignore", "pipe", "inherit"] });
  const [output] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return output;
}

/** The last line is ours; see the script's `done`. */
function parseCounts(output: string): LoadResult {
  const line = /^counts (\d+) (\d+) (\d+) (\d+) (\d+)$/m.exec(output);
  if (line === null) throw new Error(`wrk printed no counts:\n${output}`);
  const [requests = 0, microseconds = 0, failures = 0, p50 = 0, p99 = 0] = line.slice(1).map(Number);
  return {
    requestsPerSecond: (requests - failures) / (microseconds / 1e6),
    p50Milliseconds: p50 / 1000,
    p99Milliseconds: p99 / 1000,
    failures,
  };
}
