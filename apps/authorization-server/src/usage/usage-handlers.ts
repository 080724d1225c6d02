import { isRefusal, type Refusal } from "@biped/protocol";
import { type Caller, findReach, findRole } from "../administrators/caller.ts";
import { describeEvents } from "../audit-log/describe-event.ts";
import { formatTime } from "../instant.ts";
import type { Handlers, Target } from "../management-api/handlers.ts";
import { notFound } from "../management-api/not-found.ts";
import type { Storage } from "../storage/storage.ts";
import type { Expiring, Reach, UsageCount } from "../storage/views.ts";
import { explainRefusal } from "./explain-refusal.ts";

export type UsageHandlerParts = {
  readonly storage: Pick<
    Storage,
    | "countObjects"
    | "countRefusals"
    | "findAccount"
    | "findEmails"
    | "listExpiring"
    | "listRefusals"
    | "listTokenCreations"
    | "listUsageGaps"
    | "pageAuditEvents"
    | "readUsage"
  >;
  readonly nowSeconds: () => number;
};

export type UsageOperation =
  | "GET /api/overview"
  | "GET /api/credentials/:clientId/usage"
  | "GET /api/credentials/:clientId/refusals";

const secondsPerHour = 3600;
const secondsPerDay = 86_400;
const overviewHours = 7 * 24;
const expiringDays = 30;
const expiringLimit = 20;
const changesLimit = 10;
const usualDays = 30;

export function createUsageHandlers({ storage, nowSeconds }: UsageHandlerParts): Handlers<UsageOperation> {
  return {
    "GET /api/overview": async ({ caller, query }) => {
      const reach = await narrowReach(caller, query.accountId, storage);
      return isRefusal(reach) ? reach : { body: await readOverview(storage, reach, nowSeconds()) };
    },

    "GET /api/credentials/:clientId/usage": async ({ target, query }) => {
      const { clientId } = readCredential(target);
      const period = listBuckets(nowSeconds(), secondsPerDay, query.days ?? usualDays);
      const items = fillBuckets(period, await storage.readUsage({ clientId }, period));
      const gaps = await storage.listUsageGaps(period.since);
      return {
        body: { items, gaps: gaps.map(({ from, until }) => ({ from: formatTime(from), to: formatTime(until) })) },
      };
    },

    "GET /api/credentials/:clientId/refusals": async ({ target }) => {
      const found = await storage.listRefusals(readCredential(target).clientId);
      const items = found.map(({ at, reason, source, count }) => {
        return { at: formatTime(at), reason, explanation: explainRefusal(reason), source, count };
      });
      return { body: { items } };
    },
  };
}

/** What the path names was found before the handler was asked. */
function readCredential({ credential }: Target) {
  if (credential === undefined) throw new Error("The handler was asked about a credential that was not looked up.");
  return credential;
}

async function narrowReach(
  caller: Caller,
  accountId: number | undefined,
  storage: Pick<Storage, "findAccount">,
): Promise<Reach | Refusal> {
  if (accountId === undefined) return findReach(caller);
  const isThere = findRole(caller, accountId) !== undefined && (await storage.findAccount(accountId)) !== undefined;
  return isThere ? { accountIds: [accountId] } : notFound;
}

async function readOverview(storage: UsageHandlerParts["storage"], reach: Reach, now: number) {
  const period = listBuckets(now, secondsPerHour, overviewHours);
  const ends = { from: now, until: now + expiringDays * secondsPerDay, limit: expiringLimit };
  const [counts, usage, refusals, expiring, changes] = await Promise.all([
    storage.countObjects(reach),
    storage.readUsage(reach, period),
    storage.countRefusals(reach, period.since),
    storage.listExpiring(reach, ends),
    storage.pageAuditEvents(reach, {}, { limit: changesLimit, before: undefined }),
  ]);
  return {
    counts,
    usage: fillBuckets(period, usage),
    refusals: refusals.map(({ reason, count }) => ({ reason, explanation: explainRefusal(reason), count })),
    expiring: expiring.map((each) => describeExpiring(each, now)),
    changes: await describeEvents(storage, changes),
  };
}

function describeExpiring({ secretId, expiresAt, lastUsedAt, ...rest }: Expiring, now: number) {
  return {
    clientId: rest.clientId,
    credentialName: rest.credentialName,
    accountId: rest.accountId,
    what: secretId === undefined ? ("credential" as const) : ("secret" as const),
    secretId: secretId ?? null,
    expiresAt: formatTime(expiresAt),
    isInUse: lastUsedAt !== undefined && lastUsedAt > now - secondsPerDay,
  };
}

type Buckets<Size> = { readonly since: number; readonly bucketSeconds: Size; readonly count: number };

/** The present bucket and those before it; days are those of UTC. */
function listBuckets<Size extends number>(now: number, bucketSeconds: Size, count: number): Buckets<Size> {
  return { since: now - (now % bucketSeconds) - (count - 1) * bucketSeconds, bucketSeconds, count };
}

/** A chart needs those without any use too. */
function fillBuckets({ since, bucketSeconds, count }: Buckets<number>, found: readonly UsageCount[]) {
  const byTime = new Map(found.map((usage) => [usage.at, usage]));
  return Array.from({ length: count }, (_, index) => {
    const at = since + index * bucketSeconds;
    const { tokens = 0, refusals = 0 } = byTime.get(at) ?? {};
    return { at: formatTime(at), tokens, refusals };
  });
}
