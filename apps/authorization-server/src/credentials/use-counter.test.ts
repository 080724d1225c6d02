import { createLog } from "@biped/listener";
import { describe, expect, test } from "vitest";
import type { SecretUse } from "../storage/storage.ts";
import { createUseCounter } from "./use-counter.ts";

const use = (secretId: string, nowSeconds: number) => ({
  clientId: "c1",
  secretId,
  source: `192.0.2.${nowSeconds}`,
  nowSeconds,
});

function createParts() {
  const batches: (readonly SecretUse[])[] = [];
  const logLines: string[] = [];
  const store: { outcome: () => Promise<void> } = { outcome: async () => {} };
  const recordUse = async (uses: readonly SecretUse[]): Promise<void> => {
    await store.outcome();
    batches.push(uses);
  };
  const uses = createUseCounter(
    { recordUse },
    createLog("info", (line) => logLines.push(line)),
  );
  return { uses, batches, logLines, store };
}

describe("uses", () => {
  test("are written as one batch, one line a secret: how many, when and from where last", async () => {
    const { uses, batches } = createParts();
    uses.count(use("s1", 100));
    uses.count(use("s2", 101));
    uses.count(use("s1", 103));
    uses.count(use("s1", 102));
    await uses.flush();
    expect(batches).toEqual([
      [
        { clientId: "c1", secretId: "s1", lastUsedAt: 103, source: "192.0.2.103", tokens: 3 },
        { clientId: "c1", secretId: "s2", lastUsedAt: 101, source: "192.0.2.101", tokens: 1 },
      ],
    ]);
  });

  test("that were written are not written again, and none at all writes nothing", async () => {
    const { uses, batches } = createParts();
    expect(await uses.flush()).toBe("nothing to write");
    uses.count(use("s1", 100));
    expect(uses.pendingRows()).toBe(1);
    expect(await uses.flush()).toBe("written");
    expect([await uses.flush(), uses.pendingRows()]).toEqual(["nothing to write", 0]);
    expect(batches).toHaveLength(1);
  });

  test("of one second: the last one tells from where", async () => {
    const { uses, batches } = createParts();
    uses.count(use("s1", 100));
    uses.count({ ...use("s1", 100), source: "2001:db8::7" });
    await uses.flush();
    expect(batches).toMatchObject([[{ source: "2001:db8::7", tokens: 2 }]]);
  });

  test("that could not be written are kept and added to what came since", async () => {
    const { uses, batches, logLines, store } = createParts();
    uses.count(use("s1", 105));
    store.outcome = async () => {
      uses.count(use("s1", 101));
      uses.count(use("s2", 101));
      throw new Error("away");
    };
    expect([await uses.flush(), uses.pendingRows()]).toEqual(["kept", 2]);
    expect(batches).toEqual([]);
    expect(logLines.map((line) => JSON.parse(line))).toMatchObject([
      { level: "warn", msg: "use counts could not be written", count: 1 },
    ]);
    store.outcome = async () => {};
    await uses.flush();
    expect(batches).toEqual([
      [
        { clientId: "c1", secretId: "s1", lastUsedAt: 105, source: "192.0.2.105", tokens: 2 },
        { clientId: "c1", secretId: "s2", lastUsedAt: 101, source: "192.0.2.101", tokens: 1 },
      ],
    ]);
  });

  test("counted while a batch is being written go into the next one, and the last flush waits for the first", async () => {
    const { uses, batches, store } = createParts();
    let release = (): void => undefined;
    store.outcome = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    uses.count(use("s1", 100));
    const first = uses.flush();
    await Promise.resolve();
    uses.count(use("s1", 101));
    let isLastDone = false;
    const last = uses.flush().then(() => {
      isLastDone = true;
    });
    await Promise.resolve();
    store.outcome = async () => {};
    expect(isLastDone).toBe(false);
    release();
    await Promise.all([first, last]);
    expect(batches.map((batch) => batch.map(({ tokens }) => tokens))).toEqual([[1], [1]]);
  });
});
