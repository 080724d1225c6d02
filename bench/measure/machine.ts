/** What a result must name to be read later: the machine by its kind, the versions, the commit. */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import os from "node:os";

export type Machine = {
  readonly processor: string;
  readonly memory: string;
  readonly system: string;
  readonly node: string;
  readonly openssl: string;
};

export function describeMachine(): Machine {
  const [core] = os.cpus();
  return {
    processor: `${core?.model.trim() ?? "unknown"} ${describeVectors()}, ${os.availableParallelism()} cores`,
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    system: `${readSystemName()}, Linux ${os.release().split("-")[0]}`,
    node: `${process.version} (OpenSSL ${process.versions.openssl})`,
    openssl: tell("openssl", ["version"])?.split(" ").slice(0, 2).join(" ") ?? "missing",
  };
}

/** The short hash; with a plus sign where the working tree differs from it. */
export function describeCommit(): string {
  const hash = tell("git", ["rev-parse", "--short", "HEAD"]) ?? "unknown";
  const changed = tell("git", ["status", "--porcelain", "--", ":(exclude,top)bench/results"]);
  return changed === "" ? hash : `${hash}+`;
}

/** Where a processor has it, RSA is several times as fast, and all else that a server does weighs more. */
function describeVectors(): string {
  const has = /^flags\s*:.*\bavx512ifma\b/m.test(readFileSync("/proc/cpuinfo", "utf8"));
  return has ? "with AVX-512 IFMA" : "without AVX-512 IFMA";
}

function readSystemName(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? os.type();
  } catch {
    return os.type();
  }
}

function tell(command: string, args: readonly string[]): string | undefined {
  const answer = spawnSync(command, args, { encoding: "utf8", cwd: import.meta.dirname });
  return answer.status === 0 ? answer.stdout.trim() : undefined;
}
