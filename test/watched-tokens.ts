/** M-01: whatever tokens a server issues in a test are read when it has stopped, by `token-checker.ts`. */

import { appendFileSync } from "node:fs";
import type { Config, Server } from "@biped/authorization-server";
import Sqlite from "better-sqlite3";
import pg from "pg";
import { inject } from "vitest";
import { noteTokens } from "./noted-tokens.ts";
import { createTokenChecker, type RecordedEvent, type RecordedKey } from "./token-checker.ts";

/** Of all servers of this worker. */
const tokenIds = new Set<string>();
const answersByPort = new Map<number, string[]>();
let isNoting = false;

/**
 * The same server; when it stops, it also throws if any token that it has issued should not be.
 * @param databaseUrl Where its rows are read, if by another way than its own.
 */
export function watchTokens(server: Server, config: Config, databaseUrl = config.databaseUrl): Server {
  if (!isNoting) noteTokens((answer, port) => answersByPort.get(port)?.push(answer));
  isNoting = true;
  const port = Number(new URL(server.publicUrl).port);
  answersByPort.set(port, []);
  const { issuer, catalogue } = config;
  const exclusiveScopes = [...catalogue.values()].filter(({ exclusive }) => exclusive).map(({ name }) => name);
  const stop = async (): Promise<void> => {
    await server.stop();
    const answers = answersByPort.get(port) ?? [];
    answersByPort.delete(port);
    await checkAnswers(answers, { issuer, exclusiveScopes, databaseUrl });
  };
  let stopping: Promise<void> | undefined;
  return {
    ...server,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

export type AnswersOrigin = {
  readonly issuer: string;
  readonly exclusiveScopes: readonly string[];
  readonly databaseUrl: string;
};

/** @throws Error that says of each token what is wrong with it. */
export async function checkAnswers(answers: readonly string[], origin: AnswersOrigin): Promise<void> {
  if (answers.length === 0) return;
  const { check } = createTokenChecker({ ...origin, tokenIds }, await readFacts(origin.databaseUrl));
  const faults = answers.flatMap((answer) => check(answer).map((fault) => `A token ${fault}.`));
  countChecked(answers.length);
  if (faults.length > 0) throw new Error(`${faults.length} faults of tokens, the first: ${faults[0]}`);
}

/** For the sum that is printed at the end of the run; a tool that starts a sandbox is none. */
export function countChecked(count: number): void {
  if (process.env.VITEST === undefined) return;
  appendFileSync(inject("checkedTokensFile"), `${count}\n`);
}

const eventQuery = `select sequence, at, action, subject, account_id, "before", "after" from audit_event order by sequence`;
const keyQuery = "select kid, algorithm, public_jwk from signing_key";

type EventRow = Readonly<Record<"sequence" | "at" | "account_id", string | number | null>> &
  Readonly<Record<"action" | "subject", string>> &
  Readonly<Record<"before" | "after", string | null>>;
type KeyRow = Readonly<Record<"kid" | "algorithm" | "public_jwk", string>>;

export async function readFacts(databaseUrl: string) {
  const [events, keys] = databaseUrl.startsWith("sqlite:")
    ? readSqlite(databaseUrl.slice("sqlite:".length))
    : await readPostgres(databaseUrl);
  return { events: (events as EventRow[]).map(toEvent), keys: (keys as KeyRow[]).map(toKey) };
}

function readSqlite(file: string): readonly unknown[][] {
  const database = new Sqlite(file, { readonly: true });
  try {
    return [database.prepare(eventQuery).all(), database.prepare(keyQuery).all()];
  } finally {
    database.close();
  }
}

async function readPostgres(connectionString: string): Promise<readonly unknown[][]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return [(await client.query(eventQuery)).rows, (await client.query(keyQuery)).rows];
  } finally {
    await client.end();
  }
}

function toEvent({ sequence, at, action, subject, account_id, before, after }: EventRow): RecordedEvent {
  return {
    sequence: Number(sequence),
    at: Number(at),
    action,
    subject,
    accountId: account_id === null ? undefined : Number(account_id),
    before: JSON.parse(before ?? "{}"),
    after: JSON.parse(after ?? "{}"),
  };
}

function toKey({ kid, algorithm, public_jwk }: KeyRow): RecordedKey {
  return { kid, algorithm, publicJwk: JSON.parse(public_jwk) };
}
