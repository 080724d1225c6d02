import type { Asking, CoreStorage } from "../storage.ts";
import { endRecord } from "./idempotency.ts";
import type { SqlParts } from "./write.ts";

type Askings = Pick<CoreStorage, "recordAsking" | "endAsking">;

export function createAskings({ database: { db }, write }: SqlParts): Askings {
  return {
    recordAsking: ({ askingId, ...asked }, author) =>
      write<Asking>(author, async () => ({ answer: { askingId }, change: { ...asked, before: undefined } })),

    endAsking: async (asking, { actor, idempotency }) => {
      if (idempotency === undefined) return;
      await endRecord(
        db,
        { actor, key: idempotency.key },
        asking === undefined ? "nothing changed" : { answer: asking },
      );
    },
  };
}
