/**
 * I1, I2, I4, I5 and I6 of "Nothing lost, nothing leaked", against a store and what serves it. I3 the writers ask as
 * they go.
 */

import { type AuditEvent, type ChainWalk, createChainWalk, verifyAuditLog } from "@biped/management-client/audit-chain";
import type { Storage } from "../../apps/authorization-server/src/storage/storage.ts";
import { askToken } from "./ask-token.ts";
import type { Journal, KnownCredential, Site } from "./journal.ts";
import type { TokenJudge } from "./judge-token.ts";
import type { PreparedStore } from "./prepared-store.ts";
import { proveAlive, writtenScopes } from "./writers.ts";

export type CheckParts = {
  readonly journal: Journal;
  readonly store: PreparedStore;
  readonly site: Site;
  readonly judge: TokenJudge;
};

export type StoreChecker = {
  /**
   * After a crash, while nobody writes. The audit log is read from where the check before it ended, and what has
   * changed since is compared.
   * @throws Error with every violation.
   */
  readonly check: (storage: Storage) => Promise<void>;
  /** The whole log and every credential; nothing may be pending any more. */
  readonly checkAll: (storage: Storage) => Promise<void>;
};

/** What the log tells of a credential. */
type Recorded = { readonly events: AuditEvent[]; readonly projectId: number | undefined };

type Reading = {
  readonly walk: ChainWalk;
  readonly recorded: Map<string, Recorded>;
  readonly requestIds: Set<string>;
  /** How many acknowledged changes and events of a credential were compared. */
  readonly compared: Map<string, string>;
};

export function createStoreChecker(parts: CheckParts): StoreChecker {
  const reading: Reading = {
    walk: createChainWalk(),
    recorded: new Map(),
    requestIds: new Set(),
    compared: new Map(),
  };
  const check = async (storage: Storage): Promise<void> => {
    const violations = await readLog(parts, reading, storage);
    violations.push(...findUnknown(parts, reading), ...(await findListed(parts)));
    for (const [clientId, known] of parts.journal.credentials) {
      const recorded = reading.recorded.get(clientId);
      const state = `${known.changes.length} ${recorded?.events.length}`;
      if (reading.compared.get(clientId) === state) continue;
      reading.compared.set(clientId, state);
      violations.push(...(await compare(parts, { known, recorded }, storage)));
    }
    if (violations.length > 0) throw new Error(violations.join("\n"));
  };
  return {
    check,
    checkAll: async (storage) => {
      if (parts.journal.pending.size > 0) throw new Error(`${parts.journal.pending.size} changes got no answer.`);
      reading.compared.clear();
      await check(storage);
      const { findAuditHead: findHead } = storage;
      const { fault } = await verifyAuditLog({ events: readEvents(storage, 0), heads: [], findHead });
      if (fault !== undefined) throw new Error(`Audit event ${fault.sequence}: ${fault.reason}.`);
    },
  };
}

async function* readEvents(storage: Storage, from: number): AsyncGenerator<AuditEvent, void, undefined> {
  for (let after = from; ; ) {
    const page = await storage.listAuditEvents(after, 500);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.sequence;
  }
}

/** I4: no hole, each event follows from the one before it, and none stands twice for one request. */
async function readLog(
  { store }: CheckParts,
  { walk, recorded, requestIds }: Reading,
  storage: Storage,
): Promise<string[]> {
  const head = await storage.findAuditHead();
  const violations: string[] = [];
  for await (const event of readEvents(storage, walk.last().sequence)) {
    const fault = walk.add(event);
    if (fault !== undefined) return [`Audit event ${fault.sequence}: ${fault.reason}.`];
    if (event.actor !== store.actor) continue;
    const clientId = findClientId(event);
    if (clientId === undefined) continue;
    const projectId = event.after?.projectId;
    const known = recorded.get(clientId) ?? {
      events: [],
      projectId: typeof projectId === "number" ? projectId : undefined,
    };
    known.events.push(event);
    recorded.set(clientId, known);
    const { requestId = "none" } = event;
    if (requestIds.has(requestId)) violations.push(`Request ${requestId} has two events.`);
    requestIds.add(requestId);
  }
  const last = walk.last();
  if (last.sequence < head.sequence) violations.push(`The log ends at ${last.sequence}, its head is ${head.sequence}.`);
  return violations;
}

function findClientId({ subject, before, after }: AuditEvent): string | undefined {
  if (subject.startsWith("credential:")) return subject.slice("credential:".length);
  const clientId = after?.clientId ?? before?.clientId;
  return subject.startsWith("secret:") && typeof clientId === "string" ? clientId : undefined;
}

/** I6: a credential that nobody was told of is one whose creation has no answer yet, and each creation made one. */
function findUnknown({ journal }: CheckParts, { recorded }: Reading): readonly string[] {
  const unknown = [...recorded].filter(([clientId]) => !journal.credentials.has(clientId));
  const open = [...journal.pending.values()].filter(({ action }) => action === "credential.created");
  return unknown
    .filter(([, { projectId, events }], index) => {
      const before = unknown.slice(0, index).filter(([, other]) => other.projectId === projectId).length;
      const allowed = open.filter((change) => change.projectId === projectId).length;
      return before >= allowed || events.length !== 1;
    })
    .map(([clientId]) => `Credential ${clientId} was made, and no change that is known made it.`);
}

/** The management API's own word for it: what it lists is what is known, and what may have been created. */
async function findListed({ journal, store, site }: CheckParts): Promise<readonly string[]> {
  const violations: string[] = [];
  for (const projectId of store.projectIds) {
    const listed = new Set(await listCredentials(site.adminUrl, projectId, store));
    const open = [...journal.pending.values()].filter((change) => change.projectId === projectId);
    const creations = open.filter(({ action }) => action === "credential.created").length;
    const deletions = open.filter(({ action }) => action === "credential.deleted").map(({ clientId }) => clientId);
    const own = [...journal.credentials.values()].filter((each) => each.projectId === projectId);
    const living = own.filter(({ state }) => state !== "deleted").map(({ clientId }) => clientId);
    const missing = living.filter((clientId) => !listed.has(clientId) && !deletions.includes(clientId));
    const further = [...listed].filter((clientId) => !living.includes(clientId));
    violations.push(...missing.map((clientId) => `Credential ${clientId} is not listed.`));
    if (further.length > creations) violations.push(`Nobody made ${further.join(", ")}.`);
  }
  return violations;
}

/** Of a connection to the server before the crash, that may still be kept, one learns only by using it. */
async function listCredentials(adminUrl: string, projectId: number, store: PreparedStore): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await fetch(`${adminUrl}/api/credentials?projectId=${projectId}&limit=100`, {
        headers: { authorization: `Bearer ${store.accessToken}` },
      });
      const { items } = (await answer.json()) as { readonly items: readonly { readonly clientId: string }[] };
      return items.map(({ clientId }) => clientId);
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

type Pair = { readonly known: KnownCredential; readonly recorded: Recorded | undefined };

/** I1, I2, I4 of one credential. */
async function compare(parts: CheckParts, { known, recorded }: Pair, storage: Storage): Promise<readonly string[]> {
  const { clientId, changes } = known;
  const events = recorded?.events ?? [];
  const open = [...parts.journal.pending.values()].find((change) => change.clientId === clientId);
  const actions = events.map(({ action }) => action);
  const acknowledged = changes.map(({ action }) => action);
  const possible = [acknowledged, ...(open === undefined ? [] : [[...acknowledged, open.action]])];
  const where = `Credential ${clientId}`;
  if (!possible.some((each) => each.join() === actions.join())) {
    return [`${where}: acknowledged ${acknowledged.join()}, recorded ${actions.join()}, open ${open?.action}.`];
  }
  const misplaced = changes.filter(({ requestId }, index) => {
    return requestId !== undefined && events[index]?.requestId !== requestId;
  });
  const client = await storage.findClient(clientId);
  const isDeleted = actions.at(-1) === "credential.deleted";
  if (isDeleted !== (client === undefined)) return [`${where} is ${isDeleted ? "" : "not "}deleted in the log only.`];
  const version = client?.credential.version ?? events.length;
  const violations = [
    ...misplaced.map(({ requestId }) => `${where}: request ${requestId} has no event of its own.`),
    // Each change raises it by one: no change without an event, no event without a change.
    ...(version === events.length ? [] : [`${where}: version ${version}, ${events.length} events.`]),
  ];
  // What is open may have been done: the next check sees it.
  if (open !== undefined) return violations;
  const stored = [client?.credential.state ?? "deleted", ...(client?.secrets ?? []).map(({ id }) => id)].join();
  const told = [known.state, ...known.secrets.map(({ id }) => id)].join();
  if (stored !== told) violations.push(`${where}: acknowledged ${told}, stored ${stored}.`);
  return [...violations, ...(await askAll(parts, known))];
}

/** What was created works, what was taken away does not. */
async function askAll(parts: CheckParts, known: KnownCredential): Promise<readonly string[]> {
  const { clientId, state, secrets, ended } = known;
  const violations: string[] = [];
  if (state === "enabled") {
    await proveAlive(parts, known).catch((error: Error) => violations.push(error.message));
  }
  for (const { id, text } of state === "enabled" ? ended.slice(-2) : [...secrets, ...ended.slice(-2)]) {
    if (text === undefined) continue;
    const { kind } = await askToken(parts.site, { clientId, secret: text }, writtenScopes[0]);
    if (kind === "token") violations.push(`Secret ${id} was taken back, and got a token.`);
  }
  return violations;
}
