/** Puts load on a token endpoint and says what came of it. */

import { type CpuShares, startCpuMeter } from "../measure/cpu-meter.ts";
import { runAutocannon } from "./autocannon.ts";
import { runWrk, wrkVersion } from "./wrk.ts";

/** Bodies of equal length, drawn uniformly at random: `prefix` and one record of the file. */
export type RequestBodies = { readonly prefix: string; readonly recordsFile: string; readonly recordBytes: number };

export type LoadPlan = {
  readonly url: string;
  readonly bodies: RequestBodies;
  readonly connections: number;
  /** Before anything is counted: the server compiles its hot code, and its caches fill. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
};

export type LoadResult = {
  readonly requestsPerSecond: number;
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  /** Answers other than 2xx, lost connections and time-outs. */
  readonly failures: number;
};

/** Called when the warm-up is over, with the process that makes the load. */
export type OnBegin = (loadPid: number | undefined) => void;

export type MeasuredLoad = LoadResult & { readonly cpu: CpuShares };

/** wrk takes less than half of the processor time that autocannon takes; the rest is left to the server. */
export const generator = wrkVersion === undefined ? "autocannon" : "wrk";
export const generatorVersion = wrkVersion ?? "autocannon 9.0.0";

/** @throws Error where nothing was answered at all: a rate of nothing compares with nothing. */
export async function measureLoad(plan: LoadPlan, serverPid: number): Promise<MeasuredLoad> {
  let stopMeter: (() => CpuShares) | undefined;
  let cpu: CpuShares | undefined;
  const onBegin: OnBegin = (loadPid) => {
    stopMeter = startCpuMeter({ serverPid, loadPid });
  };
  const onEnd = (): void => {
    cpu = stopMeter?.();
  };
  const result = await (generator === "wrk" ? runWrk : runAutocannon)(plan, onBegin, onEnd);
  if (cpu === undefined || !(result.requestsPerSecond > 0)) throw new Error(`${plan.url} answered nothing.`);
  return { ...result, cpu };
}
