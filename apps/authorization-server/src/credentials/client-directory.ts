import type { Client, Project, Storage } from "../storage/storage.ts";

/** Where a decision reads from. */
export type Lookup = {
  readonly findClient: (clientId: string) => Promise<Client | undefined> | Client | undefined;
  readonly findProject: (id: number) => Promise<Project | undefined> | Project | undefined;
};

export type ClientDirectory = {
  /** Memory alone; undefined also means "not remembered". What it says may only allow, never refuse. */
  readonly remembered: Lookup;
  /** The store, which is then remembered. */
  readonly stored: Lookup;
  /**
   * Begins to read what is remembered of a client again, once, in the second half of its life: nobody who stays in use
   * waits for a slow store. For who has authenticated; a stranger's request must take the same work for any id.
   */
  readonly renewClient: (clientId: string) => void;
  /** Drops what is remembered of an object and of all below it; what is being read of it now is not remembered either. */
  readonly forget: {
    readonly client: (clientId: string) => void;
    readonly project: (id: number) => void;
    readonly account: (id: number) => void;
    readonly everything: () => void;
  };
  /** Of the credentials that are remembered; how often one was found since the start, and how often not. */
  readonly readStatistics: () => DirectoryStatistics;
};

export type DirectoryStatistics = { readonly size: number; readonly hits: number; readonly misses: number };

export type DirectoryParts = {
  readonly storage: Pick<Storage, "findClient" | "findProject">;
  /** Never goes back; ages what is remembered. */
  readonly monotonicSeconds: () => number;
};

/** Older entries are never used to allow. */
const rememberSeconds = 5;
const renewSeconds = 2.5;
const maxRemembered = 20_000;

export function createClientDirectory({ storage, monotonicSeconds }: DirectoryParts): ClientDirectory {
  const clients = createMemory<string, Client>(storage.findClient, monotonicSeconds);
  const projects = createMemory<number, Project>(storage.findProject, monotonicSeconds);
  return {
    remembered: {
      findClient: clients.find,
      findProject: (id) => {
        const project = projects.find(id);
        projects.renew(id);
        return project;
      },
    },
    stored: {
      findClient: clients.read,
      findProject: projects.read,
    },
    renewClient: clients.renew,
    forget: {
      client: (clientId) => clients.forget((_, key) => key === clientId),
      project: (id) => {
        projects.forget((_, key) => key === id);
        clients.forget(({ credential }) => credential.projectId === id);
      },
      account: (id) => {
        projects.forget(({ accountId }) => accountId === id);
        clients.forget(({ credential }) => credential.accountId === id);
      },
      everything: () => {
        projects.forget(() => true);
        clients.forget(() => true);
      },
    },
    readStatistics: clients.readStatistics,
  };
}

type Entry<Value> = { readonly value: Value; readonly untilSeconds: number; isRenewed: boolean };

/** What is not there is never remembered: guessed ids must not push out real ones. */
function createMemory<Key, Value>(
  readStored: (key: Key) => Promise<Value | undefined>,
  monotonicSeconds: () => number,
) {
  const entries = new Map<Key, Entry<Value>>();
  /** How often something was forgotten: a read that began before may bring what was true before. */
  let forgettings = 0;
  const read = async (key: Key): Promise<Value | undefined> => {
    // From the beginning of the read: what a slow store answers may have changed while it did.
    const untilSeconds = monotonicSeconds() + rememberSeconds;
    const before = forgettings;
    const value = await readStored(key);
    if (before !== forgettings) return value;
    entries.delete(key);
    if (value === undefined) return undefined;
    // Each entry is inserted anew when it is read, so the first key is the oldest.
    const [oldest] = entries.size < maxRemembered ? [] : entries.keys();
    if (oldest !== undefined) entries.delete(oldest);
    entries.set(key, { value, untilSeconds, isRenewed: false });
    return value;
  };
  let hits = 0;
  let misses = 0;
  return {
    read,
    find: (key: Key): Value | undefined => {
      const entry = entries.get(key);
      const found = entry !== undefined && monotonicSeconds() < entry.untilSeconds ? entry.value : undefined;
      if (found === undefined) misses += 1;
      else hits += 1;
      return found;
    },
    renew: (key: Key): void => {
      const entry = entries.get(key);
      if (entry === undefined || entry.isRenewed || entry.untilSeconds - monotonicSeconds() > renewSeconds) return;
      entry.isRenewed = true;
      // That the store is away is met by whoever finds the entry too old.
      read(key).catch(() => undefined);
    },
    readStatistics: (): DirectoryStatistics => ({ size: entries.size, hits, misses }),
    forget: (isOver: (value: Value, key: Key) => boolean): void => {
      forgettings += 1;
      for (const [key, { value }] of entries) if (isOver(value, key)) entries.delete(key);
    },
  };
}
