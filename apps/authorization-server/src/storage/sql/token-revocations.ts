import { textParameter } from "@biped/database";
import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import {
  type Author,
  type CoreStorage,
  type TokenOwner,
  type TokenRevocation,
  tokenRevocationLimit,
} from "../storage.ts";
import { lockAccount } from "./accounts.ts";
import { lockCredential } from "./client.ts";
import { isOtherVersion } from "./difference.ts";
import { toName, toNumber } from "./identifiers.ts";
import { parseMembers } from "./json-text.ts";
import { lockProject } from "./projects.ts";
import type { LockRows, Outcome, SqlParts } from "./write.ts";

type TokenRevocations = Pick<
  CoreStorage,
  "revokeToken" | "isTokenRevoked" | "revokeTokensOf" | "revokeTokensBefore" | "findNotBefore"
>;
/** The subject of what takes back every account's tokens. */
export const allTokens = "tokens";
type Raised = Awaited<ReturnType<CoreStorage["revokeTokensOf"]>>;

export function createTokenRevocations({ database: { db, hold, lockRows }, write }: SqlParts): TokenRevocations {
  const findHeld = hold(db.selectFrom("token_revocation").select("until").where("token_id", "=", textParameter("")));
  return {
    revokeToken: (revocation, author) =>
      write<undefined | "limit reached">(author, (trx) => revokeToken(trx, revocation, author.at)),

    isTokenRevoked: async (tokenId) => (await findHeld(toName(tokenId))).length > 0,

    revokeTokensOf: (owner, author) =>
      write<Raised>(author, async (trx) => {
        const former = await lockOwner(trx, owner, lockRows);
        return former === undefined ? { answer: undefined } : raiseEpoch(trx, { owner, former }, author);
      }),

    revokeTokensBefore: (before, author) =>
      write(author, async () => {
        const change = { subject: allTokens, accountId: undefined, before: undefined, after: { before } };
        return { answer: before, change: { action: "tokens.revoked-before", ...change } };
      }),

    findNotBefore: async (since) => {
      const query = db.selectFrom("audit_event").select("after").where("subject", "=", allTokens);
      const rows = await query.where("at", ">=", toNumber(since)).execute();
      // The latest of them all: a later change to an earlier second takes nothing back (C-06).
      return Math.max(0, ...rows.map(({ after }) => Number(parseMembers(after)?.before ?? 0)));
    },
  };
}

async function revokeToken(
  trx: Transaction<Schema>,
  { tokenId, clientId, accountId, until }: TokenRevocation,
  at: number,
): Promise<Outcome<undefined | "limit reached">> {
  const known = trx.selectFrom("token_revocation").select("token_id").where("token_id", "=", toName(tokenId));
  if ((await known.executeTakeFirst()) !== undefined) return { answer: undefined };
  const { count } = await trx
    .selectFrom("live_credential")
    .innerJoin("token_revocation", "token_revocation.client_id", "live_credential.client_id")
    .select((select) => select.fn.countAll<number>().as("count"))
    .where("live_credential.account_id", "=", accountId)
    .where("until", ">", at)
    .executeTakeFirstOrThrow();
  if (count >= tokenRevocationLimit) return { answer: "limit reached" };
  const insertion = trx
    .insertInto("token_revocation")
    .values({ token_id: tokenId, client_id: clientId, account_id: accountId, until, revoked_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .returning("token_id");
  if ((await insertion.executeTakeFirst()) === undefined) return { answer: undefined };
  const change = { subject: `token:${tokenId}`, accountId, before: undefined, after: { clientId, until } };
  return { answer: undefined, change: { action: "token.revoked", ...change } };
}

type Owner = {
  readonly accountId: number;
  readonly epoch: number;
  readonly version: number;
};

async function lockOwner(trx: Transaction<Schema>, owner: TokenOwner, lockRows: LockRows): Promise<Owner | undefined> {
  if (owner.kind === "credential") return lockCredential(trx, owner.clientId, lockRows);
  if (owner.kind === "project") return lockProject(trx, owner.id, lockRows);
  const account = await lockAccount(trx, owner.id, lockRows);
  return account && { ...account, accountId: account.id };
}

async function raiseEpoch(
  trx: Transaction<Schema>,
  { owner, former }: { readonly owner: TokenOwner; readonly former: Owner },
  author: Author,
): Promise<Outcome<Raised>> {
  if (isOtherVersion(former, author)) return { answer: "version mismatch" };
  const raised = { epoch: former.epoch + 1, version: former.version + 1 };
  if (owner.kind === "credential") {
    await trx.updateTable("credential").set(raised).where("client_id", "=", owner.clientId).execute();
  } else {
    await trx.updateTable(owner.kind).set(raised).where("id", "=", owner.id).execute();
  }
  const { accountId } = former;
  const subject = `${owner.kind}:${owner.kind === "credential" ? owner.clientId : owner.id}`;
  const difference = { before: { epoch: former.epoch }, after: { epoch: raised.epoch } };
  return { answer: raised, change: { action: `${owner.kind}.tokens-revoked`, subject, accountId, ...difference } };
}
