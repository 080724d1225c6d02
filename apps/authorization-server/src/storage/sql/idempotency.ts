import type { Kysely, Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import { type Author, IdempotencyMismatch } from "../storage.ts";

/** What a change with the same actor and key answered before, or how to end this first one. */
export type Once<Answer> =
  | { readonly former: Answer }
  | { readonly end: (outcome: "nothing changed" | { readonly answer: Answer }) => Promise<void> };

/**
 * The record is inserted first, so that of two with one key the second waits for the first and then finds its answer.
 * A change that was refused, or changed nothing, leaves no record.
 * @throws IdempotencyMismatch
 */
export async function beginOnce<Answer>(
  trx: Transaction<Schema>,
  { at, actor, idempotency }: Author,
): Promise<Once<Answer>> {
  if (idempotency === undefined) return { end: async () => {} };
  const { key, fingerprint } = idempotency;
  const record = { actor, key, fingerprint, answer: null, created_at: at };
  const insertion = trx.insertInto("idempotency_record").values(record);
  const added = await insertion
    .onConflict((conflict) => conflict.doNothing())
    .returning("key")
    .executeTakeFirst();
  if (added === undefined) {
    const former = await findFormer<Answer>(trx, { actor, key, fingerprint });
    if (former === undefined) throw new Error("An Idempotency-Key is taken and has no record.");
    return former;
  }
  return { end: (outcome) => endRecord(trx, { actor, key }, outcome) };
}

/** Without waiting: undefined also while the first change is under way. @throws IdempotencyMismatch */
export async function findFormerAnswer<Answer>(
  db: Kysely<Schema>,
  { actor, idempotency }: Author,
): Promise<Answer | undefined> {
  if (idempotency === undefined) return undefined;
  return (await findFormer<Answer>(db, { actor, ...idempotency }))?.former;
}

type RecordKey = { readonly actor: string; readonly key: string };

async function findFormer<Answer>(
  db: Kysely<Schema>,
  { actor, key, fingerprint }: RecordKey & { readonly fingerprint: string },
): Promise<{ readonly former: Answer } | undefined> {
  const query = db.selectFrom("idempotency_record").select(["fingerprint", "answer"]).where("actor", "=", actor);
  const record = await query.where("key", "=", key).executeTakeFirst();
  if (record === undefined) return undefined;
  if (record.fingerprint !== fingerprint) throw new IdempotencyMismatch();
  // What the same method answered: its name and all that was asked are in the fingerprint.
  return { former: JSON.parse(record.answer ?? "null") ?? undefined };
}

export async function endRecord<Answer>(
  trx: Kysely<Schema>,
  { actor, key }: RecordKey,
  outcome: "nothing changed" | { readonly answer: Answer },
): Promise<void> {
  if (outcome === "nothing changed") {
    await trx.deleteFrom("idempotency_record").where("actor", "=", actor).where("key", "=", key).execute();
    return;
  }
  const answer = outcome.answer === undefined ? null : JSON.stringify(outcome.answer);
  await trx
    .updateTable("idempotency_record")
    .set({ answer })
    .where("actor", "=", actor)
    .where("key", "=", key)
    .execute();
}
