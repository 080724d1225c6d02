/** One store for all nodes, and what each of them sees of it over its own link. */

import { StoreUnavailable } from "@biped/database";
import type { AuditEvent, Storage } from "../../apps/authorization-server/src/storage/storage.ts";
import type { RecordedEvent } from "../token-checker.ts";
import type { VirtualTime } from "../virtual-time.ts";
import type { Link } from "./links.ts";
import type { Truth } from "./truth.ts";

export type SharedStore = {
  readonly storage: Storage;
  readonly listeners: Set<() => void>;
  /** Takes what was committed into the truth, and tells those who listen. */
  readonly noteCommits: () => Promise<void>;
};

export type StoreParts = {
  readonly storage: Storage;
  readonly time: VirtualTime;
  readonly truth: Truth;
};

export async function createSharedStore({ storage, time, truth }: StoreParts): Promise<SharedStore> {
  const listeners = new Set<() => void>();
  let last = 0;
  const noteCommits = async (): Promise<void> => {
    const events = await storage.listAuditEvents(last, 100);
    last = events.at(-1)?.sequence ?? last;
    truth.record(events.map(toRecorded), time.now());
    if (events.length > 0) for (const listener of listeners) listener();
  };
  await noteCommits();
  return { storage, listeners, noteCommits };
}

/** As JSON keeps them: without what is undefined. */
function toRecorded({ before = {}, after = {}, ...event }: AuditEvent): RecordedEvent {
  return { ...event, before: JSON.parse(JSON.stringify(before)), after: JSON.parse(JSON.stringify(after)) };
}

export type NodeStoreParts = {
  readonly shared: SharedStore;
  readonly link: Link;
  readonly time: VirtualTime;
  /** How much later this node hears of a change; undefined if never, as behind a pooler. */
  readonly notifyMilliseconds: () => number | undefined;
  /** Whether the process is still there. What is under way when it ends gets no answer. */
  readonly isAlive: () => boolean;
};

const patienceMilliseconds = 1_000;
const writes = /^(?:create|change|set|move|delete|rotate|retire|cancel|add|promote|remove|compromise|revoke)/;
const never = new Promise<never>(() => {});

/** @throws StoreUnavailable from each method where the link takes longer than the pool of connections would wait. */
export function createNodeStorage(parts: NodeStoreParts): Storage {
  const { shared, link, time, isAlive } = parts;
  const call = async (name: string, run: () => Promise<unknown>): Promise<unknown> => {
    const execute = async (): Promise<unknown> => {
      if (!isAlive()) return never;
      const answer = await run();
      if (writes.test(name)) await shared.noteCommits();
      return answer;
    };
    const answer = await withinPatience(time, link.carry(execute));
    return isAlive() ? answer : never;
  };
  const storage = new Proxy(shared.storage, {
    get: (target, name: string) => {
      if (name === "readClock") return () => call(name, async () => time.now());
      if (name === "listenForChanges") return (onChange: () => void) => listen(parts, onChange);
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return (...given: readonly unknown[]) => call(name, () => Reflect.apply(method, target, given));
    },
  });
  // A spread of a proxy reads each member through it.
  return { ...storage };
}

async function withinPatience<Answer>(time: VirtualTime, answer: Promise<Answer>): Promise<Answer> {
  let cancel = (): void => {};
  const limit = new Promise<never>((_, reject) => {
    cancel = time.after(patienceMilliseconds, () => reject(new StoreUnavailable("the link is clogged")));
  });
  try {
    return await Promise.race([answer, limit]);
  } catch (error) {
    throw error instanceof TypeError ? new StoreUnavailable("the connection was reset", error) : error;
  } finally {
    cancel();
  }
}

async function listen({ shared, link, time, notifyMilliseconds, isAlive }: NodeStoreParts, onChange: () => void) {
  const hear = (): void => {
    const late = notifyMilliseconds();
    if (late === undefined || link.isClogged()) return;
    time.after(late, () => {
      if (isAlive() && !link.isClogged()) onChange();
    });
  };
  shared.listeners.add(hear);
  return async () => {
    shared.listeners.delete(hear);
  };
}
