import { expect, test } from "vitest";
import { createTurns } from "./turns.ts";

test("first come, first served, one at a time", async () => {
  const takeTurn = createTurns();
  const log: string[] = [];
  const work = async (name: string): Promise<void> => {
    const endTurn = await takeTurn();
    log.push(`${name} begins`);
    await Promise.resolve();
    log.push(`${name} ends`);
    endTurn();
  };
  await Promise.all(["a", "b", "c"].map(work));
  expect(log).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});
