/** What a process asks its system for, seen and spoilt from outside by strace. */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

export type Trace = {
  /** Lets the process go on alone. @returns what it has asked for, line by line. */
  readonly stop: () => Promise<readonly string[]>;
};

export type Injection = {
  readonly call: string;
  readonly error: string;
  /** The how many-th call of its thread fails. */
  readonly when: number;
  /** All that follow it fail, too. */
  readonly isLasting: boolean;
};

/** Writes to files and to sockets, and what has them reach the disk. */
const watched = "fdatasync,fsync,pwrite64,write,writev,sendto,sendmsg,openat,rename,ftruncate";

/** Says why where it is not. */
export function canTrace(): boolean {
  const tried = spawnSync("strace", ["-e", "trace=none", process.execPath, "--version"]);
  const reason = tried.error === undefined ? String(tried.stderr).trim() : "strace is not installed";
  if (tried.status !== 0) console.log(`Nothing is traced here: ${reason}`);
  return tried.status === 0;
}

/** SQLite is built to flush by either. */
export function nameCalls({ call }: Injection): string {
  return call === "fsync" ? "fsync,fdatasync" : call;
}

export function formatInjection(injection: Injection): string {
  const { error, when, isLasting } = injection;
  return `inject=${nameCalls(injection)}:error=${error}:when=${when}${isLasting ? "+" : ""}`;
}

/** @param file Gets the lines. */
export async function attachTrace(pid: number, file: string, injection?: Injection): Promise<Trace> {
  const inject = injection === undefined ? [] : ["-e", formatInjection(injection)];
  const options = ["-f", "-yy", "-s", "24", "-o", file, "-e", `trace=${watched}`, ...inject];
  const tracer = spawn("strace", [...options, "-p", String(pid)], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  await new Promise<void>((resolve, reject) => {
    tracer.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes(" attached")) resolve();
    });
    tracer.once("close", () => reject(new Error(`strace ended: ${said}`)));
  });
  return {
    stop: async () => {
      const closed = once(tracer, "close");
      tracer.kill("SIGINT");
      await closed;
      return readFileSync(file, "utf8").split("\n");
    },
  };
}

export const isInjected = (line: string): boolean => line.includes("(INJECTED)");

/** In the order in which they happened: the log of SQLite written, the log flushed, an answer sent. */
export type Happening =
  | { readonly kind: "log written" | "log flushed" }
  | { readonly kind: "answer"; readonly status: number };

/** @param port Of the listener whose answers count. */
export function readHappenings(lines: readonly string[], port: number): readonly Happening[] {
  const open = new Map<string, string>();
  const happenings: Happening[] = [];
  const add = (happening: Happening | undefined): void => {
    if (happening !== undefined) happenings.push(happening);
  };
  for (const line of lines) {
    const [thread = "", call = ""] = line.split(/\s+(.*)/, 2);
    if (call.endsWith("<unfinished ...>")) {
      // An answer counts from when it begins to be sent, what it rests on from when it has ended.
      open.set(thread, call);
      add(readAnswer(call, port));
    } else if (call.startsWith("<... ")) {
      add(readLogCall(`${open.get(thread) ?? ""}${call}`));
    } else {
      add(readLogCall(call) ?? readAnswer(call, port));
    }
  }
  return happenings;
}

function readLogCall(call: string): Happening | undefined {
  const [, name] = /^(pwrite64|fdatasync|fsync)\(\d+<[^>]*\.db-wal>/.exec(call) ?? [];
  if (name === undefined || / = -1 /.test(call)) return undefined;
  return { kind: name === "pwrite64" ? "log written" : "log flushed" };
}

function readAnswer(call: string, port: number): Happening | undefined {
  const [, local, status] = /^\w+\(\d+<TCP[^[]*:\[[^\]]*:(\d+)->.*?"HTTP\/1\.1 (\d{3})/.exec(call) ?? [];
  return Number(local) === port ? { kind: "answer", status: Number(status) } : undefined;
}

export type Judged = {
  readonly acknowledgements: number;
  /** With something in the log that is not flushed. */
  readonly unsafe: number;
  /** Without any log flushed since the one before. */
  readonly empty: number;
};

export function judgeHappenings(happenings: readonly Happening[]): Judged {
  let isDirty = false;
  let isFlushed = false;
  const judged = { acknowledgements: 0, unsafe: 0, empty: 0 };
  for (const happening of happenings) {
    if (happening.kind === "log written") isDirty = true;
    if (happening.kind === "log flushed") [isDirty, isFlushed] = [false, true];
    if (happening.kind !== "answer" || happening.status >= 300) continue;
    judged.acknowledgements += 1;
    if (isDirty) judged.unsafe += 1;
    if (!isFlushed) judged.empty += 1;
    isFlushed = false;
  }
  return judged;
}
