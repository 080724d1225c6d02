/** Takes things back at one node of a cluster, and measures what the nodes issue and the guards accept afterwards. */

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type HeldCredential, tokenRequest } from "../started-server.ts";
import type { Cluster } from "./cluster.ts";
import type { ClusterWorld } from "./cluster-world.ts";
import { type GuardBench, type HeldToken, readToken } from "./guard-bench.ts";
import type { RevocationRequest, Victim, Way } from "./revocation-ways.ts";
import type { Client, Reply } from "./token-load.ts";

export type RevocationStage = {
  readonly cluster: Cluster;
  readonly world: ClusterWorld;
  readonly bench: GuardBench;
  readonly client: Client;
  /** Of what was issued too late, and where. */
  readonly violations: string[];
  /** Milliseconds until each guard refused, by place and kind. */
  readonly refusals: Map<string, number[]>;
  /** When the last request began that got a token by what was true before, after the acknowledgement, by place. */
  readonly lags: Map<string, number[]>;
  /** When the node that is well had to be asked again. */
  readonly retries: number[];
};

/** Under which circumstances. */
export type Place = {
  readonly name: string;
  /** Whether the last node is cut from the store from time to time. */
  readonly isCut: boolean;
};

/** I3: so long after the acknowledgement a node may issue by what was true before, and one that is cut off. */
export const graceMilliseconds = { connected: 1_000, cut: 5_000 } as const;
const patienceMilliseconds = 10_000;

export type Taken = { readonly victim: Victim; readonly way: Way };

/** @returns a token that nobody accepts any more. */
export async function takeBack(stage: RevocationStage, place: Place, { victim, way }: Taken): Promise<string> {
  const { token } = await issueEverywhere(stage, victim.held);
  await stage.bench.untilAccepted(token);
  await send(stage, way.request(victim, token));
  const acknowledgedAt = performance.now();
  const isLate = (later: Reply): boolean => later.status === 200 && isByFormerTruth(way, { token, later });
  const [refusals] = await Promise.all([
    stage.bench.untilRefused(token, acknowledgedAt),
    watchIssuing(stage, { place, kind: victim.kind, held: victim.held, acknowledgedAt, isLate }),
  ]);
  note(stage.refusals, `${place.name}, ${victim.kind}`, refusals);
  return token;
}

/** Whether a token was issued although it should not have been, or under an epoch that is over. */
function isByFormerTruth({ kind, isEnd }: Way, { token, later }: { readonly token: string; readonly later: Reply }) {
  if (isEnd) return true;
  if (kind !== "credential" && kind !== "project" && kind !== "account") return false;
  const epochOf = (text: string): number =>
    JSON.parse(Buffer.from(text.split(".")[1] ?? "", "base64url").toString()).epochs[kind];
  return epochOf(readToken(later).token) <= epochOf(token);
}

type Watched = {
  readonly place: Place;
  readonly kind: string;
  readonly held: HeldCredential;
  readonly acknowledgedAt: number;
  /** Whether the answer is by what was true before. */
  readonly isLate: (reply: Reply) => boolean;
};

/** I3: asks every node at once, and again where it is over that it may know nothing. */
async function watchIssuing(stage: RevocationStage, watched: Watched): Promise<void> {
  const { place, kind, held, acknowledgedAt, isLate } = watched;
  const { connected, cut } = graceMilliseconds;
  const graceOf = (node: number): number => (place.isCut && node === 2 ? cut : connected);
  let last = 0;
  for (const wait of place.isCut ? [0, 300, connected, 3_000, cut] : [0, 300, connected]) {
    await sleep(Math.max(0, acknowledgedAt + wait - performance.now() + (wait > 0 ? 1 : 0)));
    for (const [node, reply] of (await askAll(stage, held)).entries()) {
      if (!isLate(reply)) continue;
      const after = reply.sentAt - acknowledgedAt;
      last = Math.max(last, node === 2 && place.isCut ? 0 : after);
      if (after > graceOf(node))
        stage.violations.push(`${place.name}, ${kind}: node ${node} after ${after.toFixed(0)} ms`);
    }
  }
  note(stage.lags, place.name, [last]);
}

/** So that all nodes remember the credential, if they can. @returns the token of the one that is never cut. */
async function issueEverywhere(stage: RevocationStage, held: HeldCredential): Promise<HeldToken> {
  for (const deadline = performance.now() + patienceMilliseconds; ; await sleep(100)) {
    const [reply] = await askAll(stage, held);
    if (reply?.status === 200) return readToken(reply);
    stage.retries.push(performance.now());
    if (performance.now() > deadline)
      throw new Error(`The node that is well answered ${reply?.status}: ${reply?.text}`);
  }
}

function askAll({ client, cluster }: RevocationStage, held: HeldCredential): Promise<readonly Reply[]> {
  return Promise.all(
    cluster.nodes.map(({ publicUrl }) => client.post(`${publicUrl}/v1/oauth/token`, tokenRequest(held))),
  );
}

/** At the first node, which is never cut; again where a lock of a node that is cut keeps it from that (503). */
async function send(
  { cluster, world, retries }: RevocationStage,
  { listener, target, body, headers }: RevocationRequest,
) {
  const [method = "", path = ""] = target.split(" ");
  const node = cluster.nodes[0];
  const sent = { ...(headers ?? { ...world.owner, "idempotency-key": randomUUID() }) };
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const deadline = performance.now() + patienceMilliseconds;
  for (;;) {
    const answer = await fetch(`${listener === "public" ? node?.publicUrl : node?.adminUrl}${path}`, {
      method,
      headers: { ...sent, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...content,
    });
    const text = await answer.text();
    if (answer.ok) return;
    if (answer.status !== 503 || performance.now() > deadline) {
      throw new Error(`${method} ${path} was answered ${answer.status}: ${text}`);
    }
    retries.push(performance.now());
    await sleep(100);
  }
}

/** R-25, under the fault of the phase. */
export async function voidKey(stage: RevocationStage, place: Place): Promise<void> {
  const { bench, world } = stage;
  const held = world.facts.project;
  const { token, kid } = await issueEverywhere(stage, held);
  await bench.untilAccepted(token);
  bench.voided.add(kid);
  await send(stage, { listener: "admin", target: `POST /api/signing-keys/${kid}/compromise`, body: {} });
  const acknowledgedAt = performance.now();
  const isLate = (later: Reply): boolean => later.status === 200 && readToken(later).kid === kid;
  const [refusals] = await Promise.all([
    bench.untilRefused(token, acknowledgedAt),
    watchIssuing(stage, { place, kind: "key", held, acknowledgedAt, isLate }),
  ]);
  note(stage.refusals, `${place.name}, key`, refusals);
}

function note(measured: Map<string, number[]>, name: string, values: readonly number[]): void {
  measured.set(name, [...(measured.get(name) ?? []), ...values]);
}
