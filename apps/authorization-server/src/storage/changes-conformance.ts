import { randomUUID } from "node:crypto";
import { describe, expect } from "vitest";
import {
  at,
  author,
  count,
  createCredential,
  createPlace,
  type Given,
  group,
  makeCredential,
  makeKey,
  makeSecret,
  race,
  type Suite,
} from "./conformance.ts";
import { type Author, IdempotencyMismatch, type Storage, type TokenOwner } from "./storage.ts";

/** What every storage promises of changes: their versions, their epochs, and that they are made once. */
export function describeChanges(suite: Suite): void {
  describe(`${suite.name}: changes`, () => {
    describeAccountChanges(suite);
    describeProjectChanges(suite);
    describeCredentialChanges(suite);
    describeRotations(suite);
    describeCompromise(suite);
    describeTokensOf(suite);
    describeVersions(suite);
    describeIdempotency(suite);
    describeIdempotencyRaces(suite);
    describeAskings(suite);
  });
}

const expecting = (ifVersion: number): Author => ({ ...author, ifVersion });
const keyed = (key: string, fingerprint = "f1"): Author => ({ ...author, idempotency: { key, fingerprint } });

function describeAccountChanges(suite: Suite): void {
  group(suite, "accounts", (it) => {
    it("a name and a limit change; what is absent stays, and nothing changed is no event", async (given) => {
      const { storage, other, listNewEvents } = given;
      const account = await storage.createAccount({ name: "One", credentialLifetimeLimitDays: 90 }, author);
      expect(account).toMatchObject({ credentialLifetimeLimitDays: 90, version: 1 });
      const { id } = account;
      const renamed = { ...account, name: "Two", version: 2 };
      expect(await storage.changeAccount(id, { name: "Two" }, author)).toEqual(renamed);
      expect(await storage.changeAccount(id, { name: "Two" }, author)).toEqual(renamed);
      expect(await storage.changeAccount(id, {}, author)).toEqual(renamed);
      const unlimited = { ...renamed, credentialLifetimeLimitDays: undefined, version: 3 };
      expect(await storage.changeAccount(id, { credentialLifetimeLimitDays: undefined }, author)).toEqual(unlimited);
      expect(await other.findAccount(id)).toEqual(unlimited);
      expect(await storage.changeAccount(0, { name: "x" }, author)).toBeUndefined();
      expect((await listNewEvents()).map(({ action, before, after }) => ({ action, before, after }))).toEqual([
        {
          action: "account.created",
          before: undefined,
          after: { name: "One", state: "enabled", epoch: 0, credentialLifetimeLimitDays: 90 },
        },
        { action: "account.changed", before: { name: "One", epoch: 0 }, after: { name: "Two", epoch: 0 } },
        {
          action: "account.changed",
          before: { credentialLifetimeLimitDays: 90, epoch: 0 },
          after: { epoch: 0 },
        },
      ]);
    });
  });
}

function describeProjectChanges(suite: Suite): void {
  group(suite, "projects", (it) => {
    it("a name and a time zone change without the epoch, a disabling raises it", async ({ storage, listNewEvents }) => {
      const { projectId } = await createPlace(storage);
      const project = await storage.findProject(projectId);
      const made = (await listNewEvents()).length;
      const changed = { ...project, name: "Two", timeZone: "UTC", version: 2 };
      expect(await storage.changeProject(projectId, { name: "Two", timeZone: "UTC" }, author)).toEqual(changed);
      const off = await storage.changeProject(projectId, { name: "Three", state: "disabled" }, author);
      expect(off).toEqual({ ...changed, name: "Three", state: "disabled", epoch: 1, version: 3 });
      expect(await storage.findProject(projectId)).toEqual(off);
      expect((await listNewEvents()).slice(made)).toMatchObject([
        { action: "project.changed", before: { name: "UX ANALYTICS", timeZone: "Europe/Paris" }, after: { epoch: 0 } },
        {
          action: "project.disabled",
          subject: `project:${projectId}`,
          before: { name: "Two", state: "enabled", epoch: 0 },
          after: { name: "Three", state: "disabled", epoch: 1 },
        },
      ]);
    });

    it("a project that moves gets the endpoint of its new cloud and another epoch", async (given) => {
      const { storage, other, listNewEvents } = given;
      const { projectId, cloud: from, accountId } = await createPlace(storage);
      const { cloud } = await createPlace(storage);
      const former = await storage.findProject(projectId);
      const made = (await listNewEvents()).length;
      const moved = { ...former, cloud, endpoint: `https://${cloud}.example.com`, epoch: 1, version: 2 };
      expect(await storage.moveProject(projectId, "none", author)).toBe("unknown cloud");
      expect(await storage.moveProject(projectId, "no\0ne", author)).toBe("unknown cloud");
      expect(await storage.moveProject(0, cloud, author)).toBeUndefined();
      expect(await storage.moveProject(projectId, cloud, author)).toEqual(moved);
      expect(await storage.moveProject(projectId, cloud, author)).toEqual(moved);
      expect(await other.findProject(projectId)).toEqual(moved);
      expect((await listNewEvents()).slice(made)).toMatchObject([
        {
          action: "project.moved",
          accountId,
          before: { cloud: from, endpoint: `https://${from}.example.com`, epoch: 0 },
          after: { cloud, endpoint: `https://${cloud}.example.com`, epoch: 1 },
        },
      ]);
    });
  });
}

function describeCredentialChanges(suite: Suite): void {
  group(suite, "credentials", (it) => {
    it("several members change as one, with one event", async ({ storage, listNewEvents }) => {
      const { clientId, credential } = await createCredential(storage, await createPlace(storage));
      const made = (await listNewEvents()).length;
      const change = { name: "Hourly", scopes: ["data-export", "metrics", "symbolicator"], expiresAt: at + 60 };
      const stored = { ...credential, ...change, state: "enabled", epoch: 1, createdAt: at, version: 2 };
      expect(await storage.changeCredential(clientId, change, author)).toEqual(stored);
      expect(await storage.changeCredential(clientId, change, author)).toEqual(stored);
      expect((await storage.findClient(clientId))?.credential).toEqual(stored);
      expect((await listNewEvents()).slice(made)).toMatchObject([
        {
          action: "credential.changed",
          before: { name: "Nightly export", scopes: ["data-export", "metrics"], epoch: 0 },
          after: { ...change, epoch: 1 },
        },
      ]);
    });

    it("what takes something away raises the epoch by one, and nothing else does", async ({ storage }) => {
      const { clientId } = await createCredential(storage, await createPlace(storage));
      const epochs: number[] = [];
      for (const change of [
        { name: "x" },
        { allowedRanges: ["192.0.2.0/24", "198.51.100.0/24"] },
        { allowedRanges: ["192.0.0.0/16", "198.51.100.0/24"] },
        { allowedRanges: ["198.51.100.0/24", "192.0.0.0/16"] },
        { allowedRanges: ["192.0.2.0/24", "198.51.100.0/24"] },
        { allowedRanges: [] },
        { allowedRanges: ["0.0.0.0/0"] },
        { allowedRanges: ["::/0", "0.0.0.0/0"] },
        { expiresAt: at + 100 },
        { expiresAt: at + 200 },
        { expiresAt: at + 150 },
        { expiresAt: undefined },
        { state: "disabled", scopes: ["metrics"], expiresAt: at + 1 },
        { state: "enabled" },
      ] as const) {
        const changed = await storage.changeCredential(clientId, change, author);
        epochs.push(typeof changed === "object" ? changed.epoch : -1);
      }
      expect(epochs).toEqual([0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    });
  });
}

function describeRotations(suite: Suite): void {
  group(suite, "rotations", (it) => {
    const begin = async (storage: Storage, formerEnd?: number) => {
      const made = await createCredential(storage, await createPlace(storage), makeSecret(formerEnd));
      const next = makeSecret();
      await storage.rotateSecret({ clientId: made.clientId, secret: next, formerExpiresAt: at + 100 }, author);
      return { ...made, next };
    };
    const listEnds = async (storage: Storage, clientId: string) =>
      (await storage.findClient(clientId))?.secrets.map(({ id, expiresAt }) => ({ id, expiresAt }));

    it("cancelled: the newest ends, the former has its old end again, and no epoch is raised", async (given) => {
      const { storage, listNewEvents } = given;
      for (const end of [undefined, at + 500]) {
        const { clientId, secret, next } = await begin(storage, end);
        expect(await storage.cancelRotation({ clientId, secretId: next.id }, author)).toBe(true);
        expect(await listEnds(storage, clientId)).toEqual([{ id: secret.id, expiresAt: end }]);
        expect((await storage.findClient(clientId))?.credential).toMatchObject({ epoch: 0, version: 3 });
        expect(await storage.cancelRotation({ clientId, secretId: next.id }, author)).toBe(false);
        expect((await listNewEvents()).at(-1)).toMatchObject({
          action: "secret.rotation-cancelled",
          subject: `secret:${next.id}`,
          before: { clientId, formerId: secret.id, formerExpiresAt: at + 100 },
          after: { clientId, formerId: secret.id, retiredAt: at, ...(end !== undefined && { formerExpiresAt: end }) },
        });
      }
    });

    it("is none to cancel by the former secret, once that has ended, or where there is one secret", async (given) => {
      const { storage, listNewEvents } = given;
      const { clientId, secret, next } = await begin(storage);
      const events = (await listNewEvents()).length;
      const cancel = (secretId: string, seconds: number) =>
        storage.cancelRotation({ clientId, secretId }, { ...author, at: at + seconds });
      expect(await cancel(secret.id, 0)).toBe("no rotation");
      expect(await cancel(next.id, 100)).toBe("no rotation");
      expect(await cancel(randomUUID(), 0)).toBe(false);
      expect((await listNewEvents()).length).toBe(events);
      expect(await storage.retireSecret({ clientId, secretId: secret.id }, author)).toBe(true);
      expect(await cancel(next.id, 0)).toBe("no rotation");
      expect((await storage.findClient(clientId))?.secrets).toMatchObject([{ id: next.id }]);
    });

    it("is completed only if the former secret was silent for as long as the caller asks", async ({ storage }) => {
      const { clientId, secret } = await begin(storage);
      const retire = (unlessUsedSince: number) =>
        storage.retireSecret({ clientId, secretId: secret.id, unlessUsedSince }, author);
      const use = { clientId, secretId: secret.id, lastUsedAt: at - 60, source: "192.0.2.9", tokens: 1 };
      await storage.recordUse([use]);
      expect(await retire(at - 60)).toBe("in use");
      expect((await storage.findClient(clientId))?.secrets.length).toBe(2);
      expect(await retire(at - 59)).toBe(true);
      expect((await storage.findClient(clientId))?.secrets.length).toBe(1);
    });

    it("a secret that was never used is silent for ever", async ({ storage }) => {
      const { clientId, secret } = await begin(storage);
      const retirement = { clientId, secretId: secret.id, unlessUsedSince: 0 };
      expect(await storage.retireSecret(retirement, author)).toBe(true);
    });
  });
}

function describeCompromise(suite: Suite): void {
  group(suite, "compromised signing keys", (it) => {
    it("the active one is replaced at once, one that does not sign just goes", async (given) => {
      const { storage, other, listNewEvents } = given;
      const [active, next, passive] = [makeKey("active"), makeKey("next"), makeKey("passive")];
      for (const key of [active, next, passive]) await storage.addSigningKey(key, author);
      const made = (await listNewEvents()).length;
      const later = { ...author, at: at + 9 };
      const compromise = (kid: string, replacement: typeof active | undefined, formerActiveKid = active.kid) =>
        storage.compromiseSigningKey({ kid, replacement, formerActiveKid }, later);
      const list = async () => (await other.listSigningKeys()).map(({ kid, state }) => `${kid} ${state}`).toSorted();

      expect(await compromise(active.kid, undefined)).toBe(false);
      expect(await compromise(passive.kid, makeKey("active"))).toBe(false);
      expect(await compromise(active.kid, makeKey("active"), next.kid)).toBe(false);
      expect(await compromise("no\0ne", undefined)).toBe(false);
      expect((await list()).length).toBe(3);

      expect(await compromise(passive.kid, undefined)).toBe(true);
      expect(await compromise(passive.kid, undefined)).toBe(false);
      const replacement = { ...makeKey("next"), createdAt: at + 9, stateSince: at + 9 };
      expect(await compromise(active.kid, replacement)).toBe(true);
      expect(await compromise(active.kid, makeKey("active"))).toBe(false);
      expect(await list()).toEqual([`${next.kid} next`, `${replacement.kid} active`].toSorted());
      expect((await listNewEvents()).slice(made)).toMatchObject([
        {
          action: "signing-key.compromised",
          subject: `signing-key:${passive.kid}`,
          before: { state: "passive" },
          after: { state: "gone" },
        },
        {
          action: "signing-key.compromised",
          subject: `signing-key:${active.kid}`,
          before: { state: "active" },
          after: { state: "gone", replacementKid: replacement.kid },
        },
      ]);

      const promoted = { ...next, sealedPrivateKey: "sealed as active" };
      expect(await compromise(replacement.kid, promoted, replacement.kid)).toBe(true);
      expect(await other.listSigningKeys()).toEqual([{ ...promoted, state: "active", stateSince: at + 9 }]);
    });
  });

  group(suite, `races of compromised signing keys, ${suite.rounds} rounds`, (it) => {
    it("of 20 one replaces the active key", async (given) => {
      let active = makeKey("active");
      await given.storage.addSigningKey(active, author);
      for (let round = 0; round < suite.rounds; round += 1) {
        const { kid } = active;
        const answers = await race(given, 20, async (node) => {
          const replacement = makeKey("active");
          const isDone = await node.compromiseSigningKey({ kid, replacement, formerActiveKid: kid }, author);
          return isDone ? replacement : undefined;
        });
        const [winner, ...others] = answers.filter((answer) => answer !== undefined);
        expect(others).toEqual([]);
        expect(await given.storage.listSigningKeys()).toEqual([winner]);
        active = winner ?? active;
      }
    });
  });
}

function describeTokensOf(suite: Suite): void {
  group(suite, "tokens of an account, a project, a credential", (it) => {
    const begin = async (storage: Storage) => {
      const { accountId, projectId } = await createPlace(storage);
      const { clientId } = await createCredential(storage, { accountId, projectId });
      const owners: readonly TokenOwner[] = [
        { kind: "account", id: accountId },
        { kind: "project", id: projectId },
        { kind: "credential", clientId },
      ];
      return { accountId, clientId, projectId, owners };
    };

    it("are taken back by its epoch, and nothing else of it changes", async (given) => {
      const { storage, other, listNewEvents } = given;
      const { accountId, clientId, projectId, owners } = await begin(storage);
      const before = await storage.findClient(clientId);
      const made = (await listNewEvents()).length;
      for (const epoch of [1, 2]) {
        for (const owner of owners) {
          expect(await storage.revokeTokensOf(owner, author)).toEqual({ epoch, version: epoch + 1 });
        }
      }
      const raised = { epoch: 2, version: 3 };
      expect(await other.findClient(clientId)).toEqual({
        ...before,
        account: { ...before?.account, ...raised },
        project: { ...before?.project, ...raised },
        credential: { ...before?.credential, ...raised },
      });
      const events = (await listNewEvents()).slice(made);
      expect(events.map(({ action, subject }) => `${action} ${subject}`).slice(3)).toEqual([
        `account.tokens-revoked account:${accountId}`,
        `project.tokens-revoked project:${projectId}`,
        `credential.tokens-revoked credential:${clientId}`,
      ]);
      for (const event of events.slice(3)) {
        expect(event).toMatchObject({ ...author, accountId, before: { epoch: 1 }, after: { epoch: 2 } });
      }
    });

    it("of what is not there, or was deleted, are none", async ({ storage, listNewEvents }) => {
      const { clientId } = await begin(storage);
      await storage.deleteCredential(clientId, author);
      const { length } = await listNewEvents();
      const missing: readonly TokenOwner[] = [
        { kind: "account", id: 0 },
        { kind: "project", id: 0 },
        { kind: "credential", clientId },
        { kind: "credential", clientId: "no\0ne" },
      ];
      for (const owner of missing) expect(await storage.revokeTokensOf(owner, author)).toBeUndefined();
      expect((await listNewEvents()).length).toBe(length);
    });

    it("20 at once raise the epoch by 20", async (given) => {
      const { owners } = await begin(given.storage);
      for (const owner of owners) {
        const answers = await race(given, 20, (node) => node.revokeTokensOf(owner, author));
        const epochs = answers.map((answer) => (typeof answer === "object" ? answer.epoch : -1));
        expect(epochs.toSorted((one, another) => one - another)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
      }
    });
  });
}

/** Each change of an object that has a version, by the same name. */
async function makeVersioned(storage: Storage) {
  const place = await createPlace(storage);
  const { cloud: other } = await createPlace(storage);
  const { clientId, secret } = await createCredential(storage, place);
  const next = makeSecret();
  const secretOf = { clientId, secretId: secret.id };
  const steps: readonly (readonly [string, (by: Author) => Promise<unknown>])[] = [
    ["account", (by) => storage.changeAccount(place.accountId, { name: "x" }, by)],
    ["account", (by) => storage.setAccountState(place.accountId, "disabled", by)],
    ["account", (by) => storage.revokeTokensOf({ kind: "account", id: place.accountId }, by)],
    ["cloud", (by) => storage.setCloudEndpoint({ name: place.cloud, endpoint: `https://${randomUUID()}` }, by)],
    ["project", (by) => storage.changeProject(place.projectId, { name: "x" }, by)],
    ["project", (by) => storage.moveProject(place.projectId, other, by)],
    ["project", (by) => storage.revokeTokensOf({ kind: "project", id: place.projectId }, by)],
    ["credential", (by) => storage.changeCredential(clientId, { name: "x" }, by)],
    ["credential", (by) => storage.revokeTokensOf({ kind: "credential", clientId }, by)],
    ["credential", (by) => storage.rotateSecret({ clientId, secret: next, formerExpiresAt: at + 60 }, by)],
    ["credential", (by) => storage.cancelRotation({ clientId, secretId: next.id }, by)],
    ["credential", (by) => storage.retireSecret(secretOf, by)],
    ["credential", (by) => storage.deleteCredential(clientId, by)],
  ];
  const readVersion = async (noun: string) => {
    if (noun === "account") return (await storage.findAccount(place.accountId))?.version;
    if (noun === "project") return (await storage.findProject(place.projectId))?.version;
    if (noun === "cloud") return (await storage.listClouds()).find(({ name }) => name === place.cloud)?.version;
    return (await storage.findClient(clientId))?.credential.version;
  };
  return { steps, readVersion };
}

function describeVersions(suite: Suite): void {
  group(suite, "versions", (it) => {
    it("each change raises the version of its object by one, and is made for that version alone", async (given) => {
      const { storage, listNewEvents } = given;
      const { steps, readVersion } = await makeVersioned(storage);
      for (const [noun, change] of steps) {
        const version = (await readVersion(noun)) ?? 0;
        const events = (await listNewEvents()).length;
        for (const wrong of [version - 1, version + 1, 0]) {
          expect(await change(expecting(wrong))).toBe("version mismatch");
        }
        expect((await listNewEvents()).length).toBe(events);
        expect(await change(expecting(version))).not.toBe("version mismatch");
        expect((await listNewEvents()).length).toBe(events + 1);
        const isDeleted = noun === "credential" && (await readVersion(noun)) === undefined;
        if (!isDeleted) expect(await readVersion(noun)).toBe(version + 1);
      }
    });

    it("of 20 changes for one version one is made", async (given) => {
      const { id } = await given.storage.createAccount({ name: "x" }, author);
      for (let round = 0; round < suite.rounds / 2; round += 1) {
        let name = 0;
        const answers = await race(given, 20, (node) => {
          name += 1;
          return node.changeAccount(id, { name: `${round} ${name}` }, expecting(round + 1));
        });
        expect(count(answers, (answer) => answer !== "version mismatch")).toBe(1);
      }
    });

    it("use raises no version", async ({ storage }) => {
      const { clientId, secret } = await createCredential(storage, await createPlace(storage));
      await storage.recordUse([{ clientId, secretId: secret.id, lastUsedAt: at, source: "192.0.2.1", tokens: 1 }]);
      expect((await storage.findClient(clientId))?.credential.version).toBe(1);
    });
  });
}

function describeIdempotency(suite: Suite): void {
  group(suite, "Idempotency-Key", (it) => {
    it("asked again, each change answers what it answered and does nothing", async ({ storage, listNewEvents }) => {
      const { accountId, cloud, projectId } = await createPlace(storage);
      const place = { accountId, projectId };
      const project = { id: undefined, accountId, cloud, name: "x", timeZone: "UTC" };
      const { clientId } = await createCredential(storage, place);
      const newCloud = { name: `new-${cloud}`, endpoint: `https://new.${cloud}.example.com` };
      for (const change of [
        (by: Author) => storage.createAccount({ name: "x" }, by),
        (by: Author) => storage.createCloud(newCloud, by),
        (by: Author) => storage.createProject(project, by),
        (by: Author) => storage.createCredential(makeCredential(place), makeSecret(), by),
        (by: Author) => storage.changeCredential(clientId, { name: "y", expiresAt: undefined }, by),
        (by: Author) => storage.rotateSecret({ clientId, secret: makeSecret(), formerExpiresAt: at + 60 }, by),
        (by: Author) => storage.revokeTokensOf({ kind: "account", id: accountId }, by),
        (by: Author) => storage.revokeTokensOf({ kind: "project", id: projectId }, by),
        (by: Author) => storage.revokeTokensOf({ kind: "credential", clientId }, by),
        (by: Author) => storage.revokeTokensBefore(by.at, by),
        (by: Author) => storage.revokeToken({ tokenId: randomUUID(), clientId, accountId, until: at }, by),
        (by: Author) => storage.deleteCredential(clientId, by),
      ]) {
        const by = keyed(randomUUID());
        const answer = await change(by);
        const { length } = await listNewEvents();
        expect(await change({ ...by, at: at + 60, requestId: "request-2" })).toEqual(answer);
        expect((await listNewEvents()).length).toBe(length);
      }
    });

    it("the answer is that of the first call, though the object has changed or gone since", async ({ storage }) => {
      const place = await createPlace(storage);
      const by = keyed("create");
      const secret = makeSecret();
      const credential = makeCredential(place);
      const first = await storage.createCredential(credential, secret, by);
      if (typeof first === "string") throw new Error(first);
      const again = () => storage.createCredential(makeCredential(place), makeSecret(), by);
      await storage.changeCredential(credential.clientId, { name: "Renamed" }, author);
      expect(await again()).toEqual(first);
      await storage.deleteCredential(credential.clientId, author);
      expect(await again()).toEqual(first);
      expect(first.secretId).toBe(secret.id);
    });

    it("the version is that of the first call: asked again, it is no mismatch", async ({ storage }) => {
      const { id } = await storage.createAccount({ name: "x" }, author);
      const by = { ...keyed("rename"), ifVersion: 1 };
      const first = await storage.changeAccount(id, { name: "y" }, by);
      expect(first).toMatchObject({ name: "y", version: 2 });
      expect(await storage.changeAccount(id, { name: "y" }, by)).toEqual(first);
    });

    it("the same key with another request throws and does nothing; another actor's key is another key", async (given) => {
      const { storage, listNewEvents } = given;
      const first = await storage.createAccount({ name: "One" }, keyed("same"));
      const { length } = await listNewEvents();
      await expect(storage.createAccount({ name: "Two" }, keyed("same", "f2"))).rejects.toThrow(IdempotencyMismatch);
      expect((await listNewEvents()).length).toBe(length);
      const other = await storage.createAccount({ name: "Two" }, { ...keyed("same", "f2"), actor: "administrator:2" });
      expect(other.id).not.toBe(first.id);
      expect(await storage.createAccount({ name: "One" }, keyed("same"))).toEqual(first);
    });

    it("what was refused, and what changed nothing, leaves no key behind", async ({ storage }) => {
      const { accountId, cloud } = await createPlace(storage);
      const project = { id: undefined, accountId, cloud: "none", name: "x", timeZone: "UTC" };
      expect(await storage.createProject(project, keyed("refused"))).toBe("unknown cloud");
      expect(await storage.createProject({ ...project, cloud }, keyed("refused", "f2"))).toMatchObject({ cloud });
      expect(await storage.setAccountState(accountId, "enabled", keyed("nothing"))).toMatchObject({ version: 1 });
      const taken = { name: `x-${cloud}`, endpoint: `https://${cloud}.example.com` };
      expect(await storage.createCloud(taken, keyed("taken"))).toBe("endpoint taken");
      const disabled = await storage.setAccountState(accountId, "disabled", keyed("nothing", "f2"));
      expect(disabled).toMatchObject({ state: "disabled", version: 2 });
    });

    it("what failed half-way leaves no key behind", async ({ storage, fixture }) => {
      await fixture.execute("alter table audit_head rename to audit_head_away");
      await expect(storage.createAccount({ name: "x" }, keyed("failed"))).rejects.toThrow();
      await fixture.execute("alter table audit_head_away rename to audit_head");
      expect(await storage.createAccount({ name: "y" }, keyed("failed", "f2"))).toMatchObject({ name: "y" });
    });

    it("no stored answer holds a secret's digest", async ({ storage, fixture }) => {
      const place = await createPlace(storage);
      const secret = { ...makeSecret(), digest: "deadbeef", pepperId: "deadbeef" };
      const created = await storage.createCredential(makeCredential(place), secret, keyed("secret"));
      expect(JSON.stringify(created)).not.toContain("deadbeef");
      // A check on the table fails if any row holds it.
      const probe = "create table probe (held bigint not null check (held = 0))";
      await fixture.execute(probe);
      await fixture.execute(
        "insert into probe select count(*) from idempotency_record where answer like '%deadbeef%' or key like '%deadbeef%'",
      );
    });

    it("what a key created before is found without creating it again", async ({ storage, other }) => {
      const place = await createPlace(storage);
      const by = keyed("found");
      expect(await other.findCreatedCredential(by)).toBeUndefined();
      const created = await storage.createCredential(makeCredential(place), makeSecret(), by);
      const head = await storage.findAuditHead();
      expect(await other.findCreatedCredential(by)).toEqual(created);
      expect(await other.findCreatedCredential({ ...by, actor: "administrator:2" })).toBeUndefined();
      expect(await other.findCreatedCredential({ ...by, idempotency: undefined })).toBeUndefined();
      await expect(other.findCreatedCredential(keyed("found", "f2"))).rejects.toThrow(IdempotencyMismatch);
      expect(await storage.findAuditHead()).toEqual(head);
    });

    it("a day later the key may be used anew", async ({ storage }) => {
      const first = await storage.createAccount({ name: "x" }, keyed("daily"));
      await storage.sweepEphemera(at + 86_399);
      expect(await storage.createAccount({ name: "x" }, keyed("daily"))).toEqual(first);
      await storage.sweepEphemera(at + 86_401);
      expect((await storage.createAccount({ name: "x" }, keyed("daily", "f2"))).id).not.toBe(first.id);
    });
  });
}

function describeIdempotencyRaces(suite: Suite): void {
  group(suite, `races with one Idempotency-Key, ${suite.rounds} rounds`, (it) => {
    it("20 calls are one change and one answer", async (given) => {
      for (let round = 0; round < suite.rounds; round += 1) {
        const { length } = await given.listNewEvents();
        const by = keyed(`${round}`);
        const answers = await race(given, 20, (node) => node.createAccount({ name: `${round}` }, by));
        expect(answers).toEqual(answers.map(() => answers[0]));
        expect((await given.listNewEvents()).length).toBe(length + 1);
      }
    });

    it("of 20 creations of a credential one secret is stored, and all are told which", async (given: Given) => {
      for (let round = 0; round < suite.rounds / 2; round += 1) {
        const place = await createPlace(given.storage);
        const by = keyed(`credential ${round}`);
        const answers = await race(given, 20, async (node) => {
          const secret = makeSecret();
          const created = await node.createCredential(makeCredential(place), secret, by);
          if (typeof created === "string") throw new Error(created);
          return { ...created, isOwn: created.secretId === secret.id };
        });
        expect(count(answers, ({ isOwn }) => isOwn)).toBe(1);
        expect(new Set(answers.map(({ secretId }) => secretId)).size).toBe(1);
        const client = await given.other.findClient(answers[0]?.credential.clientId ?? "");
        expect(client?.secrets.map(({ id }) => id)).toEqual([answers[0]?.secretId]);
      }
    });

    it("20 requests with one key and 20 fingerprints: one is made, the others are told", async (given) => {
      for (let round = 0; round < suite.rounds / 2; round += 1) {
        const outcomes = await race(given, 20, async (node) => {
          try {
            return await node.createAccount({ name: "x" }, keyed(`mixed ${round}`, randomUUID()));
          } catch (error) {
            if (error instanceof IdempotencyMismatch) return "mismatch";
            throw error;
          }
        });
        expect(count(outcomes, (outcome) => outcome === "mismatch")).toBe(19);
      }
    });
  });
}

const makeAsked = (accountId: number) => ({
  askingId: randomUUID(),
  action: "export-job.create",
  subject: "project:42",
  accountId,
  after: { name: "Nightly", fields: [{ fieldName: "session_id" }] },
});

function describeAskings(suite: Suite): void {
  group(suite, "what another system is asked for", (it) => {
    it("its event tells what was asked; without a key each asking is one", async ({ storage, listNewEvents }) => {
      const { accountId } = await createPlace(storage);
      const { length } = await listNewEvents();
      const { askingId, ...asked } = makeAsked(accountId);
      expect(await storage.recordAsking({ ...asked, askingId }, author)).toEqual({ askingId });
      await storage.endAsking({ askingId, outcome: { answer: 7 } }, author);
      await storage.recordAsking({ ...asked, askingId }, author);
      const events = (await listNewEvents()).slice(length);
      expect(events).toMatchObject([asked, asked].map((each) => ({ ...each, ...author, before: undefined })));
    });

    it("under a key: the first asking is answered, and its outcome from when it is known", async (given) => {
      const { storage, other, listNewEvents } = given;
      const { accountId } = await createPlace(storage);
      const by = keyed(randomUUID());
      const first = makeAsked(accountId);
      const { askingId } = first;
      expect(await storage.recordAsking(first, by)).toEqual({ askingId });
      const { length } = await listNewEvents();
      expect(await other.recordAsking(makeAsked(accountId), by)).toEqual({ askingId });
      for (const answer of [7, null]) {
        await storage.endAsking({ askingId, outcome: { answer } }, by);
        expect(await other.recordAsking(makeAsked(accountId), by)).toEqual({ askingId, outcome: { answer } });
      }
      expect((await listNewEvents()).length).toBe(length);
      const otherBody = { ...by, idempotency: { key: by.idempotency?.key ?? "", fingerprint: "f2" } };
      await expect(storage.recordAsking(makeAsked(accountId), otherBody)).rejects.toThrow(IdempotencyMismatch);
    });

    it("what was not done leaves its key free, its event stays", async ({ storage, listNewEvents }) => {
      const { accountId } = await createPlace(storage);
      const by = keyed(randomUUID());
      await storage.recordAsking(makeAsked(accountId), by);
      await storage.endAsking(undefined, by);
      const { length } = await listNewEvents();
      const again = makeAsked(accountId);
      expect(await storage.recordAsking(again, by)).toEqual({ askingId: again.askingId });
      expect((await listNewEvents()).length).toBe(length + 1);
    });

    it("of 20 with one key one is the first", async (given) => {
      const { accountId } = await createPlace(given.storage);
      for (let round = 0; round < suite.rounds / 2; round += 1) {
        const by = keyed(randomUUID());
        const answers = await race(given, 20, async (node) => {
          const asked = makeAsked(accountId);
          return (await node.recordAsking(asked, by)).askingId === asked.askingId;
        });
        expect(count(answers, (isFirst) => isFirst)).toBe(1);
      }
    });
  });
}
