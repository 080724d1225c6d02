/** A cluster, the programs that change its credentials, what checks them, and credentials that nobody changes. */

import { join } from "node:path";
import { openStorage } from "../../apps/authorization-server/src/storage/open-storage.ts";
import { createRandom } from "../simulated-services.ts";
import type { HeldCredential } from "../started-server.ts";
import { createStoreChecker, type StoreChecker } from "./check-store.ts";
import { type Cluster, type ClusterOptions, startCluster } from "./cluster.ts";
import { type Journal, openJournal } from "./journal.ts";
import { createTokenJudge, type TokenJudge } from "./judge-token.ts";
import { prepareStore } from "./prepared-store.ts";
import { graceMilliseconds } from "./taking-back.ts";
import { createWriter, type Writer } from "./writers.ts";

export type ClusterStage = {
  readonly cluster: Cluster;
  readonly endpoint: string;
  readonly journal: Journal;
  readonly judge: TokenJudge;
  readonly writers: readonly Writer[];
  /** Of a project that no writer touches. */
  readonly addCredential: () => Promise<HeldCredential>;
  /** I1 to I6, while nobody writes. */
  readonly check: (which: keyof StoreChecker) => Promise<void>;
  /** Work that cuts nodes from their store: until it is over, and they have heard again, they have longer to hear. */
  readonly whileCut: <Result>(work: () => Promise<Result>) => Promise<Result>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export type ClusterStageOptions = ClusterOptions & { readonly writerCount: number; readonly seed: number };

export async function createClusterStage({
  writerCount,
  seed,
  ...options
}: ClusterStageOptions): Promise<ClusterStage> {
  const prepared = await prepareStore(options.databaseUrl, writerCount + 1);
  const [spareProjectId, ...projectIds] = prepared.projectIds;
  const store = { ...prepared, projectIds };
  const cluster = await startCluster(options);
  const site = { publicUrl: cluster.public.url, adminUrl: cluster.admin.url };
  const journal = openJournal(join(cluster.directory, "journal.jsonl"));
  const judge = createTokenJudge(site, cluster.issuer);
  const cuts = createCuts();
  const grace = { ...graceMilliseconds, wasCutSince: cuts.wasSince };
  const parts = { site, store, journal, judge, random: createRandom(seed), grace };
  const checker = createStoreChecker(parts);
  return {
    cluster,
    endpoint: store.endpoint,
    journal,
    judge,
    writers: projectIds.map((projectId) => createWriter({ ...parts, projectId })),
    addCredential: async () => {
      const names = ["--account", `${store.accountId}`, "--project", `${spareProjectId}`, "--name", "Load"];
      const made = await cluster.command("create", "credential", ...names, "--scopes", "data-export metrics");
      return { clientId: made.credential.clientId, clientSecret: made.clientSecret };
    },
    check: async (which) => {
      const storage = await openStorage(cluster.databaseUrl);
      await checker[which](storage).finally(() => storage.close());
    },
    whileCut: cuts.during,
    [Symbol.asyncDispose]: async () => {
      journal.close();
      await cluster[Symbol.asyncDispose]();
    },
  };
}

function createCuts(): { during: ClusterStage["whileCut"]; wasSince: (at: number) => boolean } {
  let open = 0;
  let endedAt = Number.NEGATIVE_INFINITY;
  return {
    during: async (work) => {
      open += 1;
      return await work().finally(() => {
        open -= 1;
        endedAt = performance.now();
      });
    },
    wasSince: (at) => open > 0 || at < endedAt + graceMilliseconds.connected,
  };
}

/** The writers change credentials for as long as the work takes. @throws whatever a writer found to be wrong. */
export async function whileWriting<Result>(
  { writers }: Pick<ClusterStage, "writers">,
  work: () => Promise<Result>,
): Promise<Result> {
  const stop = new AbortController();
  const writing = Promise.all(writers.map((writer) => writer.run(stop.signal))).then(() => undefined);
  try {
    const working = work();
    // A writer that ends before has found something, and then the work need not go on.
    await Promise.race([working, writing]);
    return await working;
  } finally {
    stop.abort();
    await writing;
  }
}
