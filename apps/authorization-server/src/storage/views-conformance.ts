import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { testProperty } from "../../../../test/property.ts";
import {
  at,
  author,
  createCredential,
  createPlace,
  group,
  makeCredential,
  makeSecret,
  race,
  type Suite,
} from "./conformance.ts";
import { formatNameKey } from "./name-key.ts";
import type { AuditEvent, NewAccount, Storage } from "./storage.ts";
import type { AuditFilter, Page, PageRequest, Position, Reach, RefusalCount } from "./views.ts";

/** What every storage promises of lists, searches and counts. */
export function describeViews(suite: Suite): void {
  describe(`${suite.name}: views`, () => {
    describeLists(suite);
    describePages(suite);
    describePageProperties(suite);
    describeSearch(suite);
    describeReach(suite);
    describeAdministrators(suite);
    describeAuditPages(suite);
    describeRefusals(suite);
    describeUsage(suite);
    describeExpiring(suite);
    describeCopies(suite);
  });
}

const everywhere: Reach = "every account";
const within = (...accountIds: readonly number[]): Reach => ({ accountIds });

function firstPage<const Column extends string>(column: Column, limit = 50): PageRequest<Column> {
  return { limit, after: undefined, sort: { column, descending: false } };
}

/** All items of all pages, in their order. */
async function readPages<Item>(readPage: (after: Position | undefined) => Promise<Page<Item>>) {
  const pages: (readonly Item[])[] = [];
  let after: Position | undefined;
  do {
    const page = await readPage(after);
    pages.push(page.items);
    after = page.next;
  } while (after !== undefined);
  return pages;
}

function describeLists(suite: Suite): void {
  group(suite, "lists and details", (it) => {
    it("an account comes with the counts of what lives in it", async ({ storage, other }) => {
      const place = await createPlace(storage);
      const { clientId } = await createCredential(storage, place);
      await createCredential(storage, place);
      await createCredential(storage, { accountId: place.accountId, projectId: undefined });
      await storage.deleteCredential(clientId, author);
      const account = await storage.findAccount(place.accountId);
      const view = { ...account, projectCount: 1, credentialCount: 2 };
      expect(await other.viewAccount(everywhere, place.accountId)).toEqual(view);
      expect(await other.pageAccounts(within(place.accountId), {}, firstPage("id"))).toEqual({
        items: [view],
        next: undefined,
      });
      for (const id of [0, -1, 1.5, Number.NaN, 2 ** 60]) {
        expect(await storage.viewAccount(everywhere, id)).toBeUndefined();
        expect(await storage.viewProject(everywhere, id)).toBeUndefined();
      }
    });

    it("a project comes with its account, its cloud and the count of its credentials", async ({ storage, other }) => {
      const place = await createPlace(storage);
      await createCredential(storage, place);
      await createCredential(storage, { accountId: place.accountId, projectId: undefined });
      await storage.setAccountState(place.accountId, "disabled", author);
      const project = await storage.findProject(place.projectId);
      const view = { ...project, accountName: "Example", accountState: "disabled", credentialCount: 1 };
      expect(await other.viewProject(everywhere, place.projectId)).toEqual(view);
      const list = async (filter: Parameters<Storage["pageProjects"]>[1]) =>
        (await other.pageProjects(within(place.accountId), filter, firstPage("name"))).items;
      expect(await list({})).toEqual([view]);
      expect(await list({ accountId: place.accountId, cloud: place.cloud, state: "enabled" })).toEqual([view]);
      expect(await list({ cloud: "none" })).toEqual([]);
      expect(await list({ cloud: "no\0ne" })).toEqual([]);
      expect(await list({ state: "disabled" })).toEqual([]);
      expect(await list({ accountId: place.accountId + 1 })).toEqual([]);
    });

    it("a credential comes with its owners and its secrets, newest first and without their digests", async (given) => {
      const { storage, other } = given;
      const place = await createPlace(storage);
      const { clientId, secret } = await createCredential(storage, place, makeSecret(at + 500));
      const next = makeSecret();
      await storage.rotateSecret({ clientId, secret: next, formerExpiresAt: at + 60 }, { ...author, at: at + 1 });
      await storage.recordUse([
        { clientId, secretId: secret.id, lastUsedAt: at + 2, source: "2001:db8::7", tokens: 1 },
      ]);
      const credential = (await storage.findClient(clientId))?.credential;
      const owners = { accountName: "Example", accountState: "enabled" };
      const unused = { expiresAt: undefined, lastUsedAt: undefined, lastUsedSource: undefined };
      const view = {
        ...credential,
        ...owners,
        projectName: "UX ANALYTICS",
        projectState: "enabled",
        secrets: [
          { id: next.id, createdAt: at + 1, ...unused },
          { id: secret.id, createdAt: at, expiresAt: at + 60, lastUsedAt: at + 2, lastUsedSource: "2001:db8::7" },
        ],
      };
      expect(await other.viewCredential(everywhere, clientId)).toEqual(view);
      expect((await other.pageCredentials(within(place.accountId), {}, firstPage("name"))).items).toEqual([view]);
      const text = JSON.stringify(await other.pageCredentials(everywhere, {}, firstPage("createdAt")));
      expect(text).not.toMatch(/digest|pepper|0a0a0a/);
      for (const id of [randomUUID(), "", "no\0ne", "\ud800"]) {
        expect(await storage.viewCredential(everywhere, id)).toBeUndefined();
      }
    });

    it("credentials are filtered by project, level and state; deleted ones are in no list", async ({ storage }) => {
      const place = await createPlace(storage);
      const own = await createCredential(storage, place);
      const wide = await createCredential(storage, { accountId: place.accountId, projectId: undefined });
      const gone = await createCredential(storage, place);
      await storage.changeCredential(own.clientId, { state: "disabled" }, author);
      await storage.deleteCredential(gone.clientId, author);
      const list = async (filter: Parameters<Storage["pageCredentials"]>[1]) =>
        (await storage.pageCredentials(within(place.accountId), filter, firstPage("createdAt"))).items.map(
          ({ clientId }) => clientId,
        );
      expect((await list({})).toSorted()).toEqual([own.clientId, wide.clientId].toSorted());
      expect(await list({ projectId: place.projectId })).toEqual([own.clientId]);
      expect(await list({ level: "project" })).toEqual([own.clientId]);
      expect(await list({ level: "account" })).toEqual([wide.clientId]);
      expect(await list({ state: "enabled" })).toEqual([wide.clientId]);
      expect(await list({ state: "disabled", level: "account" })).toEqual([]);
      expect(await storage.viewCredential(everywhere, gone.clientId)).toBeUndefined();
      expect(await storage.viewCredential(everywhere, wide.clientId)).toMatchObject({
        projectName: undefined,
        projectState: undefined,
      });
    });

    it("clouds come in the order of their names with the projects that the caller may see", async ({ storage }) => {
      const [one, two] = [await createPlace(storage), await createPlace(storage)];
      await storage.createProject(
        { id: undefined, accountId: two.accountId, cloud: one.cloud, name: "x", timeZone: "UTC" },
        author,
      );
      const counts = async (reach: Reach) => {
        const clouds = await storage.viewClouds(reach);
        expect(clouds.map(({ name }) => name)).toEqual(clouds.map(({ name }) => name).toSorted());
        expect((await storage.listClouds()).length).toBe(clouds.length);
        return [one.cloud, two.cloud].map((name) => clouds.find((cloud) => cloud.name === name)?.projectCount);
      };
      expect(await counts(everywhere)).toEqual([2, 1]);
      expect(await counts(within(two.accountId))).toEqual([1, 1]);
      expect(await counts(within())).toEqual([0, 0]);
    });

    it("objects are counted", async ({ storage }) => {
      const place = await createPlace(storage);
      const before = await storage.countObjects(everywhere);
      const { clientId } = await createCredential(storage, place);
      await createCredential(storage, place);
      await storage.deleteCredential(clientId, author);
      expect(await storage.countObjects(within(place.accountId))).toEqual({ accounts: 1, projects: 1, credentials: 1 });
      expect(await storage.countObjects(everywhere)).toEqual({ ...before, credentials: before.credentials + 1 });
      expect(await storage.countObjects(within())).toEqual({ accounts: 0, projects: 0, credentials: 0 });
    });
  });
}

async function createAccounts(storage: Storage, names: readonly string[]): Promise<readonly number[]> {
  const ids: number[] = [];
  for (const name of names) ids.push((await storage.createAccount({ name }, author)).id);
  return ids;
}

function describePages(suite: Suite): void {
  group(suite, "pages", (it) => {
    it("each item is on one page, though others come and go meanwhile", async ({ storage }) => {
      const ids = await createAccounts(storage, ["b", "d", "f", "h"]);
      const [b, d, f, h] = ids;
      const page = (after: Position | undefined, reach: Reach) =>
        storage.pageAccounts(reach, {}, { ...firstPage("name", 2), after });
      const first = await page(undefined, within(...ids));
      expect(first.items.map(({ id }) => id)).toEqual([b, d]);
      const late = await createAccounts(storage, ["a", "c", "e", "z"]);
      const [, , e, z] = late;
      const second = await page(first.next, within(...ids, ...late));
      expect(second.items.map(({ id }) => id)).toEqual([e, f]);
      const third = await page(second.next, within(...ids, ...late));
      expect(third.items.map(({ id }) => id)).toEqual([h, z]);
      expect(third.next).toBeUndefined();
    });

    it("a page begins after a place, even where its item was deleted or renamed", async ({ storage }) => {
      const place = await createPlace(storage);
      const names = ["a", "b", "c", "d"];
      const made = names.map((name) => ({ ...makeCredential(place), name }));
      for (const credential of made) await storage.createCredential(credential, makeSecret(), author);
      const page = (after: Position | undefined) =>
        storage.pageCredentials(within(place.accountId), {}, { ...firstPage("name", 2), after });
      const { next } = await page(undefined);
      await storage.deleteCredential(made[1]?.clientId ?? "", author);
      expect((await page(next)).items.map(({ name }) => name)).toEqual(["c", "d"]);
      await storage.changeCredential(made[3]?.clientId ?? "", { name: "A" }, author);
      expect((await page(next)).items.map(({ name }) => name)).toEqual(["c"]);
    });

    it("items of one name come in the order of their ids, in both directions", async ({ storage }) => {
      const place = await createPlace(storage);
      for (let made = 0; made < 7; made += 1) {
        await storage.createCredential(makeCredential(place), makeSecret(), author);
      }
      for (const column of ["name", "createdAt"] as const) {
        for (const descending of [false, true]) {
          const pages = await readPages((after) =>
            storage.pageCredentials(within(place.accountId), {}, { limit: 3, after, sort: { column, descending } }),
          );
          expect(pages.map(({ length }) => length)).toEqual([3, 3, 1]);
          const ids = pages.flat().map(({ clientId }) => clientId);
          const sorted = ids.toSorted();
          expect(ids).toEqual(descending ? sorted.toReversed() : sorted);
        }
      }
    });

    it("the last page has no next, also where it is full", async ({ storage }) => {
      const ids = await createAccounts(storage, ["a", "b", "c", "d"]);
      const pages = await readPages((after) =>
        storage.pageAccounts(within(...ids), {}, { ...firstPage("id", 2), after }),
      );
      expect(pages.map((items) => items.map(({ id }) => id))).toEqual([ids.slice(0, 2), ids.slice(2)]);
    });

    it("a place that can be none there begins at the beginning", async ({ storage }) => {
      const place = await createPlace(storage);
      await createCredential(storage, place);
      const reach = within(place.accountId);
      for (const value of ["x'--", "\0", "\ud800", 1.5, Number.NaN, -1, 2 ** 60]) {
        const after = { value, id: value };
        await storage.pageAccounts(reach, {}, { ...firstPage("id"), after });
        await storage.pageAccounts(reach, {}, { ...firstPage("name"), after });
        await storage.pageProjects(reach, {}, { ...firstPage("id"), after });
        await storage.pageProjects(reach, {}, { ...firstPage("name"), after });
        await storage.pageCredentials(reach, {}, { ...firstPage("name"), after });
        await storage.pageCredentials(reach, {}, { ...firstPage("createdAt"), after });
        await storage.pageAdministrators(reach, {}, { ...firstPage("email"), after });
      }
      const after = { value: "x", id: "x" };
      expect((await storage.pageAccounts(reach, {}, { ...firstPage("id"), after })).items.length).toBe(1);
    });
  });
}

/** What people and databases trip over: wildcards, escapes, folded, composed and wide characters. */
const character = fc.oneof(
  fc.constantFrom(..."%_\\!'\"abAB ßİıſéÀ東🚀ﬁＡ１"),
  fc.constantFrom("e\u0301", "\u212a", "\u{10ffff}", "\u{ffff}"),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
);
const text = fc.array(character, { minLength: 1, maxLength: 4 }).map((characters) => characters.join(""));
const storable = text.filter((name) => !/\0|\p{Surrogate}/u.test(name));

function byKey(left: { readonly name: string; readonly id: number }, right: { name: string; id: number }): number {
  const order = Buffer.compare(Buffer.from(formatNameKey(left.name)), Buffer.from(formatNameKey(right.name)));
  return order === 0 ? left.id - right.id : order;
}

function describePageProperties(suite: Suite): void {
  describe("pages and searches of any names", () => {
    let storage: Storage;
    beforeAll(async () => {
      storage = await (await suite.createFixture()).open();
    });
    afterAll(() => storage?.close());

    const create = async (names: readonly string[]) => {
      const ids = await createAccounts(storage, names);
      return names.map((name, index) => ({ name, id: ids[index] ?? 0 }));
    };

    testProperty(
      `${suite.name}: pages are the sorted list in pieces`,
      25,
      fc.asyncProperty(
        fc.array(storable, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        async (names, limit, descending) => {
          const accounts = await create(names);
          const pages = await readPages((after) =>
            storage.pageAccounts(
              within(...accounts.map(({ id }) => id)),
              {},
              { limit, after, sort: { column: "name", descending } },
            ),
          );
          const sorted = accounts.toSorted(byKey);
          const expected = descending ? sorted.toReversed() : sorted;
          expect(pages.flat().map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
          expect(pages.length).toBe(Math.ceil(accounts.length / limit));
        },
      ),
    );

    testProperty(
      `${suite.name}: a search finds exactly the names that hold the text`,
      40,
      fc.asyncProperty(fc.array(storable, { minLength: 1, maxLength: 8 }), text, async (names, search) => {
        const accounts = await create(names);
        const reach = within(...accounts.map(({ id }) => id));
        const { items } = await storage.pageAccounts(reach, { search }, firstPage("name"));
        const key = formatNameKey(search.trim());
        const isFound = ({ name, id }: { name: string; id: number }) =>
          formatNameKey(name).includes(key) || String(id) === search.trim();
        expect(items.map(({ id }) => id)).toEqual(
          accounts
            .filter(isFound)
            .toSorted(byKey)
            .map(({ id }) => id),
        );
        const hits = await storage.search(reach, search);
        expect(hits.map(({ id }) => Number(id)).toSorted()).toEqual(items.map(({ id }) => id).toSorted());
      }),
    );
  });
}

function describeSearch(suite: Suite): void {
  group(suite, "search", (it) => {
    const rename = async (storage: Storage, name: string) => {
      const place = await createPlace(storage);
      await storage.changeAccount(place.accountId, { name: `${name} account` }, author);
      await storage.changeProject(place.projectId, { name: `${name} project` }, author);
      const { clientId } = await createCredential(storage, place);
      await storage.changeCredential(clientId, { name: `${name} credential` }, author);
      return { ...place, clientId };
    };

    it("finds accounts, projects and credentials by a part of the name, whatever its case and width", async (given) => {
      const { storage } = given;
      const { accountId, projectId, clientId } = await rename(storage, "Zürich 100%_Ａbc");
      const account = { accountId, accountName: "Zürich 100%_Ａbc account" };
      const all = [
        { kind: "account", id: String(accountId), name: "Zürich 100%_Ａbc account", ...account },
        { kind: "project", id: String(projectId), name: "Zürich 100%_Ａbc project", ...account },
        { kind: "credential", id: clientId, name: "Zürich 100%_Ａbc credential", ...account },
      ];
      const reach = within(accountId);
      for (const part of ["zÜRICH", "  100%_a ", "ICH 1", "zu\u0308rich", "Ａｂｃ", "%_"]) {
        expect(await storage.search(reach, part)).toEqual(all);
      }
      for (const part of ["zurich", "100_", "z%ch", "100%%", "\\", "!", "no\0ne", "\ud800"]) {
        expect(await storage.search(reach, part)).toEqual([]);
      }
      expect(await storage.search(reach, "project")).toEqual([all[1]]);
    });

    it("finds by a whole id, first of all", async ({ storage }) => {
      const { accountId, projectId, clientId } = await rename(storage, "By id");
      const kinds = async (asked: string) =>
        (await storage.search(within(accountId), asked)).map(({ kind, id }) => `${kind} ${id}`);
      expect(await kinds(clientId)).toEqual([`credential ${clientId}`]);
      expect(await kinds(` ${clientId.toUpperCase()} `)).toEqual([`credential ${clientId}`]);
      expect(await kinds(clientId.slice(0, 8))).toEqual([]);
      expect(await kinds(String(projectId))).toContain(`project ${projectId}`);
      expect(await kinds(String(accountId))).toContain(`account ${accountId}`);
      const ids = await createAccounts(
        storage,
        Array.from({ length: 12 }, (_, index) => `0 ${accountId} ${index}`),
      );
      const hits = await storage.search(within(accountId, ...ids), String(accountId));
      const accounts = hits.filter(({ kind }) => kind === "account");
      expect(accounts.length).toBe(10);
      expect(accounts[0]?.id).toBe(String(accountId));
    });

    it("of lists finds by name or whole id too", async ({ storage }) => {
      const { accountId, projectId, clientId } = await rename(storage, "Listed");
      const reach = within(accountId);
      for (const search of ["lISTED", clientId]) {
        const { items } = await storage.pageCredentials(reach, { search }, firstPage("name"));
        expect(items.map((item) => item.clientId)).toEqual([clientId]);
      }
      for (const search of ["lISTED", String(projectId)]) {
        const { items } = await storage.pageProjects(reach, { search }, firstPage("id"));
        expect(items.map((item) => item.id)).toEqual([projectId]);
      }
      expect((await storage.pageProjects(reach, { search: "none" }, firstPage("id"))).items).toEqual([]);
      expect((await storage.pageProjects(reach, { search: "" }, firstPage("id"))).items.length).toBe(1);
    });

    it("a new name is found and the former one is not", async ({ storage }) => {
      const { accountId, projectId, clientId } = await rename(storage, "Before");
      await storage.changeAccount(accountId, { name: "After" }, author);
      await storage.changeProject(projectId, { name: "After" }, author);
      await storage.changeCredential(clientId, { name: "After" }, author);
      expect(await storage.search(within(accountId), "before")).toEqual([]);
      expect((await storage.search(within(accountId), "after")).length).toBe(3);
    });
  });
}

/** Everything that one account can have, under a name that nothing else has. */
async function createWorld(storage: Storage) {
  const mark = `mark-${randomUUID()}`;
  const place = await createPlace(storage);
  const { accountId, projectId } = place;
  await storage.changeAccount(accountId, { name: `${mark} account` }, author);
  await storage.changeProject(projectId, { name: `${mark} project` }, author);
  const credential = { ...makeCredential(place), name: `${mark} credential`, expiresAt: at + 600 };
  const secret = makeSecret(at + 500);
  await storage.createCredential(credential, secret, author);
  const { clientId } = credential;
  await storage.recordUse([{ clientId, secretId: secret.id, lastUsedAt: at, source: "192.0.2.1", tokens: 5 }]);
  await storage.recordRefusals([{ clientId, at, reason: mark, source: "192.0.2.1", count: 3 }]);
  const administratorId = randomUUID();
  const email = `${mark}@example.com`;
  const person = { id: administratorId, email, name: mark, passwordHash: undefined, isPlatformOwner: false };
  await storage.createAdministrator(person, author);
  await storage.setMembership(administratorId, { accountId, role: "viewer" }, author);
  return { mark, ...place, clientId, administratorId };
}

type World = Awaited<ReturnType<typeof createWorld>>;

/** Each method that takes a reach, asked as widely as it can be. */
function makeReads(storage: Storage, { accountId, projectId, clientId, cloud, mark }: World) {
  const period = { since: at - 3600, bucketSeconds: 3600 } as const;
  const reads: Readonly<Record<string, (reach: Reach) => Promise<unknown>>> = {
    pageAccounts: async (reach) => (await storage.pageAccounts(reach, { search: mark }, firstPage("name"))).items,
    viewAccount: (reach) => storage.viewAccount(reach, accountId),
    pageProjects: async (reach) => (await storage.pageProjects(reach, { search: mark }, firstPage("name"))).items,
    "pageProjects of the account": async (reach) =>
      (await storage.pageProjects(reach, { accountId }, firstPage("id"))).items,
    "pageProjects of the cloud": async (reach) => (await storage.pageProjects(reach, { cloud }, firstPage("id"))).items,
    viewProject: (reach) => storage.viewProject(reach, projectId),
    pageCredentials: async (reach) => (await storage.pageCredentials(reach, { search: mark }, firstPage("name"))).items,
    "pageCredentials of the id": async (reach) =>
      (await storage.pageCredentials(reach, { search: clientId }, firstPage("createdAt"))).items,
    "pageCredentials of the project": async (reach) =>
      (await storage.pageCredentials(reach, { accountId, projectId }, firstPage("createdAt"))).items,
    viewCredential: (reach) => storage.viewCredential(reach, clientId),
    pageAdministrators: async (reach) =>
      (await storage.pageAdministrators(reach, { search: mark }, firstPage("email"))).items,
    "pageAdministrators of the account": async (reach) =>
      (await storage.pageAdministrators(reach, { accountId }, firstPage("email"))).items,
    search: (reach) => storage.search(reach, mark),
    "search for the id": (reach) => storage.search(reach, clientId),
    "pageAuditEvents of the account": (reach) =>
      storage.pageAuditEvents(reach, { accountId }, { limit: 100, before: undefined }),
    "pageAuditEvents of the subject": (reach) =>
      storage.pageAuditEvents(reach, { subject: `credential:${clientId}` }, { limit: 100, before: undefined }),
    countRefusals: async (reach) => (await storage.countRefusals(reach, at)).filter(({ reason }) => reason === mark),
    listExpiring: async (reach) =>
      (await storage.listExpiring(reach, { from: at, until: at + 1000, limit: 100 })).filter(
        (end) => end.clientId === clientId,
      ),
    readUsage: (reach) => storage.readUsage(reach, period),
    countObjects: async (reach) => {
      const { accounts, projects, credentials } = await storage.countObjects(reach);
      return accounts + projects + credentials === 0 ? [] : [accounts, projects, credentials];
    },
    viewClouds: async (reach) =>
      (await storage.viewClouds(reach)).filter(({ name, projectCount }) => name === cloud && projectCount > 0),
  };
  return Object.entries(reads);
}

const isNothing = (read: unknown): boolean => read === undefined || (Array.isArray(read) && read.length === 0);

function describeReach(suite: Suite): void {
  group(suite, "reach (R-37)", (it) => {
    it("what is out of it is not there, by whichever read, filter, search or id", async ({ storage }) => {
      const [own, foreign] = [await createWorld(storage), await createWorld(storage)];
      const many = Array.from({ length: 500 }, (_, index) => 1_000_000 + index);
      const empty = await storage.createAccount({ name: "Empty" } satisfies NewAccount, author);
      for (const [name, read] of makeReads(storage, foreign)) {
        expect([name, isNothing(await read(everywhere))]).toEqual([name, false]);
        expect([name, isNothing(await read(within(foreign.accountId)))]).toEqual([name, false]);
        expect([name, isNothing(await read(within(own.accountId, foreign.accountId)))]).toEqual([name, false]);
        expect([name, isNothing(await read(within(foreign.accountId, ...many)))]).toEqual([name, false]);
        for (const reach of [within(), within(0), within(Number.NaN), within(-1), within(...many)]) {
          expect([name, await read(reach)].flat().filter((item) => item !== undefined)).toEqual([name]);
        }
        const seen = JSON.stringify((await read(within(own.accountId, empty.id))) ?? null);
        for (const sign of [foreign.mark, foreign.clientId, foreign.administratorId]) expect(seen).not.toContain(sign);
      }
    });

    it("of sums and counts too", async ({ storage }) => {
      const [own, foreign] = [await createWorld(storage), await createWorld(storage)];
      const period = { since: at, bucketSeconds: 3600 } as const;
      const hour = at - (at % 3600);
      expect(await storage.readUsage(within(own.accountId), period)).toEqual([{ at: hour, tokens: 5, refusals: 3 }]);
      expect(await storage.readUsage(within(own.accountId, foreign.accountId), period)).toEqual([
        { at: hour, tokens: 10, refusals: 6 },
      ]);
      expect(await storage.countObjects(within(own.accountId))).toEqual({ accounts: 1, projects: 1, credentials: 1 });
      expect(await storage.countRefusals(within(own.accountId), at)).toEqual([{ reason: own.mark, count: 3 }]);
    });

    it("an administrator of two accounts shows only the memberships within it", async ({ storage }) => {
      const [own, foreign] = [await createWorld(storage), await createWorld(storage)];
      const membership = { accountId: foreign.accountId, role: "owner" } as const;
      await storage.setMembership(own.administratorId, membership, author);
      const read = async (reach: Reach, filter: { accountId?: number } = {}) =>
        (await storage.pageAdministrators(reach, { ...filter, search: own.mark }, firstPage("email"))).items.map(
          ({ memberships }) => memberships.map(({ accountId }) => accountId),
        );
      expect(await read(within(own.accountId))).toEqual([[own.accountId]]);
      expect(await read(within(foreign.accountId))).toEqual([[foreign.accountId]]);
      expect(await read(everywhere)).toEqual([[own.accountId, foreign.accountId]]);
      expect(await read(within(own.accountId), { accountId: foreign.accountId })).toEqual([]);
    });
  });
}

function describeAdministrators(suite: Suite): void {
  group(suite, "pages of administrators", (it) => {
    it("come in the order of their addresses, in pieces and both directions", async ({ storage }) => {
      const { id: accountId } = await storage.createAccount({ name: "x" }, author);
      const mark = randomUUID();
      for (const letter of ["c", "A", "d", "B", "e"]) {
        const id = randomUUID();
        const person = { id, email: `${letter}-${mark}@example.com`, name: `Person ${letter}` };
        await storage.createAdministrator({ ...person, passwordHash: undefined, isPlatformOwner: false }, author);
        await storage.setMembership(id, { accountId, role: "viewer" }, author);
      }
      for (const descending of [false, true]) {
        const pages = await readPages((after) =>
          storage.pageAdministrators(within(accountId), {}, { limit: 2, after, sort: { column: "email", descending } }),
        );
        const letters = pages.map((items) => items.map(({ email }) => email.slice(0, 1)).join(""));
        expect(letters).toEqual(descending ? ["ed", "cB", "A"] : ["AB", "cd", "e"]);
      }
      const find = async (search: string) =>
        (await storage.pageAdministrators(within(accountId), { search }, firstPage("email"))).items.length;
      expect([await find("person A"), await find(`a-${mark}`), await find("%"), await find("")]).toEqual([1, 1, 0, 5]);
    });
  });
}

function describeAuditPages(suite: Suite): void {
  group(suite, "pages of audit events", (it) => {
    it("come newest first, before a sequence, filtered by what they are about", async ({ storage, listNewEvents }) => {
      const by = (actor: string, seconds: number) => ({ ...author, actor, at: at + seconds, source: "2001:db8::1" });
      const one = await storage.createAccount({ name: "One" }, by("administrator:1", 0));
      await storage.changeAccount(one.id, { name: "Two" }, by("administrator:2", 10));
      await storage.setAccountState(one.id, "disabled", by("administrator:1", 20));
      const cloud = `cloud-${randomUUID()}`;
      await storage.createCloud({ name: cloud, endpoint: `https://${cloud}` }, by("administrator:1", 30));
      const events = (await listNewEvents()).toReversed();
      expect(events[0]).toMatchObject({ source: "2001:db8::1" });
      const list = async (filter: Parameters<Storage["pageAuditEvents"]>[1], reach = everywhere) => {
        const page = await storage.pageAuditEvents(reach, filter, { limit: 4, before: undefined });
        return page.filter(({ sequence }) => events.some((event) => event.sequence === sequence));
      };
      const [created, disabled, renamed, born] = events;
      expect(await list({})).toEqual(events);
      expect(await list({}, within(one.id))).toEqual([disabled, renamed, born]);
      expect(await list({ accountId: one.id, actor: "administrator:1" })).toEqual([disabled, born]);
      expect(await list({ action: "account" })).toEqual([disabled, renamed, born]);
      expect(await list({ action: "account.changed" })).toEqual([renamed]);
      expect(await list({ action: "acc" })).toEqual([]);
      expect(await list({ action: "account." })).toEqual([]);
      expect(await list({ action: "%" })).toEqual([]);
      expect(await list({ action: "no\0ne" })).toEqual([]);
      expect(await list({ subject: `cloud:${cloud}` })).toEqual([created]);
      expect(await list({ subject: "\ud800" })).toEqual([]);
      expect(await list({ from: at + 10, to: at + 30 })).toEqual([disabled, renamed]);
      const before = disabled?.sequence;
      expect(await storage.pageAuditEvents(everywhere, {}, { limit: 1, before })).toEqual([renamed]);
    });

    it("find with any filters together what each of them leaves", async ({ storage, listNewEvents }) => {
      const accounts: number[] = [];
      for (const [place, actor] of ["administrator:1", "administrator:2", "administrator:1"].entries()) {
        const { id } = await storage.createAccount({ name: `Account ${place}` }, { ...author, actor, at: at + place });
        await storage.changeAccount(
          id,
          { name: "Other" },
          { ...author, actor: "administrator:2", at: at + 10 - place },
        );
        accounts.push(id);
      }
      const events = (await listNewEvents()).toReversed();
      const [accountId = 0] = accounts;
      const tests = [
        [{ accountId }, (event: AuditEvent) => event.accountId === accountId],
        [{ actor: "administrator:1" }, (event: AuditEvent) => event.actor === "administrator:1"],
        [{ subject: `account:${accountId}` }, (event: AuditEvent) => event.subject === `account:${accountId}`],
        [{ action: "account" }, (event: AuditEvent) => event.action.startsWith("account.")],
        [{ action: "account.changed" }, (event: AuditEvent) => event.action === "account.changed"],
        [{ from: at + 1 }, (event: AuditEvent) => event.at >= at + 1],
        [{ to: at + 9 }, (event: AuditEvent) => event.at < at + 9],
      ] as const;
      for (let chosen = 0; chosen < 2 ** tests.length; chosen += 1) {
        // The later of two actions wins, here and there.
        const used = tests.filter(
          (_, place) => (chosen >> place) % 2 === 1 && !(place === 3 && (chosen >> 4) % 2 === 1),
        );
        const filter: AuditFilter = Object.assign({}, ...used.map(([each]) => each));
        const expected = events.filter((event) => used.every(([, isLeft]) => isLeft(event)));
        for (const reach of [
          within(...accounts),
          { accountIds: Array.from({ length: 101 }, (_, id) => id).concat(accounts) },
        ]) {
          const found = await storage.pageAuditEvents(reach, filter, { limit: 1000, before: undefined });
          expect(found.filter(({ sequence }) => events.some((event) => event.sequence === sequence))).toEqual(expected);
        }
      }
    });

    it("names of accounts and addresses of administrators are found at once; of nobody there is none", async ({
      storage,
    }) => {
      const { accountId, administratorId, mark } = await createWorld(storage);
      const account = await storage.findAccount(accountId);
      expect(await storage.findAccountNames([accountId, 0, -1])).toEqual(new Map([[accountId, account?.name]]));
      const emails = await storage.findEmails([administratorId, "nobody", "no\0body"]);
      expect(emails).toEqual(new Map([[administratorId, `${mark}@example.com`]]));
      expect([await storage.findAccountNames([]), await storage.findEmails([])]).toEqual([new Map(), new Map()]);
    });
  });
}

function describeRefusals(suite: Suite): void {
  group(suite, "refusals", (it) => {
    const refused = (clientId: string | undefined, more: Partial<RefusalCount> = {}): RefusalCount => {
      return { clientId, at, reason: "wrong secret", source: "192.0.2.1", count: 1, ...more };
    };

    it("are added up by reason, and the latest of a credential listed newest first", async ({ storage, other }) => {
      const { clientId, credential } = await createCredential(storage, await createPlace(storage));
      await storage.recordRefusals([
        refused(clientId, { at: at + 5, count: 2 }),
        refused(clientId, { at: at + 9, reason: "expired secret" }),
      ]);
      await other.recordRefusals([refused(clientId, { at: at + 7 }), refused(clientId, { at: at + 1 })]);
      await other.recordRefusals([refused(clientId, { at: at + 8, source: "192.0.2.2" })]);
      await storage.recordRefusals([]);
      expect(await storage.listRefusals(clientId)).toEqual([
        refused(clientId, { at: at + 9, reason: "expired secret" }),
        refused(clientId, { at: at + 8, source: "192.0.2.2" }),
        refused(clientId, { at: at + 7, count: 4 }),
      ]);
      expect(await storage.countRefusals(within(credential.accountId), at)).toEqual([
        { reason: "wrong secret", count: 5 },
        { reason: "expired secret", count: 1 },
      ]);
      expect(await storage.countRefusals(within(credential.accountId), at + 3600)).toEqual([]);
      expect(await storage.listRefusals("no\0ne")).toEqual([]);
    });

    it("50 of each credential are kept, of others none is lost by that", async ({ storage }) => {
      const place = await createPlace(storage);
      const [one, two] = [await createCredential(storage, place), await createCredential(storage, place)];
      await storage.recordRefusals([refused(two.clientId)]);
      for (let batch = 0; batch < 3; batch += 1) {
        await storage.recordRefusals(
          Array.from({ length: 30 }, (_, index) => {
            const seconds = batch * 30 + index;
            return refused(one.clientId, { at: at + seconds, source: `192.0.2.${seconds}` });
          }),
        );
      }
      const kept = await storage.listRefusals(one.clientId);
      expect(kept.map((refusal) => refusal.at - at)).toEqual(Array.from({ length: 50 }, (_, index) => 89 - index));
      expect(await storage.listRefusals(two.clientId)).toEqual([refused(two.clientId)]);
      expect(await storage.countRefusals(within(place.accountId), at)).toEqual([{ reason: "wrong secret", count: 91 }]);
    });

    it("of no credential, or of a deleted one, are counted for platform owners alone", async ({ storage }) => {
      const { clientId, credential } = await createCredential(storage, await createPlace(storage));
      await storage.deleteCredential(clientId, author);
      const reason = `unknown ${randomUUID()}`;
      await storage.recordRefusals([
        refused(undefined, { reason }),
        refused(randomUUID(), { reason }),
        refused(clientId, { reason }),
        refused("no\0ne", { reason }),
      ]);
      const ours = (await storage.countRefusals(everywhere, at)).filter((counted) => counted.reason === reason);
      expect(ours).toEqual([{ reason, count: 4 }]);
      expect(await storage.countRefusals(within(credential.accountId), at)).toEqual([]);
      expect(await storage.countRefusals(within(0), at)).toEqual([]);
      expect(await storage.listRefusals(clientId)).toEqual([]);
    });
  });

  group(suite, `races of refusals, ${suite.rounds} rounds`, (it) => {
    it("nodes that count refusals of the same credentials never wait for each other for good", async (given) => {
      const place = await createPlace(given.storage);
      const made = [await createCredential(given.storage, place), await createCredential(given.storage, place)];
      for (let round = 0; round < suite.rounds; round += 1) {
        let call = 0;
        await race(given, 10, (node) => {
          call += 1;
          const refusals = made.flatMap(({ clientId }) =>
            Array.from({ length: 8 }, (_, index): RefusalCount => {
              const source = `192.0.2.${(call * 8 + index) % 60}`;
              return { clientId, at: at + round, reason: "wrong secret", source, count: 1 };
            }),
          );
          return node.recordRefusals(call % 2 === 0 ? refusals : refusals.toReversed());
        });
      }
      const [counted] = await given.storage.countRefusals(within(place.accountId), at);
      expect(counted).toEqual({ reason: "wrong secret", count: suite.rounds * 10 * 16 });
      expect((await given.storage.listRefusals(made[0]?.clientId ?? "")).length).toBe(50);
    });
  });
}

function describeUsage(suite: Suite): void {
  group(suite, "usage", (it) => {
    it("is read by hour or day, tokens beside refusals, oldest first", async ({ storage, other }) => {
      const { clientId, secret, credential } = await createCredential(storage, await createPlace(storage));
      const day = at - (at % 86_400);
      const use = { clientId, secretId: secret.id, source: "192.0.2.1", tokens: 2 };
      await storage.recordUse([{ ...use, lastUsedAt: day + 3599 }]);
      await other.recordUse([
        { ...use, lastUsedAt: day + 3600 },
        { ...use, lastUsedAt: day + 86_400 },
      ]);
      await other.recordUse([{ ...use, lastUsedAt: day + 3601 }]);
      await storage.recordRefusals([
        { clientId, at: day + 7200, reason: "expired secret", source: "192.0.2.1", count: 7 },
        { clientId, at: day + 3700, reason: "wrong secret", source: "192.0.2.1", count: 1 },
      ]);
      for (const of of [{ clientId }, within(credential.accountId)]) {
        expect(await storage.readUsage(of, { since: day, bucketSeconds: 3600 })).toEqual([
          { at: day, tokens: 2, refusals: 0 },
          { at: day + 3600, tokens: 4, refusals: 1 },
          { at: day + 7200, tokens: 0, refusals: 7 },
          { at: day + 86_400, tokens: 2, refusals: 0 },
        ]);
        expect(await storage.readUsage(of, { since: day, bucketSeconds: 86_400 })).toEqual([
          { at: day, tokens: 6, refusals: 8 },
          { at: day + 86_400, tokens: 2, refusals: 0 },
        ]);
        // The hour in which `since` lies counts as a whole.
        expect(await storage.readUsage(of, { since: day + 7300, bucketSeconds: 3600 })).toEqual([
          { at: day + 7200, tokens: 0, refusals: 7 },
          { at: day + 86_400, tokens: 2, refusals: 0 },
        ]);
      }
      expect(await storage.readUsage({ clientId: "no\0ne" }, { since: 0, bucketSeconds: 86_400 })).toEqual([]);
    });

    it("of one account and hour is added up, though two nodes write it at once", async (given) => {
      const place = await createPlace(given.storage);
      const made = [await createCredential(given.storage, place), await createCredential(given.storage, place)];
      const uses = made.map(({ clientId, secret }) => {
        return { clientId, secretId: secret.id, lastUsedAt: at, source: "192.0.2.1", tokens: 1 };
      });
      await race(given, 20, (node) => node.recordUse(uses));
      const usage = await given.other.readUsage(within(place.accountId), { since: at, bucketSeconds: 3600 });
      expect(usage).toEqual([{ at: at - (at % 3600), tokens: 40, refusals: 0 }]);
    });
  });
}

function describeExpiring(suite: Suite): void {
  group(suite, "what ends soon", (it) => {
    it("credentials and secrets come soonest first, with their last use", async ({ storage }) => {
      const place = await createPlace(storage);
      const credential = { ...makeCredential(place), expiresAt: at + 300 };
      const secret = makeSecret(at + 200);
      await storage.createCredential(credential, secret, author);
      const { clientId } = credential;
      await storage.recordUse([{ clientId, secretId: secret.id, lastUsedAt: at + 7, source: "192.0.2.1", tokens: 1 }]);
      const other = await createCredential(storage, place, makeSecret(at + 250));
      const gone = await createCredential(storage, place, makeSecret(at + 220));
      await storage.deleteCredential(gone.clientId, author);
      const list = (from: number, until: number, limit = 20) =>
        storage.listExpiring(within(place.accountId), { from: at + from, until: at + until, limit });
      const named = { credentialName: "Nightly export", accountId: place.accountId };
      const first = { clientId, ...named, secretId: secret.id, expiresAt: at + 200, lastUsedAt: at + 7 };
      const otherEnd = { clientId: other.clientId, secretId: other.secret.id, expiresAt: at + 250 };
      const second = { ...named, ...otherEnd, lastUsedAt: undefined };
      const third = { clientId, ...named, secretId: undefined, expiresAt: at + 300, lastUsedAt: at + 7 };
      expect(await list(0, 1000)).toEqual([first, second, third]);
      expect(await list(0, 1000, 2)).toEqual([first, second]);
      expect(await list(200, 300)).toEqual([second]);
      expect(await list(0, 200)).toEqual([]);
    });
  });
}

function describeCopies(suite: Suite): void {
  group(suite, "copies", (it) => {
    it("all accounts, projects and credentials are read page by page, as each is found alone", async ({ storage }) => {
      const places = [await createPlace(storage), await createPlace(storage)];
      const created: string[] = [];
      for (const place of [...places, ...places]) created.push((await createCredential(storage, place)).clientId);
      const [gone = "", twice = "", ...others] = created;
      await storage.deleteCredential(gone, author);
      const rotation = { clientId: twice, secret: makeSecret(), formerExpiresAt: at + 86_400 };
      await storage.rotateSecret(rotation, author);
      const accounts = await readCopy(storage.copyAccounts, 0, ({ id }) => id);
      const projects = await readCopy(storage.copyProjects, 0, ({ id }) => id);
      const credentials = await readCopy(storage.copyCredentials, undefined, ({ credential }) => credential.clientId);
      for (const { accountId, projectId } of places) {
        expect(accounts.find(({ id }) => id === accountId)).toEqual(await storage.findAccount(accountId));
        expect(projects.find(({ id }) => id === projectId)).toEqual(await storage.findProject(projectId));
      }
      const copied = new Map(credentials.map((each) => [each.credential.clientId, each]));
      for (const clientId of [twice, ...others]) {
        const { credential, secrets } = (await storage.findClient(clientId)) ?? {};
        expect(copied.get(clientId)).toEqual({ credential, secrets });
      }
      expect([copied.has(gone), copied.get(twice)?.secrets.length]).toEqual([false, 2]);
      const ids = credentials.map(({ credential }) => credential.clientId);
      expect(ids).toEqual([...new Set(ids)].sort());
    });
  });
}

/** In pages of three. */
async function readCopy<Item, Id>(
  readPage: (after: Id, limit: number) => Promise<readonly Item[]>,
  first: Id,
  readId: (item: Item) => Id,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (let after = first; ; ) {
    const page = await readPage(after, 3);
    items.push(...page);
    const last = page.at(-1);
    if (last === undefined) return items;
    after = readId(last);
  }
}
