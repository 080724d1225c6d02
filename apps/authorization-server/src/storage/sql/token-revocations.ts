import { textParameter } from "@biped/database";
import type { CoreStorage } from "../storage.ts";
import { toName } from "./identifiers.ts";
import type { SqlParts } from "./write.ts";

type TokenRevocations = Pick<CoreStorage, "revokeToken" | "isTokenRevoked">;

export function createTokenRevocations({ database: { db, hold }, write }: SqlParts): TokenRevocations {
  const findHeld = hold(db.selectFrom("token_revocation").select("until").where("token_id", "=", textParameter("")));
  return {
    revokeToken: ({ tokenId, clientId, accountId, until }, author) =>
      write(author, async (trx) => {
        const insertion = trx
          .insertInto("token_revocation")
          .values({ token_id: tokenId, client_id: clientId, account_id: accountId, until, revoked_at: author.at })
          .onConflict((conflict) => conflict.doNothing())
          .returning("token_id");
        if ((await insertion.executeTakeFirst()) === undefined) return { answer: undefined };
        const change = { subject: `token:${tokenId}`, accountId, before: undefined, after: { clientId, until } };
        return { answer: undefined, change: { action: "token.revoked", ...change } };
      }),

    isTokenRevoked: async (tokenId) => (await findHeld(toName(tokenId))).length > 0,
  };
}
