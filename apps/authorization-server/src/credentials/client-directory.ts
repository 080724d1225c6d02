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
  /** Drops what is remembered of an object and of all below it; what is being read of it now is not remembered either. */
  readonly forget: {
    readonly client: (clientId: string) => void;
    readonly project: (id: number) => void;
    readonly account: (id: number) => void;
    readonly everything: () => void;
  };
};

export type DirectoryParts = {
  readonly storage: Pick<Storage, "findClient" | "findProject">;
  /** Never goes back; ages what is remembered. */
  readonly monotonicSeconds: () => number;
};

/** Older entries are never used to allow. */
const rememberSeconds = 5;
const maxRemembered = 20_000;

export function createClientDirectory({ storage, monotonicSeconds }: DirectoryParts): ClientDirectory {
  const clients = createMemory<string, Client>(monotonicSeconds);
  const projects = createMemory<number, Project>(monotonicSeconds);
  return {
    remembered: { findClient: clients.find, findProject: projects.find },
    stored: {
      findClient: (clientId) => clients.read(clientId, storage.findClient),
      findProject: (id) => projects.read(id, storage.findProject),
    },
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
  };
}

/** What is not there is never remembered: guessed ids must not push out real ones. */
function createMemory<Key, Value>(monotonicSeconds: () => number) {
  const entries = new Map<Key, { readonly value: Value; readonly untilSeconds: number }>();
  /** How often something was forgotten: a read that began before may bring what was true before. */
  let forgettings = 0;
  return {
    find: (key: Key): Value | undefined => {
      const entry = entries.get(key);
      return entry !== undefined && monotonicSeconds() < entry.untilSeconds ? entry.value : undefined;
    },
    read: async (key: Key, readStored: (key: Key) => Promise<Value | undefined>): Promise<Value | undefined> => {
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
      entries.set(key, { value, untilSeconds });
      return value;
    },
    forget: (isOver: (value: Value, key: Key) => boolean): void => {
      forgettings += 1;
      for (const [key, { value }] of entries) if (isOver(value, key)) entries.delete(key);
    },
  };
}
