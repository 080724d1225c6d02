import type { IssueEvent, Storage } from "../storage/storage.ts";

/** Resolves once the event is durable. Rejects where the store is away: then no token may leave (R-56, mode `strict`). */
export type RecordIssue = (event: IssueEvent) => Promise<void>;

/**
 * Group commit: those who come while a batch is being written are the next one, so that each waits for two writes at
 * most, however many they are.
 */
export function createIssueRecorder({ recordIssues }: Pick<Storage, "recordIssues">): RecordIssue {
  let gathering: { readonly events: IssueEvent[]; readonly written: Promise<void> } | undefined;
  let last: Promise<unknown> = Promise.resolve();
  return (event) => {
    if (gathering === undefined) {
      const events: IssueEvent[] = [];
      const write = (): Promise<void> => {
        gathering = undefined;
        return recordIssues(events);
      };
      // A batch that failed says so to its own requests alone.
      const written = last.then(write);
      last = written.catch(() => undefined);
      gathering = { events, written };
    }
    gathering.events.push(event);
    return gathering.written;
  };
}
