import { createLog } from "@biped/listener";
import { describe, expect, test } from "vitest";
import type { RefusalCount } from "../storage/views.ts";
import { createRefusalCounter } from "./refusal-counter.ts";

const refusal = (clientId: string | undefined, reason: string, at: number) => {
  return { clientId, reason, at, source: "192.0.2.7" };
};

function createParts() {
  const batches: (readonly RefusalCount[])[] = [];
  const logLines: string[] = [];
  const store = { isAway: false };
  const recordRefusals = async (rows: readonly RefusalCount[]): Promise<void> => {
    if (store.isAway) throw new Error("away");
    batches.push(rows);
  };
  const log = createLog("info", (line) => logLines.push(line));
  return { refusals: createRefusalCounter({ recordRefusals }, log), batches, logLines, store };
}

describe("refusals", () => {
  test("are written as one row for each credential, reason and source: how many, and when last", async () => {
    const { refusals, batches } = createParts();
    refusals.count(refusal("c1", "wrong secret", 100));
    refusals.count(refusal("c1", "wrong secret", 102));
    refusals.count(refusal("c1", "wrong secret", 101));
    refusals.count(refusal("c1", "expired secret", 101));
    refusals.count({ ...refusal("c1", "wrong secret", 101), source: "192.0.2.8" });
    await refusals.flush();
    expect(batches).toEqual([
      [
        { clientId: "c1", reason: "wrong secret", at: 102, source: "192.0.2.7", count: 3 },
        { clientId: "c1", reason: "expired secret", at: 101, source: "192.0.2.7", count: 1 },
        { clientId: "c1", reason: "wrong secret", at: 101, source: "192.0.2.8", count: 1 },
      ],
    ]);
  });

  test("of no credential are one row a reason, without the source", async () => {
    const { refusals, batches } = createParts();
    refusals.count(refusal(undefined, "unknown credential", 100));
    refusals.count({ ...refusal(undefined, "unknown credential", 101), source: "192.0.2.8" });
    await refusals.flush();
    expect(batches).toEqual([[{ clientId: undefined, reason: "unknown credential", at: 101, source: "", count: 2 }]]);
  });

  test("that were written are not written again, and none at all writes nothing", async () => {
    const { refusals, batches } = createParts();
    await refusals.flush();
    refusals.count(refusal("c1", "wrong secret", 100));
    await refusals.flush();
    await refusals.flush();
    expect(batches).toHaveLength(1);
  });

  test("that could not be written are kept and added to what came since", async () => {
    const { refusals, batches, logLines, store } = createParts();
    refusals.count(refusal("c1", "wrong secret", 100));
    store.isAway = true;
    await refusals.flush();
    refusals.count(refusal("c1", "wrong secret", 101));
    store.isAway = false;
    await refusals.flush();
    expect(batches).toEqual([[{ ...refusal("c1", "wrong secret", 101), count: 2 }]]);
    expect(logLines.map((line) => JSON.parse(line))).toMatchObject([
      { level: "warn", msg: "refusal counts could not be written", count: 1 },
    ]);
  });

  test("R-56: beyond 10,000 rows are counted by reason alone, and how many these are is logged", async () => {
    const { refusals, batches, logLines } = createParts();
    for (let index = 0; index < 10_000; index += 1) refusals.count(refusal(`c${index}`, "wrong secret", 100));
    refusals.count(refusal("late-1", "wrong secret", 101));
    refusals.count(refusal("late-2", "wrong secret", 102));
    refusals.count(refusal("c0", "wrong secret", 103));
    await refusals.flush();
    const rows = batches.flat();
    expect(batches.map(({ length }) => length)).toEqual([...Array(20).fill(500), 1]);
    expect(rows[0]).toEqual({ ...refusal("c0", "wrong secret", 103), count: 2 });
    expect(rows[10_000]).toEqual({ clientId: undefined, reason: "wrong secret", at: 102, source: "", count: 2 });
    expect(logLines.map((line) => JSON.parse(line))).toMatchObject([
      { level: "warn", msg: "refusals were too many to be told apart", count: 2 },
    ]);
  });
});
