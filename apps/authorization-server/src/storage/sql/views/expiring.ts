import { sql } from "kysely";
import type { Expiring, ViewStorage } from "../../views.ts";
import type { SqlParts } from "../write.ts";
import { isWithin } from "./conditions.ts";

type ExpiryViews = Pick<ViewStorage, "listExpiring">;
type ListExpiring = ViewStorage["listExpiring"];

export function createExpiryViews(parts: SqlParts): ExpiryViews {
  return {
    listExpiring: async (reach, period) => {
      const ends = await Promise.all([listCredentials(parts)(reach, period), listSecrets(parts)(reach, period)]);
      return ends.flat().toSorted(compareEnds).slice(0, period.limit);
    },
  };
}

function compareEnds(left: Expiring, right: Expiring): number {
  if (left.expiresAt !== right.expiresAt) return left.expiresAt - right.expiresAt;
  return left.clientId < right.clientId ? -1 : 1;
}

function listCredentials({ database: { db } }: SqlParts): ListExpiring {
  return async (reach, { from, until, limit }) => {
    const rows = await db
      .selectFrom("live_credential as credential")
      .select([
        "credential.client_id",
        "credential.name",
        "credential.account_id",
        "credential.expires_at",
        sql<number | null>`(select max(secret.last_used_at) from live_secret as secret
          where secret.client_id = credential.client_id)`.as("last_used_at"),
      ])
      .where("credential.expires_at", ">", from)
      .where("credential.expires_at", "<", until)
      .where(isWithin(reach, "credential.account_id"))
      .orderBy("credential.expires_at")
      .orderBy("credential.client_id")
      .limit(limit)
      .execute();
    return rows.flatMap((row) => toExpiring({ ...row, secret_id: undefined }));
  };
}

function listSecrets({ database: { db } }: SqlParts): ListExpiring {
  return async (reach, { from, until, limit }) => {
    const rows = await db
      .selectFrom("live_secret as secret")
      .innerJoin("live_credential as credential", "credential.client_id", "secret.client_id")
      .select(["credential.client_id", "credential.name", "credential.account_id"])
      .select(["secret.id as secret_id", "secret.expires_at", "secret.last_used_at"])
      .where("secret.expires_at", ">", from)
      .where("secret.expires_at", "<", until)
      .where(isWithin(reach, "credential.account_id"))
      .orderBy("secret.expires_at")
      .orderBy("secret.client_id")
      .limit(limit)
      .execute();
    return rows.flatMap(toExpiring);
  };
}

type ExpiringRow = {
  readonly client_id: string;
  readonly name: string;
  readonly account_id: number;
  readonly secret_id: string | undefined;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
};

function toExpiring(row: ExpiringRow): readonly Expiring[] {
  if (row.expires_at === null) return [];
  return [
    {
      clientId: row.client_id,
      credentialName: row.name,
      accountId: row.account_id,
      secretId: row.secret_id,
      expiresAt: row.expires_at,
      lastUsedAt: row.last_used_at ?? undefined,
    },
  ];
}
