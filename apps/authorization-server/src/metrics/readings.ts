import type { ChangeWatcher } from "../changes/change-watcher.ts";
import type { StoreClock } from "../changes/store-clock.ts";
import type { ClientDirectory } from "../credentials/client-directory.ts";
import type { UseCounter } from "../credentials/use-counter.ts";
import type { GuessingAlarm } from "../limits/guessing-alarm.ts";
import type { Overload } from "../limits/overload.ts";
import type { RevocationFeed } from "../revocation-feed/revocation-feed.ts";
import type { KeyRing } from "../signing/key-ring.ts";
import type { SigningQueue } from "../signing/signing-queue.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { RefusalCounter } from "../usage/refusal-counter.ts";
import { readVersion } from "../version.ts";
import type { Reading } from "./metrics.ts";

export type ReadingParts = {
  readonly queue: Pick<SigningQueue, "countWaiting" | "expectedWaitSeconds">;
  readonly keyRing: Pick<KeyRing, "active" | "findPublicKey" | "keySet">;
  readonly directory: Pick<ClientDirectory, "readStatistics">;
  readonly snapshot: Pick<Snapshot, "ageSeconds" | "countAllowed"> | undefined;
  readonly changes: Pick<ChangeWatcher, "lagSeconds">;
  readonly storeClock: Pick<StoreClock, "offsetSeconds">;
  readonly feed: Pick<RevocationFeed, "measure">;
  readonly uses: Pick<UseCounter, "pendingRows">;
  readonly refusals: Pick<RefusalCounter, "pendingRows" | "lost">;
  readonly guessing: Pick<GuessingAlarm, "countRaised">;
  readonly overload: Pick<Overload, "countShed">;
  readonly nowSeconds: () => number;
  /** Where lines go to a log that can lose them. */
  readonly lostLogLines?: (() => number) | undefined;
};

type Measure = readonly [name: string, help: string, read: () => number | undefined];

/** What the parts of a server know of themselves, under the names of its metrics. */
export function createReadings(parts: ReadingParts): readonly Reading[] {
  const gauges: readonly Measure[] = [
    ...listSigningGauges(parts),
    ...listChangeGauges(parts),
    ["biped_credential_cache_entries", "Credentials that are remembered", () => parts.directory.readStatistics().size],
    ["biped_snapshot_age_seconds", "How old what the snapshot says may be", () => parts.snapshot?.ageSeconds()],
    ["biped_usage_rows_pending", "Rows of counts that are not written yet", () => countPending(parts)],
  ];
  const counters: readonly Measure[] = [
    ["biped_usage_lost_total", "Refusals that came too fast to be told apart", parts.refusals.lost],
    ["biped_snapshot_allowed_total", "Authentications that the snapshot allowed", () => parts.snapshot?.countAllowed()],
    ["biped_requests_shed_total", "Requests turned away before they were read", parts.overload.countShed],
    ["biped_guessing_alarms_total", "Credentials at which somebody guesses", parts.guessing.countRaised],
    ["biped_log_lines_lost_total", "Log lines that nobody read in time", parts.lostLogLines ?? (() => 0)],
  ];
  return [
    ...gauges.map(([name, help, read]): Reading => ({ name, help, read, kind: "gauge" })),
    ...counters.map(([name, help, read]): Reading => ({ name, help, read, kind: "counter" })),
    ...listLabelled(parts),
  ];
}

function listSigningGauges({ queue, keyRing, nowSeconds }: ReadingParts): readonly Measure[] {
  const readAge = (): number => nowSeconds() - keyRing.active().key.stateSince;
  return [
    ["biped_signature_queue_length", "Signatures that wait for their turn", queue.countWaiting],
    ["biped_signature_wait_seconds", "How long whoever comes now waits for a signature", queue.expectedWaitSeconds],
    ["biped_signing_key_age_seconds", "How long the active key has been active", readAge],
  ];
}

function listChangeGauges({ changes, storeClock, feed }: ReadingParts): readonly Measure[] {
  return [
    ["biped_change_lag_seconds", "Since this node last heard of changes from its store", changes.lagSeconds],
    ["biped_store_clock_offset_seconds", "The store's clock ahead of this machine's", storeClock.offsetSeconds],
    ["biped_audit_sequence", "The last audit event that this node has seen", () => feed.measure().sequence],
    ["biped_revocations_live", "Revocations in the feed", () => feed.measure().live],
    ["biped_revocation_polls_waiting", "Guards that wait for news", () => feed.measure().waiting],
  ];
}

function countPending({ uses, refusals }: ReadingParts): number {
  return uses.pendingRows() + refusals.pendingRows();
}

function listLabelled({ directory, keyRing }: ReadingParts): readonly Reading[] {
  const version = readVersion();
  return [
    {
      name: "biped_credential_cache_lookups_total",
      help: "Looks for a credential in memory, by whether it was remembered",
      kind: "counter",
      label: "outcome",
      readEach: () => {
        const { hits, misses } = directory.readStatistics();
        return { hit: hits, miss: misses };
      },
    },
    {
      name: "biped_signing_keys",
      help: "Signing keys that are published, by state",
      kind: "gauge",
      label: "state",
      readEach: () => countKeys(keyRing),
    },
    {
      name: "biped_build_info",
      help: "1, with the version of this program",
      kind: "gauge",
      label: "version",
      readEach: () => ({ [version]: 1 }),
    },
  ];
}

function countKeys({ keySet, findPublicKey }: ReadingParts["keyRing"]): Readonly<Record<string, number>> {
  const counts = { next: 0, active: 0, passive: 0, gone: 0 };
  for (const published of keySet().keys) {
    const kid = typeof published === "object" && published !== null && "kid" in published ? published.kid : undefined;
    const found = typeof kid === "string" ? findPublicKey(kid) : undefined;
    if (found !== undefined) counts[found.key.state] += 1;
  }
  return { next: counts.next, active: counts.active, passive: counts.passive };
}
