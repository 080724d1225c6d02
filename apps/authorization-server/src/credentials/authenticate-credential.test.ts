import { isRefusal, refuse } from "@biped/protocol";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { createFailureLimit } from "../limits/failure-limit.ts";
import { createKeyEncryptionKey } from "../signing/envelope.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Client, Pepper, Project } from "../storage/storage.ts";
import type { RefusalCount } from "../storage/views.ts";
import { createAuthenticateCredential, type Decide } from "./authenticate-credential.ts";
import { createClientDirectory } from "./client-directory.ts";
import { openSecretDigester, type SecretDigester } from "./secret-digest.ts";

/** What the work of an authentication is made of. */
const work = vi.hoisted(() => ({ digests: 0, comparisons: 0 }));

vi.mock("node:crypto", async (importOriginal) => {
  const original = await importOriginal<typeof import("node:crypto")>();
  return {
    ...original,
    createHmac: (...args: Parameters<typeof original.createHmac>) => {
      work.digests += 1;
      return original.createHmac(...args);
    },
    timingSafeEqual: (...args: Parameters<typeof original.timingSafeEqual>) => {
      work.comparisons += 1;
      return original.timingSafeEqual(...args);
    },
  };
});

const nowSeconds = 1_800_000_000;
const clientId = "c3133d76-a768-4f5a-8f0e-000000000001";
const source = "192.0.2.7";

async function createDigester(): Promise<SecretDigester> {
  const peppers: Pepper[] = [];
  const storage = {
    listPeppers: async () => peppers,
    addFirstPepper: async (pepper: Pepper) => peppers.push(pepper) === 1,
  };
  const kek = createKeyEncryptionKey(Buffer.alloc(32, 7));
  const author = { at: nowSeconds, actor: "system", requestId: undefined };
  return openSecretDigester({ storage, kek, randomBytes: (count) => Buffer.alloc(count, 9), author });
}

async function createParts(snapshot?: Pick<Snapshot, "decide">) {
  const digester = await createDigester();
  const clock = { seconds: 1000 };
  const clients = new Map<string, Client>();
  const projects = new Map<number, Project>();
  const statements: string[] = [];
  const refusals: Omit<RefusalCount, "count">[] = [];
  const guessed: string[] = [];
  const away = { is: false };
  const changes = { lagSeconds: 0, catchUp: (): Promise<void> | undefined => undefined };
  const read = async <Value>(statement: string, value: Value | undefined): Promise<Value | undefined> => {
    statements.push(statement);
    if (away.is) throw new Error("away");
    return value;
  };
  const storage = {
    findClient: (id: string) => read("client", clients.get(id)),
    findProject: (id: number) => read("project", projects.get(id)),
  };
  const monotonicSeconds = (): number => clock.seconds;
  const authenticate = createAuthenticateCredential({
    directory: createClientDirectory({ storage, monotonicSeconds }),
    changes: { lagSeconds: () => changes.lagSeconds, catchUp: () => changes.catchUp() },
    snapshot,
    digester,
    failures: createFailureLimit(monotonicSeconds),
    guessing: { count: (id) => guessed.push(id) },
    refusals: { count: (refusal) => refusals.push(refusal) },
    nowSeconds: () => nowSeconds,
  });
  const createSecret = (id: string, secret: string) => ({
    id,
    ...digester.digestForStorage(secret),
    createdAt: nowSeconds,
    expiresAt: undefined,
    lastUsedAt: undefined,
    lastUsedSource: undefined,
  });
  const client: Client = {
    credential: {
      clientId,
      accountId: 1,
      projectId: undefined,
      name: "Nightly export",
      scopes: ["data-export"],
      allowedRanges: [],
      expiresAt: undefined,
      state: "enabled",
      epoch: 0,
      createdAt: nowSeconds,
      version: 1,
    },
    secrets: [createSecret("s1", "right")],
    account: {
      id: 1,
      name: "Northwind",
      state: "enabled",
      epoch: 0,
      createdAt: nowSeconds,
      credentialLifetimeLimitDays: undefined,
      version: 1,
    },
    project: undefined,
  };
  clients.set(clientId, client);
  const project: Project = {
    id: 42,
    accountId: 1,
    cloud: "aws-eu-west-1",
    endpoint: "https://api.eu-west-1.example.com",
    name: "UX ANALYTICS",
    timeZone: "UTC",
    state: "enabled",
    epoch: 0,
    createdAt: nowSeconds,
    version: 1,
  };
  const told = { statements, refusals, guessed };
  return { authenticate, clock, clients, projects, ...told, away, changes, client, project, createSecret };
}

/** Which secret acts, as an endpoint that asks for nothing more would answer. */
const accept: Decide<string> = ({ credential }) => credential.secretId;

describe("authenticating a credential", () => {
  let parts: Awaited<ReturnType<typeof createParts>>;
  beforeEach(async () => {
    parts = await createParts();
  });

  const ask = async (id: string, secret: string, decide: Decide<string> = accept): Promise<string> => {
    const outcome = await parts.authenticate({ clientId: id, clientSecret: secret }, source, decide);
    return isRefusal(outcome) ? outcome.reason : outcome;
  };
  /** What an act took: statements, digests, comparisons. */
  const measure = async (act: () => Promise<string>) => {
    parts.statements.length = 0;
    work.digests = 0;
    work.comparisons = 0;
    const outcome = await act();
    return { outcome, statements: parts.statements.join(" "), ...work };
  };

  test("a success takes one statement when cold, none when warm, one beside it when less warm, and one again after five seconds", async () => {
    expect(await measure(() => ask(clientId, "right"))).toMatchObject({ outcome: "s1", statements: "client" });
    expect(await measure(() => ask(clientId, "right"))).toMatchObject({ outcome: "s1", statements: "", digests: 1 });
    parts.clock.seconds += 2.4;
    expect((await measure(() => ask(clientId, "right"))).statements).toBe("");
    parts.clock.seconds += 0.1;
    expect((await measure(() => ask(clientId, "right"))).statements).toBe("client");
    expect((await measure(() => ask(clientId, "right"))).statements).toBe("");
    parts.clock.seconds += 5;
    expect((await measure(() => ask(clientId, "right"))).statements).toBe("client");
  });

  test("R-04: every refusal takes one statement, one digest and four comparisons, whatever the cause, cold or warm", async () => {
    const { clients, client } = parts;
    const same = { statements: "client", digests: 1, comparisons: 4 };
    const other = "c3133d76-a768-4f5a-8f0e-000000000002";
    const change = (changes: Partial<Client["credential"]>): void => {
      clients.set(other, { ...client, credential: { ...client.credential, ...changes } });
    };
    expect(await measure(() => ask("unknown", "right"))).toEqual({ outcome: "unknown credential", ...same });
    expect(await measure(() => ask(clientId, "wrong"))).toEqual({ outcome: "wrong secret", ...same });
    expect(await measure(() => ask(clientId, "wrong"))).toEqual({ outcome: "wrong secret", ...same });
    await ask(clientId, "right");
    expect(await measure(() => ask(clientId, "wrong"))).toEqual({ outcome: "wrong secret", ...same });
    change({ state: "disabled" });
    expect(await measure(() => ask(other, "right"))).toEqual({ outcome: "disabled credential", ...same });
    expect(await measure(() => ask(other, "right"))).toEqual({ outcome: "disabled credential", ...same });
    change({ expiresAt: nowSeconds });
    expect(await measure(() => ask(other, "right"))).toEqual({ outcome: "expired credential", ...same });
    clients.set(other, { ...client, secrets: [] });
    expect(await measure(() => ask(other, "right"))).toEqual({ outcome: "wrong secret", ...same });
    clients.set(other, { ...client, secrets: [parts.createSecret("s1", "a"), parts.createSecret("s2", "b")] });
    expect(await measure(() => ask(other, "c"))).toEqual({ outcome: "wrong secret", ...same });
    // A cold success has the same work behind it.
    parts.clock.seconds += 5;
    expect(await measure(() => ask(other, "b"))).toEqual({ outcome: "s2", ...same });
  });

  describe("what is remembered may only allow", () => {
    test("a fresh secret works at once, while the former one is remembered", async () => {
      const { clients, client } = parts;
      await ask(clientId, "right");
      clients.set(clientId, { ...client, secrets: [...client.secrets, parts.createSecret("s2", "fresh")] });
      expect(await ask(clientId, "fresh")).toBe("s2");
      expect((await measure(() => ask(clientId, "fresh"))).statements).toBe("");
    });

    test("a credential that was unknown a moment ago works at once", async () => {
      const { clients, client } = parts;
      clients.delete(clientId);
      expect(await ask(clientId, "right")).toBe("unknown credential");
      clients.set(clientId, client);
      expect(await ask(clientId, "right")).toBe("s1");
    });

    test("one that was enabled again works at once", async () => {
      const { clients, client } = parts;
      clients.set(clientId, { ...client, credential: { ...client.credential, state: "disabled" } });
      expect(await ask(clientId, "right")).toBe("disabled credential");
      clients.set(clientId, client);
      expect(await ask(clientId, "right")).toBe("s1");
    });

    const wantsMetrics: Decide<string> = ({ credential }) =>
      credential.scopes.includes("metrics") ? "granted" : refuse("SCOPE_NOT_GRANTED", "scope");
    const wantsProject: Decide<string> = async (_authenticated, lookup) =>
      (await lookup.findProject(42))?.state === "enabled" ? "granted" : refuse("PROJECT_NOT_ALLOWED", "project");

    test("a fresh scope works at once, and its refusal before took one statement", async () => {
      const { clients, client } = parts;
      await ask(clientId, "right");
      expect(await measure(() => ask(clientId, "right", wantsMetrics))).toMatchObject({
        outcome: "scope",
        statements: "client",
      });
      clients.set(clientId, { ...client, credential: { ...client.credential, scopes: ["metrics"] } });
      expect(await ask(clientId, "right", wantsMetrics)).toBe("granted");
    });

    test("a fresh project works at once, and is remembered then", async () => {
      const { projects, project } = parts;
      expect(await ask(clientId, "right", wantsProject)).toBe("project");
      projects.set(42, project);
      expect(await measure(() => ask(clientId, "right", wantsProject))).toMatchObject({
        outcome: "granted",
        statements: "client project",
      });
      expect((await measure(() => ask(clientId, "right", wantsProject))).statements).toBe("");
      projects.set(42, { ...project, state: "disabled" });
      parts.clock.seconds += 5;
      expect(await ask(clientId, "right", wantsProject)).toBe("project");
    });

    test("R-65: while the store is away a warm credential acts for at most five seconds, and nobody is refused", async () => {
      await ask(clientId, "right");
      parts.away.is = true;
      expect(await ask(clientId, "right")).toBe("s1");
      await expect(ask(clientId, "wrong")).rejects.toThrow("away");
      await expect(ask("unknown", "right")).rejects.toThrow("away");
      parts.clock.seconds += 5;
      await expect(ask(clientId, "right")).rejects.toThrow("away");
    });
  });

  test("R-69: what a copy is asked may allow; where it would refuse, it says nothing", async () => {
    const { client } = parts;
    const said: unknown[] = [];
    const lookup = { findClient: () => client, findProject: () => undefined };
    parts = await createParts({
      decide: async (byStore, byCopy) => {
        said.push(await byCopy(lookup));
        return byStore();
      },
    });
    expect([await ask(clientId, "right"), await ask(clientId, "wrong")]).toEqual(["s1", "wrong secret"]);
    expect(said).toEqual([{ client, decision: "s1" }, undefined]);
  });

  describe("a node that was cut off catches up on what has changed", () => {
    test("before the store decides, which is refused where it cannot, and not before what is remembered", async () => {
      await ask(clientId, "right");
      parts.changes.catchUp = () => Promise.reject(new Error("cut off"));
      expect(await ask(clientId, "right")).toBe("s1");
      await expect(ask(clientId, "wrong")).rejects.toThrow("cut off");
      parts.clock.seconds += 5;
      await expect(ask(clientId, "right")).rejects.toThrow("cut off");
      parts.changes.catchUp = () => undefined;
      expect(await ask(clientId, "right")).toBe("s1");
    });

    test("what is remembered decides for five seconds, and not while the node has heard of nothing for longer", async () => {
      await ask(clientId, "right");
      parts.changes.lagSeconds = 5;
      expect((await measure(() => ask(clientId, "right"))).statements).toBe("");
      parts.changes.lagSeconds = 5.1;
      expect((await measure(() => ask(clientId, "right"))).statements).toBe("client");
    });

    test("and whoever the store lets in waits for that", async () => {
      const caughtUp = Promise.withResolvers<void>();
      parts.changes.catchUp = () => caughtUp.promise;
      const order: string[] = [];
      const asking = ask(clientId, "right").then((outcome) => order.push(outcome));
      await new Promise(setImmediate);
      order.push("caught up");
      caughtUp.resolve();
      await asking;
      expect(order).toEqual(["caught up", "s1"]);
    });
  });

  describe("R-50: failures are counted", () => {
    test("the eleventh is 429 in place of the 401, and the right secret is let in all the while", async () => {
      for (let count = 0; count < 10; count += 1) expect(await ask(clientId, "wrong")).toBe("wrong secret");
      const outcome = await parts.authenticate({ clientId, clientSecret: "wrong" }, source, accept);
      expect(outcome).toMatchObject({ status: 429, code: "RATE_LIMITED" });
      expect(await ask(clientId, "right")).toBe("s1");
      expect(await ask(clientId, "wrong")).toBe("limit auth-fail exceeded");
    });

    test("the 429 takes the same work, and comes for an unknown id just so", async () => {
      for (let count = 0; count < 10; count += 1) await ask("unknown", "x");
      expect(await measure(() => ask("unknown", "x"))).toEqual({
        outcome: "limit auth-fail exceeded",
        statements: "client",
        digests: 1,
        comparisons: 4,
      });
    });

    test("and told to the alarm where the credential is there", async () => {
      await ask(clientId, "wrong");
      await ask("unknown", "right");
      await ask(clientId, "right");
      expect(parts.guessed).toEqual([clientId]);
    });

    test("what is refused after authentication is no failure", async () => {
      const decide = () => refuse("SCOPE_NOT_GRANTED", "scope");
      for (let count = 0; count < 100; count += 1) expect(await ask(clientId, "right", decide)).toBe("scope");
      expect(await ask(clientId, "wrong")).toBe("wrong secret");
    });
  });

  describe("refusals are counted", () => {
    test("with the id of the credential that the store knows, the reason of the log, and the source", async () => {
      await ask(clientId, "wrong");
      await ask(clientId, "right", () => refuse("SCOPE_NOT_GRANTED", "scope", "not owned"));
      expect(parts.refusals).toEqual([
        { clientId, at: nowSeconds, reason: "wrong secret", source },
        { clientId, at: nowSeconds, reason: "not owned", source },
      ]);
    });

    test("without what was presented where it is no credential's id, and never in place of an answer", async () => {
      await ask("biped_live_pasted-into-the-wrong-field", "right");
      await ask(clientId, "right");
      expect(parts.refusals).toEqual([{ clientId: undefined, at: nowSeconds, reason: "unknown credential", source }]);
    });
  });
});
