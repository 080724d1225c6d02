import { sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { CoreStorage, SigningKey, SigningKeyPromotion } from "../storage.ts";
import { toName } from "./identifiers.ts";
import type { LockRows, Outcome, SqlParts } from "./write.ts";

type SigningKeys = Pick<
  CoreStorage,
  "listSigningKeys" | "addSigningKey" | "promoteSigningKey" | "removeSigningKey" | "compromiseSigningKey"
>;
type Compromise = Parameters<CoreStorage["compromiseSigningKey"]>[0];

const columns = ["kid", "algorithm", "state", "public_jwk", "sealed_private_key", "created_at", "state_since"] as const;

export function createSigningKeys({ database: { db, lockRows }, write }: SqlParts): SigningKeys {
  return {
    listSigningKeys: async () => {
      const query = db.selectFrom("signing_key").select(columns).where("state", "<>", "gone");
      // Two of one second: the one that is further in its life is the older one.
      const rank = sql`case state when 'passive' then 0 when 'active' then 1 else 2 end`;
      return (await query.orderBy("created_at").orderBy(rank).orderBy("kid").execute()).map(toSigningKey);
    },

    addSigningKey: (key, author) =>
      write(author, async (trx) => {
        const insertion = trx.insertInto("signing_key").values(toRow(key));
        // Whichever key it is: its own id, or the one place for the next or the active key.
        const added = insertion.onConflict((conflict) => conflict.doNothing()).returning("kid");
        if ((await added.executeTakeFirst()) === undefined) return { answer: false };
        const after = { algorithm: key.algorithm, state: key.state };
        const change = { action: "signing-key.added", ...describe(key.kid), before: undefined, after };
        return { answer: true, change };
      }),

    promoteSigningKey: (promotion, author) =>
      write(author, async (trx) => {
        if (!(await isPromotable(trx, promotion, lockRows))) return { answer: false };
        const { kid, sealedPrivateKey, former } = promotion;
        // First, because only one may be active.
        if (former !== undefined) await moveKey(trx, { ...former, state: "passive" }, author.at);
        await moveKey(trx, { kid, sealedPrivateKey, state: "active" }, author.at);
        const before = { state: "next", formerKid: former?.kid, formerState: former && "active" };
        const after = { state: "active", formerKid: former?.kid, formerState: former && "passive" };
        return { answer: true, change: { action: "signing-key.promoted", ...describe(kid), before, after } };
      }),

    removeSigningKey: (kid, author) => write(author, (trx) => removeKey(trx, { kid, lockRows }, author.at)),

    compromiseSigningKey: (compromise, author) =>
      write(author, (trx) => compromiseKey(trx, { ...compromise, lockRows }, author.at)),
  };
}

async function removeKey(
  trx: Transaction<Schema>,
  { kid, lockRows }: { readonly kid: string; readonly lockRows: LockRows },
  at: number,
): Promise<Outcome<boolean>> {
  const query = trx.selectFrom("signing_key").select("kid").where("kid", "=", toName(kid));
  const key = await query.where("state", "=", "passive").$call(lockRows).executeTakeFirst();
  if (key === undefined) return { answer: false };
  await moveKey(trx, { kid, sealedPrivateKey: null, state: "gone" }, at);
  const change = { before: { state: "passive" }, after: { state: "gone" } };
  return { answer: true, change: { action: "signing-key.removed", ...describe(kid), ...change } };
}

async function compromiseKey(
  trx: Transaction<Schema>,
  { kid, replacement, formerActiveKid, lockRows }: Compromise & { readonly lockRows: LockRows },
  at: number,
): Promise<Outcome<boolean>> {
  const query = trx.selectFrom("signing_key").select(["kid", "state"]).where("state", "<>", "gone").orderBy("kid");
  const keys = await query.$call(lockRows).execute();
  const key = keys.find((listed) => listed.kid === kid);
  const active = keys.find(({ state }) => state === "active");
  if (key === undefined || active?.kid !== formerActiveKid) return { answer: false };
  // Without a replacement of the active key nothing could be signed; beside an active key there is no second one.
  if ((key === active) !== (replacement !== undefined)) return { answer: false };
  await moveKey(trx, { kid, sealedPrivateKey: null, state: "gone" }, at);
  const isKnown = keys.some((listed) => listed.kid === replacement?.kid);
  if (replacement !== undefined && isKnown) {
    const { sealedPrivateKey = null } = replacement;
    await moveKey(trx, { kid: replacement.kid, sealedPrivateKey, state: "active" }, at);
  } else if (replacement !== undefined) {
    await trx
      .insertInto("signing_key")
      .values(toRow({ ...replacement, state: "active" }))
      .execute();
  }
  const change = { before: { state: key.state }, after: { state: "gone", replacementKid: replacement?.kid } };
  return { answer: true, change: { action: "signing-key.compromised", ...describe(kid), ...change } };
}

/** Whether both keys are still as the promotion takes them to be; locks them. */
async function isPromotable(
  trx: Transaction<Schema>,
  { kid, former }: SigningKeyPromotion,
  lockRows: LockRows,
): Promise<boolean> {
  const query = trx.selectFrom("signing_key").select(["kid", "state"]).where("state", "in", ["next", "active"]);
  // In one order, so that two promotions wait for each other and do not stand in each other's way.
  const keys = await query.orderBy("kid").$call(lockRows).execute();
  const next = keys.find(({ state }) => state === "next");
  const active = keys.find(({ state }) => state === "active");
  return next?.kid === kid && active?.kid === former?.kid;
}

type Move = {
  readonly kid: string;
  readonly sealedPrivateKey: string | null;
  readonly state: SigningKey["state"];
};

async function moveKey(trx: Transaction<Schema>, { kid, sealedPrivateKey, state }: Move, at: number): Promise<void> {
  const columns = { state, sealed_private_key: sealedPrivateKey, state_since: at };
  await trx.updateTable("signing_key").set(columns).where("kid", "=", kid).execute();
}

function toRow(key: SigningKey): Schema["signing_key"] {
  return {
    kid: key.kid,
    algorithm: key.algorithm,
    state: key.state,
    public_jwk: key.publicJwk,
    sealed_private_key: key.sealedPrivateKey ?? null,
    created_at: key.createdAt,
    state_since: key.stateSince,
  };
}

export function toSigningKey(row: Schema["signing_key"]): SigningKey {
  return {
    kid: row.kid,
    algorithm: row.algorithm,
    state: row.state,
    publicJwk: row.public_jwk,
    sealedPrivateKey: row.sealed_private_key ?? undefined,
    createdAt: row.created_at,
    stateSince: row.state_since,
  };
}

function describe(kid: string) {
  return { subject: `signing-key:${kid}`, accountId: undefined };
}
