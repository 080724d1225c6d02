/** L-04: signing keys are rotated and voided while three nodes issue tokens and five guards judge them. */

import { setTimeout as sleep } from "node:timers/promises";
import { readKeyEncryptionKeyFile } from "@biped/authorization-server";
import { createGuard, type Guard, type GuardEvent } from "@biped/guard";
import { createLog } from "@biped/listener";
import { isRefusal } from "@biped/protocol";
import pg from "pg";
import { expect, test } from "vitest";
import {
  compromiseSigningKey,
  rotateSigningKey,
} from "../../apps/authorization-server/src/signing/change-signing-keys.ts";
import { openKeyRing } from "../../apps/authorization-server/src/signing/key-ring.ts";
import { openStorage } from "../../apps/authorization-server/src/storage/open-storage.ts";
import type { SigningKey } from "../../apps/authorization-server/src/storage/storage.ts";
import { createPostgresDatabase } from "../postgres-database.ts";
import { scaleCases, scaleTimeout } from "../property.ts";
import { createRandom } from "../simulated-services.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { createClusterWorld } from "./cluster-world.ts";
import { countStatuses, createClient, createIssue, p99Of, type Reply, startLoad } from "./token-load.ts";

const rotations = scaleCases(100);
const endpoint = "https://api.eu-west-1.example.com";
/** What is promised: so long after a key was voided no guard takes its tokens any more. */
const voidMilliseconds = 10_000;
const tokensPerKey = 5;
/** What a next key waits in its life. Guards know it long before, as they hear of it from the feed. */
const nextSeconds = 600;
/** Longer than nodes hold their signatures back after an emergency. */
const pauseMilliseconds = 2_300;
/** In a cycle: a key that takes over in its time, one that signs and is voided, and one that no longer does. */
const rotationsPerCycle = 3;

test(`L-04: ${rotations} rotations under load, two of three an emergency: no good token is refused, none of a voided key accepted after 10 s`, {
  timeout: scaleTimeout(400_000),
}, async () => {
  const settings = { BIPED_SIGNING_ALG: "Ed25519" };
  await using cluster = await startCluster({ count: 3, databaseUrl: await createPostgresDatabase(), settings });
  const { facts } = await createClusterWorld(cluster);
  const client = createClient();
  const failures: string[] = [];
  const onEvent = (event: GuardEvent): void => {
    if (event.kind === "document-failed") failures.push(`${event.document}: ${event.reason}`);
  };
  const guards = Array.from({ length: 5 }, () =>
    createGuard({ issuer: cluster.issuer, endpoint, mode: "sandbox", onEvent }),
  );
  const bench = createBench(guards);
  // A guard follows the feed from its first token on.
  await bench.judgeAll(await createIssue(client, cluster.issuer, [facts.project])(0));
  await sleep(1_000);
  const issue = createIssue(client, cluster.issuer, [facts.project]);
  const load = startLoad(30, async (count) => {
    const reply = await issue(count);
    await bench.judge(reply);
    return reply;
  });
  const judging = setInterval(() => void bench.judgeFormer(), 25);
  await rotate(cluster, bench);
  const replies = await load.stop();
  clearInterval(judging);
  await sleep(voidMilliseconds + 500);
  await bench.judgeVoided();
  client.close();
  for (const guard of guards) guard.close();

  const { judged, voided, violations } = bench;
  console.log(
    `${rotations} rotations, ${voided.size} keys voided: ${replies.length} tokens, p99 ${p99Of(replies).toFixed(0)} ms, ${judged()} verdicts`,
  );
  expect([violations.length, violations.slice(0, 10), failures]).toEqual([0, [], []]);
  expect(countStatuses(replies)).toEqual({ 200: replies.length });
});

type Bench = ReturnType<typeof createBench>;

type Held = { readonly token: string; readonly kid: string };

/** The guards, the tokens that they are shown, and what each verdict must be. */
function createBench(guards: readonly Guard[]) {
  const held = new Map<string, Held[]>();
  /** By its kid, when a key was voided: NaN as long as it is not acknowledged. */
  const voided = new Map<string, number>();
  const violations: string[] = [];
  let judged = 0;
  const judgeBy = async (guard: Guard, { token, kid }: Held): Promise<void> => {
    const startedAt = performance.now();
    const verdict = await guard.verify(token);
    judged += 1;
    const violation = findViolation(verdict, { startedAt, voidedAt: voided.get(kid) });
    if (violation !== undefined) violations.push(violation);
  };
  const keep = (reply: Reply): Held => {
    const one = readHeld(reply);
    const tokens = held.get(one.kid) ?? [];
    held.set(one.kid, tokens);
    if (tokens.length < tokensPerKey) tokens.push(one);
    return one;
  };
  const judgeAll = async (one: Held): Promise<void> => {
    for (const guard of guards) await judgeBy(guard, one);
  };
  return {
    voided,
    violations,
    judged: () => judged,
    /** A new one, by one guard at once. */
    judge: async (reply: Reply): Promise<void> => {
      const guard = pick(guards);
      if (reply.status === 200 && guard !== undefined) await judgeBy(guard, keep(reply));
    },
    judgeAll: (reply: Reply) => judgeAll(keep(reply)),
    /** One of any key there was. */
    judgeFormer: async (): Promise<void> => {
      const [former, guard] = [pick(pick([...held.values()]) ?? []), pick(guards)];
      if (former !== undefined && guard !== undefined) await judgeBy(guard, former);
    },
    judgeVoided: async (): Promise<void> => {
      for (const kid of voided.keys()) for (const one of held.get(kid) ?? []) await judgeAll(one);
    },
  };
}

function findViolation(
  verdict: Awaited<ReturnType<Guard["verify"]>>,
  { startedAt, voidedAt }: { readonly startedAt: number; readonly voidedAt: number | undefined },
): string | undefined {
  if (isRefusal(verdict)) return voidedAt === undefined ? `a good token: ${verdict.code} ${verdict.reason}` : undefined;
  const isLate = voidedAt !== undefined && startedAt > voidedAt + voidMilliseconds;
  return isLate ? `a voided key was trusted ${startedAt - voidedAt} ms later` : undefined;
}

const random = createRandom(1);
const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)];

function readHeld({ text }: Reply): Held {
  const token: string = JSON.parse(text).access_token;
  const { kid } = JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString());
  return { token, kid };
}

/** As an operator on a further machine does, so that every node has to hear of it. */
async function rotate({ databaseUrl, settings }: Cluster, { voided }: Bench): Promise<void> {
  const storage = await openStorage(databaseUrl);
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  const parts = {
    storage,
    kek: readKeyEncryptionKeyFile(settings.BIPED_KEK_FILE ?? ""),
    policy: { algorithm: "Ed25519", rsaBits: 2048, lifetimeSeconds: 86_400 },
    nowSeconds: () => Math.floor(Date.now() / 1000),
    log: createLog("silent", () => {}),
  } as const;
  const author = () => ({ at: parts.nowSeconds(), actor: "operator", requestId: undefined });
  const voidFirst = async (state: SigningKey["state"]): Promise<void> => {
    const key = (await storage.listSigningKeys()).find((each) => each.state === state);
    if (key === undefined) return;
    voided.set(key.kid, Number.NaN);
    expect(await compromiseSigningKey(parts, key.kid, author())).toBe(true);
    voided.set(key.kid, performance.now());
  };
  for (let done = 0; done < rotations; done += rotationsPerCycle) {
    expect(await rotateSigningKey(parts, author())).toBe(true);
    await voidFirst("active");
    await sleep(pauseMilliseconds);
    // Ten minutes pass for the next key, and whoever looks then has it take over.
    await database.query("update signing_key set state_since = state_since - $1 where state = 'next'", [nextSeconds]);
    await openKeyRing(parts);
    await voidFirst("passive");
    await sleep(300);
  }
  await database.end();
  await storage.close();
}
