/** The highest resident memory of a process that starts and ends while we watch, as the kernel kept it (VmHWM). */

import { readFileSync } from "node:fs";
import { listTree } from "./cpu-meter.ts";

const lookMilliseconds = 50;

/**
 * Watches the next child of this process whose command line has the word; the answer ends it and says the megabytes.
 * What it takes within its very last moment is missed.
 */
export function watchPeakMemory(word: string): () => number {
  let pid: number | undefined;
  let kilobytes = 0;
  const look = (): void => {
    pid ??= listTree(process.pid).find((each) => each !== process.pid && readOf(each, "cmdline").includes(word));
    if (pid !== undefined) kilobytes = readPeak(pid) ?? kilobytes;
  };
  const timer = setInterval(look, lookMilliseconds);
  return () => {
    clearInterval(timer);
    if (kilobytes === 0) throw new Error(`No process of ${word} was seen.`);
    return kilobytes / 1024;
  };
}

function readPeak(pid: number): number | undefined {
  const line = /^VmHWM:\s+(\d+)/m.exec(readOf(pid, "status"));
  return line === null ? undefined : Number(line[1]);
}

function readOf(pid: number, name: "cmdline" | "status"): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    // It has ended.
    return "";
  }
}
