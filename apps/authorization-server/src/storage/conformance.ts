import { randomUUID } from "node:crypto";
import { StoreUnavailable } from "@biped/database";
import { verifyAuditChain } from "@biped/management-client/audit-chain";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AuditEvent, Author, NewCredential, NewSecret, SigningKey, Storage } from "./storage.ts";

/** One empty database and the ways to it. */
export type Fixture = {
  /** Opens its storage, each time as another node would. */
  readonly open: () => Promise<Storage>;
  /** Runs a statement past the storage, as somebody with a database client could. */
  readonly execute: (statement: string) => Promise<void>;
};

export type Suite = {
  readonly name: string;
  readonly createFixture: () => Promise<Fixture>;
  /** How often each race is run. */
  readonly rounds: number;
};

export const at = 1_700_000_000;
export const author: Author = { at, actor: "operator", requestId: "request-1", source: "192.0.2.7" };
const ago = (seconds: number): Author => ({ ...author, at: at - seconds });

/** What every storage promises. */
export function describeStorage(suite: Suite): void {
  describe(suite.name, () => {
    describeAccounts(suite);
    describeClouds(suite);
    describeProjects(suite);
    describeCredentials(suite);
    describeSecrets(suite);
    describeSigningKeys(suite);
    describeTheRest(suite);
    describeAuditLog(suite);
    describeRaces(suite);
  });
}

export type Given = {
  readonly storage: Storage;
  readonly other: Storage;
  readonly fixture: Fixture;
  /** The events that were stored since the test began. */
  readonly listNewEvents: () => Promise<readonly AuditEvent[]>;
};

/** A test on a database that the tests of one group share: whatever it needs it creates for itself. */
export function group(
  suite: Suite,
  name: string,
  add: (it: (name: string, run: (given: Given) => Promise<void>) => void) => void,
) {
  describe(name, () => {
    let fixture: Fixture;
    let storage: Storage;
    let other: Storage;
    beforeAll(async () => {
      fixture = await suite.createFixture();
      storage = await fixture.open();
      other = await fixture.open();
    });
    afterAll(async () => {
      await Promise.all([storage?.close(), other?.close()]);
    });
    add((title, run) =>
      test(title, async () => {
        const { sequence } = await storage.findAuditHead();
        const listNewEvents = () => storage.listAuditEvents(sequence, 1000);
        await run({ storage, other, fixture, listNewEvents });
        await expectSoundChain(storage);
      }),
    );
  });
}

async function expectSoundChain(storage: Storage): Promise<void> {
  const head = await storage.findAuditHead();
  const events = await storage.listAuditEvents(0, head.sequence + 1);
  expect(events.length).toBe(head.sequence);
  expect(verifyAuditChain(events, { head })).toBeUndefined();
}

export type Place = { readonly accountId: number; readonly projectId: number; readonly cloud: string };

export async function createPlace(storage: Storage): Promise<Place> {
  const account = await storage.createAccount({ name: "Example" }, author);
  const cloud = `cloud-${randomUUID()}`;
  await storage.createCloud({ name: cloud, endpoint: `https://${cloud}.example.com` }, author);
  const project = await storage.createProject(
    { id: undefined, accountId: account.id, cloud, name: "UX ANALYTICS", timeZone: "Europe/Paris" },
    author,
  );
  if (typeof project === "string") throw new Error(project);
  return { accountId: account.id, projectId: project.id, cloud };
}

export function makeCredential({
  accountId,
  projectId,
}: Omit<NewCredential, keyof typeof newCredential | "clientId">): NewCredential {
  return { ...newCredential, clientId: randomUUID(), accountId, projectId };
}

const newCredential = {
  name: "Nightly export",
  scopes: ["data-export", "metrics"],
  allowedRanges: ["192.0.2.0/24"],
  expiresAt: undefined,
};

export function makeSecret(expiresAt?: number): NewSecret {
  return { id: randomUUID(), digest: "0a".repeat(32), pepperId: "pepper-1", expiresAt };
}

export async function createCredential(
  storage: Storage,
  place: Pick<NewCredential, "accountId" | "projectId">,
  secret: NewSecret = makeSecret(),
) {
  const credential = makeCredential(place);
  expect(await storage.createCredential(credential, secret, author)).toEqual({
    credential: { ...credential, ...fresh },
    secretId: secret.id,
  });
  return { credential, clientId: credential.clientId, secret };
}

const stored = (secret: NewSecret, more = {}) => {
  return { ...secret, createdAt: at, lastUsedAt: undefined, lastUsedSource: undefined, ...more };
};

const written = { at, actor: "operator", requestId: "request-1", source: "192.0.2.7" };

/** What everything has that was just created. */
const fresh = { state: "enabled", epoch: 0, createdAt: at, version: 1 } as const;
const freshAccount = { ...fresh, credentialLifetimeLimitDays: undefined };

function describeAccounts(suite: Suite): void {
  group(suite, "accounts", (it) => {
    it("an account is created enabled, with the next id, and found and listed as it is", async ({ storage, other }) => {
      const one = await storage.createAccount({ name: "Été 🙂" }, author);
      const two = await other.createAccount({ name: "Été 🙂" }, author);
      expect(one).toEqual({ id: one.id, name: "Été 🙂", ...freshAccount });
      expect(two.id).toBe(one.id + 1);
      expect(await other.findAccount(one.id)).toEqual(one);
      expect((await storage.listAccounts()).filter(({ id }) => id >= one.id)).toEqual([one, two]);
    });

    it("an id that no account can have finds none", async ({ storage }) => {
      for (const id of [0, -1, 4_000_000_000, 1.5, Number.NaN, 2 ** 60]) {
        expect(await storage.findAccount(id)).toBeUndefined();
        expect(await storage.setAccountState(id, "disabled", author)).toBeUndefined();
      }
    });

    it("disabling raises the epoch, enabling does not, and a state it has already changes nothing", async (given) => {
      const { storage, listNewEvents } = given;
      const account = await storage.createAccount({ name: "Example" }, author);
      const { id } = account;
      const set = (state: "enabled" | "disabled") => storage.setAccountState(id, state, author);
      expect(await set("enabled")).toEqual(account);
      expect(await set("disabled")).toEqual({ ...account, state: "disabled", epoch: 1, version: 2 });
      expect(await set("disabled")).toEqual({ ...account, state: "disabled", epoch: 1, version: 2 });
      expect(await set("enabled")).toEqual({ ...account, state: "enabled", epoch: 1, version: 3 });
      expect(await set("disabled")).toEqual({ ...account, state: "disabled", epoch: 2, version: 4 });
      expect((await listNewEvents()).map(({ action, before, after }) => ({ action, before, after }))).toEqual([
        { action: "account.created", before: undefined, after: { name: "Example", state: "enabled", epoch: 0 } },
        {
          action: "account.disabled",
          before: { state: "enabled", epoch: 0 },
          after: { state: "disabled", epoch: 1 },
        },
        { action: "account.enabled", before: { state: "disabled", epoch: 1 }, after: { state: "enabled", epoch: 1 } },
        {
          action: "account.disabled",
          before: { state: "enabled", epoch: 1 },
          after: { state: "disabled", epoch: 2 },
        },
      ]);
    });
  });
}

function describeClouds(suite: Suite): void {
  group(suite, "clouds", (it) => {
    it("a name and an endpoint are given once, and a refusal is no event", async ({ storage, listNewEvents }) => {
      const cloud = { name: "aws-eu-west-1", endpoint: "https://one.example.com" };
      expect(await storage.createCloud(cloud, author)).toEqual({ ...cloud, version: 1 });
      expect(await storage.createCloud(cloud, author)).toBe("name taken");
      expect(await storage.createCloud({ ...cloud, endpoint: "https://two.example.com" }, author)).toBe("name taken");
      expect(await storage.createCloud({ ...cloud, name: "azure-us-east" }, author)).toBe("endpoint taken");
      expect(await storage.listClouds()).toEqual([{ ...cloud, version: 1 }]);
      expect(await listNewEvents()).toMatchObject([
        { ...written, action: "cloud.created", subject: "cloud:aws-eu-west-1", accountId: undefined, after: cloud },
      ]);
    });

    it("an endpoint moves unless another cloud has it, and projects move with it", async ({
      storage,
      listNewEvents,
    }) => {
      const place = await createPlace(storage);
      const rival = await createPlace(storage);
      const taken = `https://${rival.cloud}.example.com`;
      const free = `https://new.${place.cloud}.example.com`;
      const created = (await listNewEvents()).length;
      expect(await storage.setCloudEndpoint({ name: place.cloud, endpoint: taken }, author)).toBe("endpoint taken");
      expect(await storage.setCloudEndpoint({ name: "none", endpoint: free }, author)).toBeUndefined();
      const moved = { name: place.cloud, endpoint: free };
      expect(await storage.setCloudEndpoint(moved, author)).toEqual({ ...moved, version: 2 });
      expect(await storage.setCloudEndpoint(moved, author)).toEqual({ ...moved, version: 2 });
      expect(await storage.findProject(place.projectId)).toMatchObject({ endpoint: free, epoch: 0 });
      expect((await listNewEvents()).slice(created)).toMatchObject([
        {
          action: "cloud.changed",
          before: { endpoint: `https://${place.cloud}.example.com` },
          after: { endpoint: free },
        },
      ]);
    });

    it("clouds are listed in the order of their names", async ({ storage }) => {
      for (const name of ["b-cloud", "B-cloud", "a_cloud", "a-cloud"]) {
        await storage.createCloud({ name, endpoint: `https://${name}.order.example.com` }, author);
      }
      const names = (await storage.listClouds()).map(({ name }) => name);
      expect(names).toEqual(names.toSorted());
    });
  });
}

function describeProjects(suite: Suite): void {
  group(suite, "projects", (it) => {
    it("a project takes the id that was chosen, or the next free one", async ({ storage, listNewEvents }) => {
      const { accountId, cloud, projectId } = await createPlace(storage);
      const id = projectId + 41;
      const project = { accountId, cloud, name: "Chosen", timeZone: "UTC" };
      const created = { ...project, endpoint: `https://${cloud}.example.com`, ...fresh };
      expect(await storage.createProject({ ...project, id }, author)).toEqual({ ...created, id });
      expect(await storage.createProject({ ...project, id }, author)).toBe("id taken");
      expect(await storage.createProject({ ...project, id: undefined }, author)).toEqual({ ...created, id: id + 1 });
      expect(await storage.findProject(id)).toEqual({ ...created, id });
      expect((await storage.listProjects(accountId)).map((listed) => listed.id)).toEqual([projectId, id, id + 1]);
      expect((await listNewEvents()).at(-2)).toMatchObject({
        ...written,
        action: "project.created",
        subject: `project:${id}`,
        accountId,
        after: { cloud, name: "Chosen", timeZone: "UTC", state: "enabled", epoch: 0 },
      });
    });

    it("a project needs an account and a cloud, and a refusal is no event", async ({ storage, listNewEvents }) => {
      const { accountId, cloud } = await createPlace(storage);
      const created = (await listNewEvents()).length;
      const project = { id: undefined, accountId, cloud, name: "None", timeZone: "UTC" };
      expect(await storage.createProject({ ...project, accountId: 0 }, author)).toBe("unknown account");
      expect(await storage.createProject({ ...project, cloud: "none" }, author)).toBe("unknown cloud");
      expect(await storage.createProject({ ...project, cloud: "no\0ne" }, author)).toBe("unknown cloud");
      expect((await listNewEvents()).length).toBe(created);
    });

    it("disabling raises the epoch once, and an unknown project is undefined", async ({ storage }) => {
      const { projectId } = await createPlace(storage);
      const disable = (id: number) => storage.changeProject(id, { state: "disabled" }, author);
      expect(await disable(projectId)).toMatchObject({ state: "disabled", epoch: 1, version: 2 });
      expect(await disable(projectId)).toMatchObject({ state: "disabled", epoch: 1, version: 2 });
      expect(await storage.findProject(projectId)).toMatchObject({ state: "disabled", epoch: 1 });
      expect(await disable(0)).toBeUndefined();
      expect(await storage.findProject(Number.MAX_SAFE_INTEGER)).toBeUndefined();
      expect(await storage.findProject(1.5)).toBeUndefined();
      expect(await storage.listProjects(0)).toEqual([]);
    });
  });
}

function describeCredentials(suite: Suite): void {
  group(suite, "credentials", (it) => {
    it("one statement finds a project's credential with its secret, account, project and cloud", async (given) => {
      const { storage, other } = given;
      const place = await createPlace(storage);
      const { credential, clientId, secret } = await createCredential(storage, place);
      expect(await other.findClient(clientId)).toEqual({
        credential: { ...credential, ...fresh },
        secrets: [stored(secret)],
        account: { id: place.accountId, name: "Example", ...freshAccount },
        project: await storage.findProject(place.projectId),
      });
    });

    it("a credential of account level has no project; its end and its ranges are kept", async ({ storage }) => {
      const { accountId } = await createPlace(storage);
      const credential = {
        ...makeCredential({ accountId, projectId: undefined }),
        allowedRanges: [],
        expiresAt: at + 3600,
      };
      const created = { ...credential, ...fresh };
      const answer = await storage.createCredential(credential, makeSecret(at + 60), author);
      expect(answer).toMatchObject({ credential: created });
      expect(await storage.findClient(credential.clientId)).toMatchObject({
        credential: created,
        secrets: [{ expiresAt: at + 60 }],
        project: undefined,
      });
    });

    it("an unknown id and what can be no id find nothing", async ({ storage }) => {
      const ids = [randomUUID(), "", "no\0ne", "\ud800", "x".repeat(10_000), "00000000-0000-0000-0000-000000000000"];
      for (const id of ids) {
        expect(await storage.findClient(id)).toBeUndefined();
        expect(await storage.changeCredential(id, { state: "disabled" }, author)).toBeUndefined();
        expect(await storage.deleteCredential(id, author)).toBe(false);
        expect(await storage.retireSecret({ clientId: id, secretId: id }, author)).toBe(false);
        expect(await storage.cancelRotation({ clientId: id, secretId: id }, author)).toBe(false);
        const rotation = { clientId: id, secret: makeSecret(), formerExpiresAt: at };
        expect(await storage.rotateSecret(rotation, author)).toBe("unknown credential");
      }
    });

    it("an account and a project of that account are needed, and a refusal is no event", async (given) => {
      const { storage, listNewEvents } = given;
      const { accountId, projectId } = await createPlace(storage);
      const stranger = await createPlace(storage);
      const created = (await listNewEvents()).length;
      const create = (place: { readonly accountId: number; readonly projectId: number | undefined }) =>
        storage.createCredential(makeCredential(place), makeSecret(), author);
      expect(await create({ accountId: 0, projectId: undefined })).toBe("unknown account");
      expect(await create({ accountId: 0, projectId })).toBe("unknown account");
      expect(await create({ accountId, projectId: stranger.projectId })).toBe("unknown project");
      expect(await create({ accountId, projectId: 0 })).toBe("unknown project");
      expect((await listNewEvents()).length).toBe(created);
    });

    it("ten a project and ten of account level, disabled ones counted and deleted ones not", async ({ storage }) => {
      const place = await createPlace(storage);
      for (const projectId of [place.projectId, undefined]) {
        const level = { accountId: place.accountId, projectId };
        const create = () => storage.createCredential(makeCredential(level), makeSecret(), author);
        const all = [];
        for (let count = 0; count < 10; count += 1) all.push(await create());
        const [first, second] = all;
        if (typeof first !== "object" || typeof second !== "object") throw new Error("not created");
        await storage.changeCredential(first.credential.clientId, { state: "disabled" }, author);
        expect(await create()).toBe("limit reached");
        await storage.deleteCredential(second.credential.clientId, author);
        expect(await create()).toMatchObject({ credential: { epoch: 0 } });
        expect(await create()).toBe("limit reached");
      }
    });

    it("a client id is never given again, not even after its credential was deleted", async ({ storage }) => {
      const place = await createPlace(storage);
      const { credential, clientId } = await createCredential(storage, place);
      await storage.deleteCredential(clientId, author);
      await expect(storage.createCredential(credential, makeSecret(), author)).rejects.toThrow();
      await expect(storage.createCredential({ ...credential, clientId: "x" }, makeSecret(), author)).rejects.toThrow(
        "A client id must be a UUID in lower case.",
      );
    });

    it("disabling raises the epoch, enabling does not", async ({ storage }) => {
      const { clientId } = await createCredential(storage, await createPlace(storage));
      const set = (state: "enabled" | "disabled") => storage.changeCredential(clientId, { state }, author);
      expect(await set("disabled")).toMatchObject({ epoch: 1 });
      expect(await set("disabled")).toMatchObject({ epoch: 1 });
      expect(await set("enabled")).toMatchObject({ epoch: 1 });
      expect(await storage.findClient(clientId)).toMatchObject({ credential: { state: "enabled", epoch: 1 } });
    });

    it("a scope taken away raises the epoch, one added or another order does not", async ({
      storage,
      listNewEvents,
    }) => {
      const { clientId } = await createCredential(storage, await createPlace(storage));
      const created = (await listNewEvents()).length;
      const set = (...scopes: readonly string[]) => storage.changeCredential(clientId, { scopes }, author);
      expect(await set("metrics", "data-export")).toMatchObject({ scopes: ["data-export", "metrics"], epoch: 0 });
      expect(await set("metrics", "data-export", "enrichment")).toMatchObject({ epoch: 0 });
      expect(await set("metrics", "symbolicator")).toMatchObject({ scopes: ["metrics", "symbolicator"], epoch: 1 });
      expect(await storage.findClient(clientId)).toMatchObject({
        credential: { scopes: ["metrics", "symbolicator"], epoch: 1 },
      });
      expect((await listNewEvents()).slice(created)).toMatchObject([
        {
          action: "credential.changed",
          before: { scopes: ["data-export", "metrics"], epoch: 0 },
          after: { scopes: ["metrics", "data-export", "enrichment"], epoch: 0 },
        },
        {
          action: "credential.changed",
          before: { scopes: ["metrics", "data-export", "enrichment"], epoch: 0 },
          after: { scopes: ["metrics", "symbolicator"], epoch: 1 },
        },
      ]);
    });

    it("a deleted credential is found by nothing, and its event says what it was", async ({
      storage,
      listNewEvents,
    }) => {
      const place = await createPlace(storage);
      const { clientId, secret } = await createCredential(storage, place);
      expect(await storage.deleteCredential(clientId, author)).toBe(true);
      expect(await storage.deleteCredential(clientId, author)).toBe(false);
      expect(await storage.findClient(clientId)).toBeUndefined();
      expect(await storage.changeCredential(clientId, { state: "enabled" }, author)).toBeUndefined();
      expect(await storage.retireSecret({ clientId, secretId: secret.id }, author)).toBe(false);
      expect((await listNewEvents()).at(-1)).toEqual({
        ...written,
        sequence: expect.any(Number),
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        action: "credential.deleted",
        subject: `credential:${clientId}`,
        accountId: place.accountId,
        before: {
          projectId: place.projectId,
          name: "Nightly export",
          scopes: ["data-export", "metrics"],
          allowedRanges: ["192.0.2.0/24"],
          state: "enabled",
          epoch: 0,
          secretIds: [secret.id],
        },
        after: { state: "deleted", epoch: 1 },
      });
    });
  });
}

function describeSecrets(suite: Suite): void {
  group(suite, "secrets", (it) => {
    const rotate = (storage: Storage, clientId: string, secret: NewSecret, by = author) =>
      storage.rotateSecret({ clientId, secret, formerExpiresAt: by.at + 86_400 }, by);

    it("a rotation adds a second secret and gives the first an end", async ({ storage, listNewEvents }) => {
      const place = await createPlace(storage);
      const { clientId, secret } = await createCredential(storage, place);
      const next = makeSecret();
      const credential = (await storage.findClient(clientId))?.credential;
      expect(await rotate(storage, clientId, next)).toEqual({
        credential: { ...credential, version: 2 },
        secretId: next.id,
      });
      expect((await storage.findClient(clientId))?.secrets).toEqual([
        stored(secret, { expiresAt: at + 86_400 }),
        stored(next),
      ]);
      expect((await listNewEvents()).at(-1)).toMatchObject({
        ...written,
        action: "secret.rotated",
        subject: `secret:${next.id}`,
        accountId: place.accountId,
        before: { formerId: secret.id },
        after: { clientId, formerId: secret.id, formerExpiresAt: at + 86_400 },
      });
    });

    it("two live secrets refuse a third until one has expired, which then makes room", async ({ storage }) => {
      const { clientId } = await createCredential(storage, await createPlace(storage));
      const [second, third] = [makeSecret(), makeSecret()];
      await rotate(storage, clientId, second);
      expect(await rotate(storage, clientId, third)).toBe("two live secrets");
      expect(await rotate(storage, clientId, third, { ...author, at: at + 86_399 })).toBe("two live secrets");
      const later = { ...author, at: at + 86_400 };
      expect(await rotate(storage, clientId, third, later)).toMatchObject({ secretId: third.id });
      expect((await storage.findClient(clientId))?.secrets).toEqual([
        stored(second, { expiresAt: at + 2 * 86_400 }),
        stored(third, { createdAt: at + 86_400 }),
      ]);
    });

    it("a rotation never gives a secret a later end, and an expired one stays expired", async ({ storage }) => {
      const secret = makeSecret(at - 1);
      const { clientId } = await createCredential(storage, await createPlace(storage), secret);
      const next = makeSecret();
      await rotate(storage, clientId, next);
      expect((await storage.findClient(clientId))?.secrets).toEqual([stored(secret), stored(next)]);
    });

    it("a retired secret is gone at once, and no epoch is raised", async ({ storage, listNewEvents }) => {
      const place = await createPlace(storage);
      const { clientId, secret } = await createCredential(storage, place);
      const next = makeSecret();
      await rotate(storage, clientId, next);
      const stranger = await createCredential(storage, place);
      const retire = (owner: string, secretId: string) => storage.retireSecret({ clientId: owner, secretId }, author);
      expect(await retire(stranger.clientId, secret.id)).toBe(false);
      expect(await retire(clientId, secret.id)).toBe(true);
      expect(await retire(clientId, secret.id)).toBe(false);
      expect(await retire(clientId, "no\0ne")).toBe(false);
      expect(await storage.findClient(clientId)).toMatchObject({
        credential: { epoch: 0 },
        secrets: [{ id: next.id }],
      });
      expect((await listNewEvents()).at(-1)).toMatchObject({
        action: "secret.retired",
        subject: `secret:${secret.id}`,
        before: { clientId, expiresAt: at + 86_400 },
        after: { clientId, retiredAt: at },
      });
    });

    it("a credential whose secrets are all gone is still found, and gets a new one", async ({ storage }) => {
      const { clientId, secret } = await createCredential(storage, await createPlace(storage));
      await storage.retireSecret({ clientId, secretId: secret.id }, author);
      expect(await storage.findClient(clientId)).toMatchObject({ credential: { clientId }, secrets: [] });
      const next = makeSecret();
      expect(await rotate(storage, clientId, next)).toMatchObject({ secretId: next.id });
      expect((await storage.findClient(clientId))?.secrets).toEqual([stored(next)]);
    });

    it("use is counted, and the time of use only goes forward", async ({ storage, other, listNewEvents }) => {
      const { clientId, secret } = await createCredential(storage, await createPlace(storage));
      const created = (await listNewEvents()).length;
      const use = { clientId, secretId: secret.id, source: "192.0.2.1", tokens: 3 };
      await storage.recordUse([
        { ...use, lastUsedAt: at + 10, source: "192.0.2.2" },
        { ...use, lastUsedAt: at + 3700, source: "192.0.2.3" },
      ]);
      await other.recordUse([{ ...use, lastUsedAt: at + 5 }]);
      await other.recordUse([{ ...use, secretId: randomUUID(), lastUsedAt: at }]);
      await other.recordUse([]);
      expect((await storage.findClient(clientId))?.secrets).toEqual([
        stored(secret, { lastUsedAt: at + 3700, lastUsedSource: "192.0.2.3" }),
      ]);
      expect((await listNewEvents()).length).toBe(created);
    });
  });
}

export function makeKey(state: SigningKey["state"], by = author): SigningKey {
  return {
    kid: randomUUID(),
    algorithm: "RS256",
    state,
    publicJwk: '{"kty":"RSA"}',
    sealedPrivateKey: "sealed",
    createdAt: by.at,
    stateSince: by.at,
  };
}

function describeSigningKeys(suite: Suite): void {
  group(suite, "signing keys and pepper", (it) => {
    it("a key goes from next to active to passive to gone, each step once", async ({
      storage,
      other,
      listNewEvents,
    }) => {
      const [one, two] = [makeKey("active", ago(60)), makeKey("next")];
      expect(await storage.addSigningKey(one, author)).toBe(true);
      expect(await storage.addSigningKey(makeKey("active"), author)).toBe(false);
      expect(await storage.addSigningKey(two, author)).toBe(true);
      expect(await other.addSigningKey(makeKey("next"), author)).toBe(false);
      expect(await other.listSigningKeys()).toEqual([one, two]);

      const promote = (kid: string, former: string | undefined) =>
        storage.promoteSigningKey(
          {
            kid,
            sealedPrivateKey: "sealed as active",
            former: former === undefined ? undefined : { kid: former, sealedPrivateKey: "sealed as passive" },
          },
          { ...author, at: at + 1 },
        );
      expect(await promote(two.kid, undefined)).toBe(false);
      expect(await promote(two.kid, two.kid)).toBe(false);
      expect(await promote(one.kid, one.kid)).toBe(false);
      expect(await promote(two.kid, one.kid)).toBe(true);
      expect(await promote(two.kid, one.kid)).toBe(false);
      const passive = { ...one, state: "passive", sealedPrivateKey: "sealed as passive", stateSince: at + 1 };
      const active = { ...two, state: "active", sealedPrivateKey: "sealed as active", stateSince: at + 1 };
      expect(await other.listSigningKeys()).toEqual([passive, active]);

      expect(await storage.removeSigningKey(two.kid, author)).toBe(false);
      expect(await storage.removeSigningKey(one.kid, author)).toBe(true);
      expect(await storage.removeSigningKey(one.kid, author)).toBe(false);
      expect(await other.listSigningKeys()).toEqual([active]);
      // Made in the same second, and first by its name.
      const third = { ...makeKey("next"), kid: `!${active.kid}` };
      expect(await storage.addSigningKey(third, author)).toBe(true);
      expect(await other.listSigningKeys()).toEqual([active, third]);
      expect(await storage.addSigningKey({ ...one, state: "next" }, author)).toBe(false);
      expect((await listNewEvents()).map(({ action, subject }) => `${action} ${subject}`)).toEqual([
        `signing-key.added signing-key:${one.kid}`,
        `signing-key.added signing-key:${two.kid}`,
        `signing-key.promoted signing-key:${two.kid}`,
        `signing-key.removed signing-key:${one.kid}`,
        `signing-key.added signing-key:${third.kid}`,
      ]);
    });

    it("there is one first pepper", async ({ storage, other, listNewEvents }) => {
      const pepper = { id: "pepper-1", sealed: "sealed pepper", createdAt: at };
      expect(await storage.listPeppers()).toEqual([]);
      expect(await storage.addFirstPepper(pepper, author)).toBe(true);
      expect(await other.addFirstPepper({ ...pepper, id: "pepper-2" }, author)).toBe(false);
      expect(await storage.addFirstPepper(pepper, author)).toBe(false);
      expect(await other.listPeppers()).toEqual([pepper]);
      expect(await listNewEvents()).toMatchObject([{ action: "pepper.added", subject: "pepper:pepper-1", after: {} }]);
    });
  });
}

function describeTheRest(suite: Suite): void {
  group(suite, "revocations, the store itself", (it) => {
    it("a token revoked twice is revoked once", async ({ storage, other, listNewEvents }) => {
      const revocation = { tokenId: randomUUID(), clientId: randomUUID(), accountId: 7, until: at + 3600 };
      expect(await storage.isTokenRevoked(revocation.tokenId)).toBe(false);
      expect(await storage.isTokenRevoked("no\0ne")).toBe(false);
      expect(await storage.revokeToken(revocation, author)).toBeUndefined();
      expect(await other.revokeToken(revocation, author)).toBeUndefined();
      expect(await other.isTokenRevoked(revocation.tokenId)).toBe(true);
      expect(await listNewEvents()).toMatchObject([
        {
          ...written,
          action: "token.revoked",
          subject: `token:${revocation.tokenId}`,
          accountId: 7,
          after: { clientId: revocation.clientId, until: at + 3600 },
        },
      ]);
    });

    it("of 10,000 tokens of an account that live and are revoked there is no next one; of another there is", async (given) => {
      const { storage, fixture, listNewEvents } = given;
      const [place, another] = [await createPlace(storage), await createPlace(storage)];
      const { accountId } = place;
      const [{ clientId }, beside] = [await createCredential(storage, place), await createCredential(storage, place)];
      const foreign = await createCredential(storage, another);
      // 9,999 of them live, and one has ended.
      await fixture.execute(
        `insert into token_revocation (token_id, client_id, account_id, until, revoked_at)
         with recursive numbers(n) as (select 0 union all select n + 1 from numbers where n < 9999)
         select '${clientId}-' || n, '${clientId}', ${accountId}, ${at + 1} - (case when n = 0 then 1 else 0 end), ${at}
         from numbers`,
      );
      const revoke = (tokenId: string, { credential } = beside) => {
        const owner = { clientId: credential.clientId, accountId: credential.accountId };
        return storage.revokeToken({ tokenId, ...owner, until: at + 3600 }, author);
      };
      const [last, next, elsewhere] = [randomUUID(), randomUUID(), randomUUID()];
      expect(await revoke(last)).toBeUndefined();
      expect(await revoke(next)).toBe("limit reached");
      expect(await revoke(last)).toBeUndefined();
      expect(await storage.isTokenRevoked(next)).toBe(false);
      expect(await revoke(elsewhere, foreign)).toBeUndefined();
      const taken = (await listNewEvents()).filter(({ action }) => action === "token.revoked");
      expect(taken.map(({ subject }) => subject)).toEqual([`token:${last}`, `token:${elsewhere}`]);
    });

    it("five minutes after its token has ended, a revocation is swept", async ({ storage, other }) => {
      const revocation = { tokenId: randomUUID(), clientId: randomUUID(), accountId: 7, until: at + 3600 };
      await storage.revokeToken(revocation, author);
      await storage.sweepEphemera(at + 3899);
      expect(await other.isTokenRevoked(revocation.tokenId)).toBe(true);
      await storage.sweepEphemera(at + 3900);
      expect(await other.isTokenRevoked(revocation.tokenId)).toBe(false);
    });

    it("everything before a point in time is one event of the whole store", async ({ storage, listNewEvents }) => {
      expect(await storage.revokeTokensBefore(at + 1, author)).toBe(at + 1);
      const event = { ...written, action: "tokens.revoked-before", subject: "tokens", accountId: undefined };
      expect(await listNewEvents()).toMatchObject([{ ...event, before: undefined, after: { before: at + 1 } }]);
    });

    it("a text that cannot be read back as it is, is never stored", async ({ storage, listNewEvents }) => {
      await expect(storage.createAccount({ name: "a\0b" }, author)).rejects.toThrow("cannot be stored");
      await expect(storage.createAccount({ name: "\udc00" }, author)).rejects.toThrow("cannot be stored");
      expect(await listNewEvents()).toEqual([]);
    });

    it("it answers a ping", async ({ storage }) => {
      expect(await storage.ping()).toBeUndefined();
    });
  });
}

function describeAuditLog(suite: Suite): void {
  group(suite, "audit log", (it) => {
    it("events are listed in pages, in the order in which they were stored", async ({ storage, listNewEvents }) => {
      const { sequence } = await storage.findAuditHead();
      for (let count = 0; count < 5; count += 1) {
        await storage.createAccount({ name: `${count}` }, { at: at + count, actor: "system", requestId: undefined });
      }
      const events = await listNewEvents();
      expect(events.map((event) => event.sequence)).toEqual([1, 2, 3, 4, 5].map((step) => sequence + step));
      expect(events[4]).toMatchObject({ at: at + 4, actor: "system", requestId: undefined, source: undefined });
      expect(await storage.listAuditEvents(sequence + 1, 2)).toEqual(events.slice(1, 3));
      expect(await storage.listAuditEvents(sequence + 5, 10)).toEqual([]);
      expect(await storage.findAuditHead()).toEqual({ sequence: sequence + 5, hash: events[4]?.hash });
    });

    it("no event holds a secret's digest, a pepper or sealed material", async ({ storage, listNewEvents }) => {
      const place = await createPlace(storage);
      const { clientId } = await createCredential(storage, place, { ...makeSecret(), pepperId: "forbidden" });
      const secret = { id: randomUUID(), digest: "forbidden", pepperId: "forbidden", expiresAt: undefined };
      await storage.rotateSecret({ clientId, secret, formerExpiresAt: at }, author);
      await storage.deleteCredential(clientId, author);
      await storage.addFirstPepper({ id: "pepper-1", sealed: "forbidden", createdAt: at }, author);
      const key = { ...makeKey("active"), sealedPrivateKey: "forbidden" };
      await storage.addSigningKey(key, author);
      const text = JSON.stringify(await listNewEvents());
      expect(text).not.toContain("forbidden");
      expect(text).not.toContain("0a0a0a");
    });

    it("no statement changes or deletes an event", async ({ storage, fixture }) => {
      await storage.createAccount({ name: "Example" }, author);
      const events = await storage.listAuditEvents(0, 1000);
      const refused = /rows of audit_event are never changed/;
      for (const change of ["update audit_event set actor = 'nobody'", "delete from audit_event"]) {
        await expect(fixture.execute(change)).rejects.toThrow(refused);
        await expect(fixture.execute(`${change} where sequence = 1`)).rejects.toThrow(refused);
      }
      expect(await storage.listAuditEvents(0, 1000)).toEqual(events);
    });

    it("a write that fails half-way leaves neither a change nor an event", async ({ storage, fixture }) => {
      const { cloud: other } = await createPlace(storage);
      const place = { ...(await createPlace(storage)), other };
      const { clientId, secret } = await createCredential(storage, place);
      await storage.addSigningKey(makeKey("next"), author);
      const before = await readAll(storage, place, clientId);
      for (const [broken, mended] of [
        ["alter table audit_head rename to audit_head_away", "alter table audit_head_away rename to audit_head"],
        ["alter table audit_event rename to audit_event_away", "alter table audit_event_away rename to audit_event"],
      ] as const) {
        await fixture.execute(broken);
        for (const write of makeWrites(storage, place, { clientId, secretId: secret.id })) {
          await expect(write()).rejects.toThrow();
        }
        await fixture.execute(mended);
        expect(await readAll(storage, place, clientId)).toEqual(before);
      }
    });
  });
}

async function readAll(storage: Storage, place: Place, clientId: string) {
  return {
    accounts: await storage.listAccounts(),
    clouds: await storage.listClouds(),
    projects: await storage.listProjects(place.accountId),
    client: await storage.findClient(clientId),
    keys: await storage.listSigningKeys(),
    peppers: await storage.listPeppers(),
    isRevoked: await storage.isTokenRevoked("token-1"),
    head: await storage.findAuditHead(),
  };
}

/** Every method that writes, as a change that would succeed. */
function makeWrites(
  storage: Storage,
  place: Place & { readonly other: string },
  { clientId, secretId }: { clientId: string; secretId: string },
) {
  const { accountId, projectId, cloud, other } = place;
  const project = { id: undefined, accountId, cloud, name: "x", timeZone: "UTC" };
  const revocation = { tokenId: "token-1", clientId, accountId, until: at };
  const makeNext = () => ({ clientId, secret: makeSecret(), formerExpiresAt: at });
  const promote = async () => {
    const keys = await storage.listSigningKeys();
    const next = keys.find(({ state }) => state === "next")?.kid ?? "";
    const active = keys.find(({ state }) => state === "active")?.kid;
    const former = active === undefined ? undefined : { kid: active, sealedPrivateKey: "y" };
    return storage.promoteSigningKey({ kid: next, sealedPrivateKey: "x", former }, author);
  };
  return [
    () => storage.createAccount({ name: "x" }, author),
    () => storage.setAccountState(accountId, "disabled", author),
    () => storage.createCloud({ name: "x", endpoint: "https://x" }, author),
    () => storage.setCloudEndpoint({ name: cloud, endpoint: "https://y" }, author),
    () => storage.createProject(project, author),
    () => storage.changeAccount(accountId, { name: "y" }, author),
    () => storage.changeProject(projectId, { state: "disabled" }, author),
    () => storage.moveProject(projectId, other, author),
    () => storage.createCredential(makeCredential(place), makeSecret(), author),
    () => storage.changeCredential(clientId, { state: "disabled" }, author),
    () => storage.changeCredential(clientId, { scopes: ["metrics"] }, author),
    () => storage.deleteCredential(clientId, author),
    () => storage.rotateSecret(makeNext(), author),
    () => storage.retireSecret({ clientId, secretId }, author),
    () => storage.addSigningKey(makeKey("passive"), author),
    promote,
    () => storage.revokeToken(revocation, author),
    () => storage.revokeTokensOf({ kind: "account", id: accountId }, author),
    () => storage.revokeTokensOf({ kind: "project", id: projectId }, author),
    () => storage.revokeTokensOf({ kind: "credential", clientId }, author),
    () => storage.revokeTokensBefore(at, author),
  ];
}

export function count<Value>(values: readonly Value[], isMeant: (value: Value) => boolean): number {
  return values.filter(isMeant).length;
}

/** Half of the calls through each of two nodes. */
export function race<Answer>({ storage, other }: Given, times: number, call: (storage: Storage) => Promise<Answer>) {
  return Promise.all(
    Array.from({ length: times }, (_, index) => askPatiently(() => call(index % 2 === 0 ? storage : other))),
  );
}

/**
 * As callers do who are told that the store is too busy: a slow machine may make the 50th wait too long. Two that wait
 * for each other (SQLSTATE 40P01) are a fault, though.
 */
async function askPatiently<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      const isDeadlock = String(error).includes("40P01");
      if (!(error instanceof StoreUnavailable) || isDeadlock || tries === 20) throw error;
    }
  }
}

function describeRaces(suite: Suite): void {
  group(suite, `races of two nodes, ${suite.rounds} rounds`, (it) => {
    it("50 creations at a limit of 10 create exactly 10, at both levels", async (given) => {
      for (let round = 0; round < suite.rounds; round += 1) {
        const { accountId, projectId } = await createPlace(given.storage);
        const level = { accountId, projectId: round % 2 === 0 ? projectId : undefined };
        const answers = await race(given, 50, (node) =>
          node.createCredential(makeCredential(level), makeSecret(), author),
        );
        expect(count(answers, (answer) => answer !== "limit reached")).toBe(10);
      }
    });

    it("50 rotations have one winner", async (given) => {
      const place = await createPlace(given.storage);
      for (let round = 0; round < suite.rounds; round += 1) {
        const { clientId } = await createCredential(given.storage, place);
        const answers = await race(given, 50, (node) =>
          node.rotateSecret({ clientId, secret: makeSecret(), formerExpiresAt: at + 60 }, author),
        );
        expect(count(answers, (answer) => answer !== "two live secrets")).toBe(1);
        expect((await given.storage.findClient(clientId))?.secrets.length).toBe(2);
        await given.storage.deleteCredential(clientId, author);
      }
    });

    it("a rotation, its former secret's use, its retirement and the deletion never wait for each other for good", async (given) => {
      const place = await createPlace(given.storage);
      for (let round = 0; round < suite.rounds; round += 1) {
        const made = [await createCredential(given.storage, place), await createCredential(given.storage, place)];
        const uses = made.map(({ clientId, secret }) => ({
          clientId,
          secretId: secret.id,
          lastUsedAt: at,
          source: "192.0.2.1",
          tokens: 1,
        }));
        await race(given, 12, (node) => node.recordUse(uses.toReversed()));
        const rotations = made.map(({ clientId }) => ({
          clientId,
          secret: makeSecret(at + 60),
          formerExpiresAt: at + 30,
        }));
        const { storage, other } = given;
        const calls: readonly (() => Promise<unknown>)[] = [
          ...rotations.map((rotation) => () => storage.rotateSecret(rotation, author)),
          ...uses.map((use) => () => other.retireSecret(use, author)),
          () => storage.recordUse(uses),
          () => other.recordUse(uses.toReversed()),
          ...made.map(
            ({ clientId }) =>
              () =>
                other.changeCredential(clientId, { state: "disabled" }, author),
          ),
          ...made.map(
            ({ clientId }) =>
              () =>
                storage.deleteCredential(clientId, author),
          ),
        ];
        expect((await Promise.all(calls.map(askPatiently))).slice(-2)).toEqual([true, true]);
      }
    });

    it("one of 20 first peppers is the first", async (given) => {
      const answers = await race(given, 20, (node) =>
        node.addFirstPepper({ id: randomUUID(), sealed: "sealed", createdAt: at }, author),
      );
      expect(count(answers, Boolean)).toBe(1);
      expect((await given.storage.listPeppers()).length).toBe(1);
    });

    it("one of 20 keys is the next, and one of 20 promotions promotes it", async (given) => {
      for (let round = 0; round < suite.rounds; round += 1) {
        const added = await race(given, 20, (node) => node.addSigningKey(makeKey("next"), author));
        expect(count(added, Boolean)).toBe(1);
        const keys = await given.storage.listSigningKeys();
        const next = keys.find(({ state }) => state === "next");
        const active = keys.find(({ state }) => state === "active");
        const former = active && { kid: active.kid, sealedPrivateKey: "sealed as passive" };
        const promotion = { kid: next?.kid ?? "", sealedPrivateKey: "sealed as active", former };
        const promoted = await race(given, 20, (node) => node.promoteSigningKey(promotion, author));
        expect(count(promoted, Boolean)).toBe(1);
        const states = (await given.storage.listSigningKeys()).map(({ state }) => state);
        expect(count(states, (state) => state === "active")).toBe(1);
      }
    });

    it("50 revocations of one token are one event", async (given) => {
      for (let round = 0; round < suite.rounds; round += 1) {
        const { sequence } = await given.storage.findAuditHead();
        const revocation = { tokenId: randomUUID(), clientId: randomUUID(), accountId: 1, until: at + 3600 };
        await race(given, 50, (node) => node.revokeToken(revocation, author));
        expect(await given.storage.findAuditHead()).toMatchObject({ sequence: sequence + 1 });
      }
    });

    it("20 projects and 20 accounts get 20 ids each, and one of 20 clouds the name", async (given) => {
      const { accountId, cloud } = await createPlace(given.storage);
      const project = { id: undefined, accountId, cloud, name: "x", timeZone: "UTC" };
      for (let round = 0; round < suite.rounds / 2; round += 1) {
        const projects = await race(given, 20, (node) => node.createProject(project, author));
        expect(new Set(projects.map((created) => typeof created === "object" && created.id)).size).toBe(20);
        const accounts = await race(given, 20, (node) => node.createAccount({ name: "x" }, author));
        expect(new Set(accounts.map(({ id }) => id)).size).toBe(20);
        const clouds = await race(given, 20, (node) =>
          node.createCloud({ name: `raced-${round}`, endpoint: `https://${randomUUID()}` }, author),
        );
        expect(count(clouds, (created) => created !== "name taken")).toBe(1);
      }
    });

    it("one of two moves takes the endpoint", async (given) => {
      const places = await Promise.all([createPlace(given.storage), createPlace(given.storage)]);
      for (let round = 0; round < suite.rounds / 2; round += 1) {
        const endpoint = `https://${randomUUID()}`;
        const moves = places.map(({ cloud }, index) => () => {
          const node = index === 0 ? given.storage : given.other;
          return node.setCloudEndpoint({ name: cloud, endpoint }, author);
        });
        const moved = await Promise.all(moves.map(askPatiently));
        expect(count(moved, (answer) => answer === "endpoint taken")).toBe(1);
      }
    });
  });
}
