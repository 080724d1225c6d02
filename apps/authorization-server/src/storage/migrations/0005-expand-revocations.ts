import type { Migration } from "@biped/database";
import { sql } from "kysely";

/** For how many tokens of a credential are taken back while they live. */
export const revocations: Migration = async ({ db }) => {
  await sql`create index token_revocation_by_credential on token_revocation (client_id, until)`.execute(db);
};
