/** Who used the processors between two moments, read from /proc: the server, the load generator, everybody else. */

import { readdirSync, readFileSync } from "node:fs";

/** Parts of all cores together, so that 0.5 is one of two. */
export type CpuShares = {
  readonly server: number;
  /** The load generator and this program. */
  readonly load: number;
  /** What this program has running besides: exports, PostgreSQL, a browser. */
  readonly beside: number;
  /** Interrupts, most of them for loopback packets. */
  readonly interrupts: number;
  /** What the hypervisor gave to other machines. */
  readonly stolen: number;
  /** Other processes of this machine. */
  readonly others: number;
};

export type Measured = { readonly serverPid: number | undefined; readonly loadPid: number | undefined };

/** Begins to measure; the answer ends it. A load generator may end meanwhile, a server may not. */
export function startCpuMeter(measured: Measured): () => CpuShares {
  const before = readTicks(measured);
  return () => {
    const after = readTicks(measured);
    const all = after.all - before.all;
    const share = (name: keyof typeof after): number => (after[name] - before[name]) / all;
    const [server, load, interrupts, stolen] = [share("server"), share("load"), share("interrupts"), share("stolen")];
    const beside = Math.max(0, share("beside"));
    const others = Math.max(0, share("busy") - server - load - beside);
    return { server, load, beside, interrupts, stolen, others };
  };
}

function readTicks({ serverPid, loadPid }: Measured) {
  const machine = readMachineTicks();
  const own = readProcessTicks("self");
  const server = serverPid === undefined ? [] : listTree(serverPid);
  const beside = listTree(process.pid).filter((pid) => ![process.pid, loadPid, ...server].includes(pid));
  return {
    ...machine,
    server: sumTicks(server, ({ live }) => live),
    // Their children come and go.
    beside: sumTicks(beside, ({ live, ended }) => live + ended),
    // A child that has ended is in `ended`, so the sum does not jump when it ends.
    load: own.live + own.ended + (loadPid === undefined ? 0 : readProcessTicks(loadPid).live),
  };
}

function readMachineTicks() {
  const line = readFileSync("/proc/stat", "utf8").split("\n", 1)[0] ?? "";
  const [user = 0, nice = 0, system = 0, idle = 0, waiting = 0, hard = 0, soft = 0, stolen = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const busy = user + nice + system;
  return { busy, interrupts: hard + soft, stolen, all: busy + idle + waiting + hard + soft + stolen };
}

/** proc(5): the fields after the name, which may itself hold blanks and parentheses. */
function readStatFields(pid: number | string): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    // It has ended.
    return undefined;
  }
}

/** `USER_HZ` is 100 on every Linux of today. */
const ticksPerSecond = 100;

/** What children of this process have taken that ended, and those below them. */
export function readEndedSeconds(): number {
  return readProcessTicks("self").ended / ticksPerSecond;
}

type Ticks = { readonly live: number; readonly ended: number };

function readProcessTicks(pid: number | string): Ticks {
  const fields = readStatFields(pid);
  const at = (index: number): number => Number(fields?.[index] ?? 0);
  return { live: at(11) + at(12), ended: at(13) + at(14) };
}

function sumTicks(pids: readonly number[], pick: (ticks: Ticks) => number): number {
  return pids.reduce((sum, pid) => sum + pick(readProcessTicks(pid)), 0);
}

/** The process and all below it. A cluster is a parent and its workers. */
export function listTree(pid: number): readonly number[] {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: Number(readStatFields(name)?.[1]) }));
  const grow = (known: readonly number[]): readonly number[] => {
    const more = parents.filter((each) => known.includes(each.parent) && !known.includes(each.pid));
    return more.length === 0 ? known : grow([...known, ...more.map((each) => each.pid)]);
  };
  return grow([pid]);
}
