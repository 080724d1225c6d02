/** Tokens taken back by administrators (R-20, C-01): all of an account, a project or a credential, one, or everything. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { must } from "./management-people.ts";
import { type Principal, type StartedManagement, startManagement } from "./management-server.ts";
import { basic, createFacts, type Facts, type HeldCredential, post, tokenRequest } from "./started-server.ts";

const noSuchToken = "404 NOT_FOUND: This is no living token of an account that you may see.";

describe.each(["sqlite", "postgres"] as const)("%s", (engine) => {
  let started: StartedManagement;
  let facts: Facts;
  let platform: Principal;
  beforeAll(async () => {
    started = await startManagement(engine);
    facts = await createFacts(started);
    const id = await started.addAdministrator({ email: "platform@biped.example", isPlatformOwner: true });
    platform = await started.signIn("platform owner", id);
  });
  afterAll(() => started.stop());
  // A token's time has whole seconds: what is issued in the second of a revocation of everything is void as well.
  beforeEach(() => {
    started.clock.seconds += 2;
  });

  const issue = async (held: HeldCredential, projectId = 42): Promise<string> => {
    const { status, body } = await post(
      `${started.url}/v1/oauth/token`,
      tokenRequest(held, { scope: "data-export", project_id: projectId }),
    );
    expect([status, body.errorMessage]).toEqual([200, undefined]);
    return body.access_token;
  };
  const isActive = async (held: HeldCredential, token: string): Promise<boolean> =>
    (await post(`${started.url}/v1/oauth/introspect`, { token }, basic(held))).body.active;
  const ask = async (principal: Principal, ...sent: Rest<Parameters<StartedManagement["call"]>>): Promise<string> => {
    const { status, body } = await started.call(principal, ...sent);
    return `${status} ${body?.errorCode}: ${body?.errorMessage}`;
  };
  const person = async (name: string, accountId: number, role: "viewer" | "administrator", secondFactor?: "none") => {
    const email = `${name}@biped.example`;
    const further = secondFactor === undefined ? {} : { secondFactor };
    const id = await started.addAdministrator({ email, memberships: { [accountId]: role }, ...further });
    return started.signIn(name, id);
  };

  test.each([
    ["account", "GET /api/accounts/:accountId", "POST /api/accounts/:accountId/revocation", ["project", "account"]],
    ["project", "GET /api/projects/:projectId", "POST /api/projects/:projectId/revocation", ["project", "account"]],
    ["credential", "GET /api/credentials/:clientId", "POST /api/credentials/:clientId/revocation", ["project"]],
  ] as const)(
    "all tokens of a %s: inactive at once, the next ones are good, nobody else's are touched",
    async (noun, show, revoke, concerned) => {
      const params = { accountId: facts.first.id, projectId: 42, clientId: facts.project.clientId };
      const before = (await started.call(platform, show, { params })).body;
      const tokens = { project: await issue(facts.project), account: await issue(facts.account) };
      const [foreign, elsewhere] = [await issue(facts.foreign, 71), await issue(facts.account, 43)];
      const headers = { "if-match": `"${before.version}"`, "idempotency-key": `all of ${noun}` };
      const answer = await started.call(platform, revoke, { params, headers });
      expect([answer.status, answer.headers.get("etag")]).toEqual([200, `"${before.version + 1}"`]);
      // Tokens that introspection looked at are counted as use of the credential.
      expect({ ...answer.body, lastUsedAt: 0, secrets: 0 }).toEqual({
        ...before,
        version: before.version + 1,
        lastUsedAt: 0,
        secrets: 0,
      });
      expect((await started.call(platform, revoke, { params, headers })).body.version).toBe(before.version + 1);
      expect(await isActive(facts.project, tokens.project)).toBe(false);
      expect(await isActive(facts.account, tokens.account)).toBe(!(concerned as readonly string[]).includes("account"));
      expect(await isActive(facts.account, elsewhere)).toBe(noun !== "account");
      expect(await isActive(facts.foreign, foreign)).toBe(true);
      expect(await isActive(facts.project, await issue(facts.project))).toBe(true);
      const former = { ...headers, "idempotency-key": `again of ${noun}` };
      expect(await ask(platform, revoke, { params, headers: former })).toBe(
        "412 PRECONDITION_FAILED: The object was changed meanwhile.",
      );
    },
  );

  describe("one token", () => {
    const revoke = "POST /api/tokens/revocation";

    test("by an administrator of its account: inactive at once, the others live on", async () => {
      const administrator = await person("one", facts.first.id, "administrator");
      const [token, other] = [await issue(facts.project), await issue(facts.project)];
      const until = new Date((started.clock.seconds + 3600) * 1000).toISOString().replace(".000", "");
      const { status, body, text } = await started.call(administrator, revoke, { body: { token: `${token}\n` } });
      const { clientId } = facts.project;
      const told = { tokenId: body.tokenId, clientId, accountId: facts.first.id, projectId: 42, until };
      expect([status, body]).toEqual([200, told]);
      expect([await isActive(facts.project, token), await isActive(facts.project, other)]).toEqual([false, true]);
      expect((await started.call(administrator, revoke, { body: { token } })).body).toEqual(told);
      const events = await started.server.storage.listAuditEvents(0, 10_000);
      expect(events.filter(({ subject }) => subject === `token:${body.tokenId}`).length).toBe(1);
      // Neither it nor a part of it by which somebody could use it.
      const signature = token.split(".")[2] ?? token;
      for (const said of [text, JSON.stringify(events), started.logLines.join("")]) {
        expect(said.includes(signature)).toBe(false);
      }
    });

    test("403 for a viewer, for one without a second factor, and for an access token that may not", async () => {
      const token = await issue(facts.project);
      const viewer = await person("viewer", facts.first.id, "viewer");
      const bare = await person("bare", facts.first.id, "administrator", "none");
      const narrow = { administratorId: platform.administratorId ?? "", scopes: ["read", "accounts"] } as const;
      const machine = await started.makeAccessToken("narrow", narrow);
      expect(await ask(viewer, revoke, { body: { token } })).toBe(
        "403 FORBIDDEN: This needs the role administrator in the account.",
      );
      expect(await ask(bare, revoke, { body: { token } })).toBe(
        "403 FORBIDDEN: A second factor must be enrolled before this.",
      );
      expect(await ask(machine, revoke, { body: { token } })).toBe(
        "403 FORBIDDEN: This access token may not change credentials.",
      );
      expect(await isActive(facts.project, token)).toBe(true);
    });

    test("404, one answer for all: of a foreign account, not ours, mangled, expired, of a deleted credential", async () => {
      const foreign = await person("foreign", facts.second.id, "administrator");
      const token = await issue(facts.project);
      const make = started.server.management("operator");
      const place = { accountId: facts.first.id, projectId: 42, allowedRanges: [], expiresAt: undefined };
      const gone = must(await make.createCredential({ ...place, name: "Gone", scopes: ["data-export"] }));
      const held = { clientId: gone.credential.clientId, clientSecret: gone.clientSecret ?? "" };
      const ended = await issue(held);
      must(await make.deleteCredential(held));
      expect(await ask(foreign, revoke, { body: { token } })).toBe(noSuchToken);
      for (const other of [`${token.slice(0, -4)}AAAA`, "no token", "a.b.c", ended]) {
        expect(await ask(platform, revoke, { body: { token: other } })).toBe(noSuchToken);
      }
      started.clock.seconds += 3600;
      const again = await started.signIn("again", platform.administratorId ?? "");
      expect(await ask(again, revoke, { body: { token } })).toBe(noSuchToken);
      platform = again;
    });

    test("409 LIMIT_REACHED: 10,000 of its account are revoked and live", async () => {
      const token = await issue(facts.foreign, 71);
      const { storage } = started.server;
      const { revokeToken } = storage;
      // The storage's own tests make them; here it says so at once.
      Object.assign(storage, { revokeToken: async () => "limit reached" });
      expect(await ask(platform, revoke, { body: { token } })).toBe(
        "409 LIMIT_REACHED: The account has 10000 revoked tokens that live already: revoke all of the credential.",
      );
      Object.assign(storage, { revokeToken });
    });
  });

  describe("everything before", () => {
    const revoke = "POST /api/tokens/revocation-before";
    const format = (seconds: number) => new Date(seconds * 1000).toISOString().replace(".000", "");

    test("the next second, or a point before it, rounded up; no later one", async () => {
      const { seconds } = started.clock;
      expect((await started.call(platform, revoke, { body: {} })).body).toEqual({ before: format(seconds + 1) });
      const part = { before: new Date(seconds * 1000 - 100).toISOString() };
      expect((await started.call(platform, revoke, { body: part })).body).toEqual({ before: format(seconds) });
      const later = { before: format(seconds + 2) };
      expect(await ask(platform, revoke, { body: later })).toBe(
        "400 INVALID_REQUEST: before must not be later than the next second.",
      );
      expect(await ask(platform, revoke, { body: { before: "1960-01-01T00:00:00Z" } })).toBe(
        "400 INVALID_REQUEST: before must not be earlier than 1970.",
      );
    });

    test("asked again with its Idempotency-Key, it is the same point", async () => {
      const sent = { body: {}, headers: { "idempotency-key": "everything" } };
      const first = await started.call(platform, revoke, sent);
      started.clock.seconds += 5;
      expect((await started.call(platform, revoke, sent)).body).toEqual(first.body);
    });
  });

  test("what may still concern a token is listed newest first, page by page, and no longer after 65 minutes", async () => {
    started.clock.seconds += 4000;
    platform = await started.signIn("platform owner", platform.administratorId ?? "");
    const { seconds } = started.clock;
    const params = { accountId: facts.first.id, projectId: 42, clientId: facts.project.clientId };
    expect((await started.call(platform, "GET /api/revocations")).body).toEqual({ items: [], nextCursor: null });
    await started.call(platform, "POST /api/accounts/:accountId/revocation", { params });
    await started.call(platform, "PATCH /api/projects/:projectId", { params, body: { name: "Renamed" } });
    started.clock.seconds += 1;
    const { body: revoked } = await started.call(platform, "POST /api/tokens/revocation", {
      body: { token: await issue(facts.project) },
    });
    const { body: everything } = await started.call(platform, "POST /api/tokens/revocation-before", { body: {} });
    const at = (passed: number) => new Date((seconds + passed) * 1000).toISOString().replace(".000", "");
    const common = { actor: `administrator:${platform.administratorId}`, actorName: "platform@biped.example" };
    const list = async (query = "") => (await started.call(platform, "GET /api/revocations", { query })).body;
    const all = await list();
    const expected = [
      { kind: "everything", action: "tokens.revoked-before", object: everything.before, accountId: null, passed: 1 },
      { kind: "token", action: "token.revoked", object: revoked.tokenId, accountId: facts.first.id, passed: 1 },
      {
        kind: "account",
        action: "account.tokens-revoked",
        object: `${facts.first.id}`,
        accountId: facts.first.id,
        passed: 0,
      },
    ].map(({ passed, ...one }) => ({ ...common, ...one, at: at(passed), until: at(passed + 3900) }));
    expect(all).toEqual({
      items: expected.map((one, index) => ({
        ...one,
        sequence: all.items[index].sequence,
        clientId: one.kind === "token" ? facts.project.clientId : null,
      })),
      nextCursor: null,
    });
    const first = await list("limit=2");
    expect(first.items).toEqual(all.items.slice(0, 2));
    expect(await list(`limit=2&cursor=${first.nextCursor}`)).toEqual({ items: all.items.slice(2), nextCursor: null });
    expect(await ask(platform, "GET /api/revocations", { query: "cursor=x" })).toBe(
      "400 INVALID_REQUEST: cursor is not one of this list.",
    );
    started.clock.seconds = seconds + 3900;
    platform = await started.signIn("platform owner", platform.administratorId ?? "");
    expect((await list()).items).toEqual(all.items.slice(0, 2));
  });
});

type Rest<List extends readonly unknown[]> = List extends [unknown, ...infer Others] ? Others : never;
