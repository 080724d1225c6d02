/** Guards as five APIs hold them, the good tokens that they are shown all the time, and how soon they refuse others. */

import { setTimeout as sleep } from "node:timers/promises";
import { createGuard, type Guard, type GuardOptions } from "@biped/guard";
import { isRefusal } from "@biped/protocol";
import { createFaultProxy, type FaultProxy } from "./fault-proxy.ts";
import type { Reply } from "./token-load.ts";

export type BenchGuard = {
  readonly guard: Guard;
  /** Between it and the issuer. */
  readonly way: FaultProxy;
  readonly isClosed: boolean;
};

export type HeldToken = { readonly token: string; readonly kid: string };

export type GuardBench = {
  readonly guards: readonly BenchGuard[];
  /** Keys whose tokens are no good tokens any more, from before they are voided. */
  readonly voided: Set<string>;
  /** What was refused although it was good, and by whom. */
  readonly violations: readonly string[];
  readonly countVerdicts: () => number;
  /** By a guard at once, as a good token. */
  readonly judgeGood: (reply: Reply) => Promise<void>;
  /** Resolves once no guard refuses it. */
  readonly untilAccepted: (token: string) => Promise<void>;
  /**
   * Shows it to all guards until each refuses it.
   * @returns when the first refusal of each began, in milliseconds after `since`; Infinity where it was in vain.
   */
  readonly untilRefused: (token: string, since: number) => Promise<readonly number[]>;
  readonly isAccepted: (token: string) => Promise<boolean>;
  readonly stop: () => Promise<void>;
};

export type GuardBenchOptions = {
  readonly issuer: string;
  readonly endpoint: string;
  readonly open: number;
  /** How many refuse whatever comes when they have not heard of the feed for 8 seconds. */
  readonly closed: number;
};

const stepMilliseconds = 200;
const patienceMilliseconds = 20_000;

export async function createGuardBench(options: GuardBenchOptions): Promise<GuardBench> {
  const modes = [...Array<"open">(options.open).fill("open"), ...Array<"closed">(options.closed).fill("closed")];
  const guards = await Promise.all(modes.map((mode) => createBenchGuard(options, mode)));
  const voided = new Set<string>();
  const violations: string[] = [];
  let verdicts = 0;
  let turn = 0;
  const verify = ({ guard }: BenchGuard, token: string) => {
    verdicts += 1;
    return guard.verify(token);
  };
  const areAccepted = (token: string) => Promise.all(guards.map(async (each) => !isRefusal(await verify(each, token))));
  return {
    guards,
    voided,
    violations,
    countVerdicts: () => verdicts,
    judgeGood: async (reply) => {
      const each = guards[turn++ % guards.length];
      if (reply.status !== 200 || each === undefined) return;
      const { token, kid } = readToken(reply);
      const verdict = await verify(each, token);
      // One that is closed says so, and it is not the token that it blames.
      if (!isRefusal(verdict) || voided.has(kid) || (each.isClosed && verdict.status === 503)) return;
      violations.push(`guard ${guards.indexOf(each)}: ${verdict.code}, ${verdict.reason}`);
    },
    untilAccepted: async (token) => {
      const deadline = performance.now() + patienceMilliseconds;
      while (!(await areAccepted(token)).every(Boolean)) {
        if (performance.now() > deadline) throw new Error("A guard does not accept a new token.");
        await sleep(stepMilliseconds);
      }
    },
    untilRefused: (token, since) =>
      Promise.all(
        guards.map(async (each) => {
          while (performance.now() < since + patienceMilliseconds) {
            const startedAt = performance.now();
            if (isRefusal(await verify(each, token))) return Math.max(0, startedAt - since);
            await sleep(stepMilliseconds);
          }
          return Number.POSITIVE_INFINITY;
        }),
      ),
    isAccepted: async (token) => (await areAccepted(token)).some(Boolean),
    stop: async () => {
      for (const { guard } of guards) guard.close();
      await Promise.all(guards.map(({ way }) => way.stop()));
    },
  };
}

async function createBenchGuard({ issuer, endpoint }: GuardBenchOptions, mode: "open" | "closed"): Promise<BenchGuard> {
  const way = await createFaultProxy(issuer);
  const revocations: GuardOptions["revocations"] = mode === "open" ? {} : { mode, maxStalenessSeconds: 8 };
  const guard = createGuard({
    issuer,
    endpoint,
    mode: "sandbox",
    revocations,
    fetch: (url, init) => fetch(url.replace(issuer, new URL(way.url).origin), init),
  });
  return { guard, way, isClosed: mode === "closed" };
}

export function readToken({ text }: Pick<Reply, "text">): HeldToken {
  const token: string = JSON.parse(text).access_token;
  const { kid } = JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString());
  return { token, kid };
}
