/**
 * F-16: three nodes, their store, guards and SDK clients in one process and in virtual time. The server, the guard and
 * the client are the real ones; time, chance, the network and the way to the store are simulated, drawn from one seed.
 */

import { createHash } from "node:crypto";
import { openStorage } from "../../apps/authorization-server/src/storage/open-storage.ts";
import { createRandom } from "../simulated-services.ts";
import { runInVirtualTime } from "../virtual-machine.ts";
import { createVirtualTime, type VirtualTime } from "../virtual-time.ts";
import { administer } from "./administrator.ts";
import { type Api, createApis } from "./apis.ts";
import { type Caller, createCallers } from "./callers.ts";
import { createNetwork, type Network } from "./network.ts";
import { createSimulatedNode, type SimulatedNode } from "./nodes.ts";
import { type IssuedToken, probeGuards, probeNodes, proveRecovery } from "./probes.ts";
import { createSharedStore, type SharedStore } from "./store.ts";
import { makeTrouble } from "./trouble.ts";
import { createTruth, type Truth } from "./truth.ts";
import { startSeconds, type Template, type WorldCredential } from "./world.ts";

/** What every actor of a run shares. */
export type Run = {
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly draw: <Item>(items: readonly Item[]) => Item;
  readonly truth: Truth;
  readonly shared: SharedStore;
  readonly credentials: readonly WorldCredential[];
  /** The secrets of each credential that somebody knows, oldest first. */
  readonly secrets: Map<string, { id: string; text: string }[]>;
  readonly nodes: readonly SimulatedNode[];
  readonly network: Network;
  readonly apis: readonly Api[];
  readonly callers: readonly Caller[];
  readonly tokens: IssuedToken[];
  readonly counts: Record<string, number>;
  readonly note: (what: string) => void;
  readonly violate: (what: string) => void;
  /** Nothing is changed and nothing breaks any more. */
  readonly isOver: () => boolean;
  readonly isDone: () => boolean;
};

export type Outcome = {
  readonly violations: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  /** SHA-256 of all that happened, and when. */
  readonly hash: string;
  readonly trace: readonly string[];
};

const troubleMilliseconds = 25_000;
const recoveryMilliseconds = 26_000;

export async function simulate(seed: number, template: Template): Promise<Outcome> {
  const time = createVirtualTime(startSeconds * 1000);
  const { url, remove } = await template.copy();
  const storage = await openStorage(url);
  try {
    return await runInVirtualTime(time, async () => {
      const truth = createTruth();
      const shared = await createSharedStore({ storage, time, truth });
      const { run, end } = createRun(seed, { time, truth, shared, credentials: template.credentials });
      await Promise.all(run.nodes.map((node) => node.start()));
      const actors = [administer(run), makeTrouble(run), probeNodes(run)];
      const users = [probeGuards(run), ...run.callers.map((caller) => caller.keepCalling())];
      await time.sleep(troubleMilliseconds);
      end("over");
      await Promise.all(actors);
      await time.sleep(recoveryMilliseconds);
      end("done");
      await Promise.all(users);
      await proveRecovery(run);
      for (const { guard } of run.apis) guard.close();
      for (const node of run.nodes) node.kill();
      return run.outcome();
    });
  } finally {
    await storage.close();
    await remove();
  }
}

type RunParts = Pick<Run, "time" | "truth" | "shared" | "credentials">;

function createRun(seed: number, parts: RunParts) {
  const { time, credentials } = parts;
  const random = createRandom(seed);
  const trace: string[] = [];
  const violations: string[] = [];
  const counts: Record<string, number> = {};
  const ended = { over: false, done: false };
  const isOver = (): boolean => ended.over;
  const isDone = (): boolean => ended.done;
  const note = (what: string): void => {
    trace.push(`${(time.now() - startSeconds * 1000).toFixed(3)} ${what}`);
    const [kind = ""] = what.split(":", 1);
    counts[kind] = (counts[kind] ?? 0) + 1;
  };
  const draw = <Item>(items: readonly Item[]): Item => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new Error("There is nothing to draw from.");
    return item;
  };
  const secrets = new Map(credentials.map(({ clientId, secrets: known }) => [clientId, [...known]]));
  const nodes = ["a", "b", "c"].map((name) => createSimulatedNode(name, { ...parts, random, isOver }));
  const network = createNetwork({ time, random, draw, nodes, isOver });
  const apis = createApis({ time, random, network });
  const callers = createCallers({ time, random, network, apis, credentials, secrets, note, isDone });
  const violate = (what: string): void => {
    violations.push(`${(time.now() - startSeconds * 1000).toFixed(0)} ms: ${what}`);
    note(`violation: ${what}`);
  };
  const outcome = (): Outcome => {
    const hash = createHash("sha256").update(trace.join("\n")).digest("hex");
    return { violations, counts, hash, trace };
  };
  const actors = { secrets, nodes, network, apis, callers, tokens: [] as IssuedToken[] };
  const run = { ...parts, ...actors, random, draw, counts, note, violate, outcome, isOver, isDone };
  const end = (what: keyof typeof ended): void => {
    ended[what] = true;
  };
  return { run, end };
}
