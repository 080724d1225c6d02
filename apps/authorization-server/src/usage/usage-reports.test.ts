import { createLog } from "@biped/listener";
import { expect, test } from "vitest";
import type { UsageGap, UsageNode } from "../storage/storage.ts";
import { createUsageReports, type Flushed } from "./usage-reports.ts";

function createParts() {
  const clock = { seconds: 1_800_000_000, monotonic: 0 };
  const told: string[] = [];
  const store = { isAway: false };
  const counter = { outcome: "nothing to write" as Flushed, onFlush: () => {} };
  let lost = 0;
  const write = async (line: string): Promise<void> => {
    if (store.isAway) throw new Error("away");
    told.push(line);
  };
  const reports = createUsageReports({
    storage: {
      beginUsageNode: ({ nodeId, flushedAt }: UsageNode) => write(`begin ${nodeId} ${flushedAt - 1_800_000_000}`),
      touchUsageNode: ({ flushedAt }: UsageNode) => write(`touch ${flushedAt - 1_800_000_000}`),
      endUsageNode: (nodeId: string) => write(`end ${nodeId}`),
      recordUsageGap: ({ from, until }: UsageGap) => write(`gap ${from - 1_800_000_000} ${until - 1_800_000_000}`),
    },
    nodeId: "a",
    counters: [
      {
        flush: async () => {
          counter.onFlush();
          return counter.outcome;
        },
      },
      { flush: async () => "nothing to write" },
    ],
    lostRefusals: () => lost,
    nowSeconds: () => clock.seconds,
    monotonicSeconds: () => clock.monotonic,
    log: createLog("silent", () => {}),
  });
  const pass = (seconds: number): void => {
    clock.seconds += seconds;
    clock.monotonic += seconds;
  };
  const lose = (count: number): void => {
    lost += count;
  };
  return { reports, told, store, counter, pass, lose };
}

test("a node that counts says so with each flush: until the time before the flush, as more is counted meanwhile", async () => {
  const { reports, told, counter, pass } = createParts();
  await reports.begin();
  counter.outcome = "written";
  counter.onFlush = () => pass(1);
  pass(1);
  await reports.flush();
  expect(told).toEqual(["begin a 0", "touch 1"]);
});

test("a node that cannot say that it began serves all the same, and says it with the first flush that can be written", async () => {
  const { reports, told, store, pass } = createParts();
  store.isAway = true;
  await reports.begin();
  pass(1);
  await reports.flush();
  expect(told).toEqual([]);
  store.isAway = false;
  await reports.flush();
  await reports.flush();
  expect(told).toEqual(["begin a 0"]);
});

test("a node without anything to count says only every ten seconds that it lives", async () => {
  const { reports, told, pass } = createParts();
  for (let second = 1; second <= 25; second += 1) {
    pass(1);
    await reports.flush();
  }
  expect(told).toEqual(["touch 10", "touch 20"]);
});

test("what could not be written is not said to be complete, and a node that still has it does not end", async () => {
  const { reports, told, counter, pass } = createParts();
  counter.outcome = "kept";
  pass(30);
  await reports.flush();
  await reports.end();
  expect(told).toEqual([]);
  counter.outcome = "written";
  await reports.end();
  expect(told).toEqual(["touch 30", "end a"]);
});

test("a store that is away makes neither the flush fail nor the end lie", async () => {
  const { reports, told, counter, store, pass } = createParts();
  counter.outcome = "written";
  store.isAway = true;
  pass(1);
  await reports.flush();
  await reports.end();
  expect(told).toEqual([]);
  store.isAway = false;
  await reports.flush();
  expect(told).toEqual(["touch 1"]);
});

test("refusals that were too many leave one gap, from the last complete flush", async () => {
  const { reports, told, counter, store, lose, pass } = createParts();
  counter.outcome = "written";
  pass(1);
  await reports.flush();
  lose(3);
  pass(1);
  store.isAway = true;
  await reports.flush();
  store.isAway = false;
  pass(1);
  await reports.flush();
  await reports.flush();
  expect(told).toEqual(["touch 1", "gap 1 3", "touch 3", "touch 3"]);
});
