/** RSA-2048 signatures a second on all cores at once, by `openssl speed`: the yardstick of this machine, this minute. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { text } from "node:stream/consumers";

/** @throws Error where openssl is missing or says something else than it used to. */
export async function measureOpenssl(seconds: number): Promise<number> {
  const args = ["speed", "-seconds", String(seconds), "-multi", String(availableParallelism()), "rsa2048"];
  const child = spawn("openssl", args, { stdio: ["ignore", "pipe", "ignore"] });
  const [output] = await Promise.all([text(child.stdout), once(child, "exit")]);
  const rate = /^rsa\s+2048 bits\s+\S+\s+\S+\s+(\d+(?:\.\d+)?)/m.exec(output)?.[1];
  if (rate === undefined) throw new Error("`openssl speed rsa2048` printed no rate of signatures.");
  return Number(rate);
}
