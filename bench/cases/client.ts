/** The client beside the libraries that people use for the same grant, in a process of its own. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Measure } from "../cases.ts";
import { startCpuMeter } from "../measure/cpu-meter.ts";

export const measureClient: Measure = async ({ pace }) => {
  const script = join(import.meta.dirname, "..", "processes", "client-round.ts");
  const stopMeter = startCpuMeter({ serverPid: undefined, loadPid: undefined });
  const seconds = String(pace.seconds / 8);
  const child = spawn(process.execPath, ["--conditions=biped-source", script, seconds], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  if (code !== 0) throw new Error("The round of token clients failed.");
  return { values: JSON.parse(output), cpu: stopMeter() };
};
