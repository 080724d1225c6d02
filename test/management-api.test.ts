import { randomUUID } from "node:crypto";
import type { OperationName } from "@biped/management-client";
import { type Operation, operations } from "@biped/management-client/contract";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFakeCloud } from "./fake-cloud.ts";
import { createCallers, createWorld, foreignMark, type World } from "./management-people.ts";
import {
  type Called,
  type Principal,
  type Sent,
  type StartedManagement,
  startManagement,
} from "./management-server.ts";
import { testProperty } from "./property.ts";
import { post, tokenRequest } from "./started-server.ts";

describe.each(["sqlite", "postgres"] as const)("%s", (engine) => {
  let started: StartedManagement;
  let world: World;
  let by: Record<"viewer" | "administrator" | "owner" | "foreign" | "platform", Principal>;
  let callers: Record<string, Principal>;
  const cloud = createFakeCloud();
  beforeAll(async () => {
    started = await startManagement(engine);
    started.clouds.fetch = cloud.fetch;
    world = await createWorld(started);
    callers = await createCallers(started, world);
    const find = (name: string): Principal => {
      const found = callers[name];
      if (found === undefined) throw new Error(name);
      return found;
    };
    by = {
      viewer: find("viewer"),
      administrator: find("administrator"),
      owner: find("owner"),
      foreign: find("foreign owner"),
      platform: find("platform owner"),
    };
  });
  afterAll(async () => {
    expect(started.logLines.filter((line) => line.includes("unexpected failure"))).toEqual([]);
    await started.stop();
  });

  /** The answer of a call that is allowed, with its status, its form and its tag as they are documented. */
  async function succeed(principal: Principal, name: OperationName, sent: Sent = {}): Promise<Called> {
    const called = await started.call(principal, name, sent);
    const operation: Operation = operations[name];
    expect([name, called.status, called.status < 300 ? "" : called.text]).toEqual([name, operation.status, ""]);
    if (operation.answer !== undefined) expect(operation.answer.parse(called.body)).toEqual(called.body);
    else expect(called.text).toBe("");
    const version = called.body?.version ?? called.body?.credential?.version;
    if (version !== undefined) expect(called.headers.get("etag")).toBe(`"${version}"`);
    expect(called.headers.get("date")).toBe(new Date(started.clock.seconds * 1000).toUTCString());
    return called;
  }

  /** `400 INVALID_REQUEST: name is required.` */
  async function refusal(principal: Principal, name: OperationName, sent: Sent = {}): Promise<string> {
    const { status, body } = await started.call(principal, name, sent);
    return `${status} ${body?.errorCode}: ${body?.errorMessage}`;
  }

  const create = "POST /api/accounts/:accountId/credentials";
  const own = () => ({ accountId: world.own.accountId });

  async function createCredential(name: string, further: object = {}): Promise<Called> {
    const { id } = (
      await succeed(by.administrator, "POST /api/accounts/:accountId/projects", {
        params: own(),
        body: { name: `${name}'s project`, cloud: "aws-eu-west-1" },
      })
    ).body;
    return succeed(by.administrator, create, {
      params: own(),
      body: { name, projectId: id, scopes: ["metrics"], ...further },
    });
  }

  test("an account, a project on a cloud, and a credential come to be, and each answers as it then is", async () => {
    const cloud = { name: "gcp-europe-north1", endpoint: "https://api.europe-north1.example.com" };
    expect((await succeed(by.platform, "POST /api/clouds", { body: cloud })).body).toEqual({
      ...cloud,
      projectCount: 0,
      version: 1,
    });
    const { body: account } = await succeed(by.platform, "POST /api/accounts", { body: { name: " Fjord Rail " } });
    expect(account).toMatchObject({ name: "Fjord Rail", role: "owner", state: "enabled", version: 1, projectCount: 0 });
    const params = { accountId: account.id };
    const { body: project } = await succeed(by.platform, "POST /api/accounts/:accountId/projects", {
      params,
      body: { name: "TICKETS", cloud: cloud.name, timeZone: "Europe/Oslo" },
    });
    expect(project).toMatchObject({ cloud: cloud.name, endpoint: cloud.endpoint, effectiveState: "enabled" });
    const { body: shown } = await succeed(by.platform, create, {
      params,
      body: { name: "Nightly", projectId: project.id, scopes: ["data-export", "enrichment"], allowedRanges: [] },
    });
    expect(shown.clientSecret).toMatch(/^biped_live_[0-9A-Za-z]{49}$/);
    expect(shown.credential).toEqual({
      clientId: shown.credential.clientId,
      accountId: account.id,
      accountName: "Fjord Rail",
      projectId: project.id,
      projectName: "TICKETS",
      level: "project",
      name: "Nightly",
      scopes: ["data-export", "enrichment"],
      allowedRanges: [],
      expiresAt: null,
      state: "enabled",
      effectiveState: "enabled",
      createdAt: "2027-01-15T08:00:00Z",
      lastUsedAt: null,
      secrets: [
        {
          id: shown.secretId,
          createdAt: "2027-01-15T08:00:00Z",
          expiresAt: null,
          lastUsedAt: null,
          lastUsedSource: null,
          state: "current",
          silentSeconds: null,
        },
      ],
      version: 1,
    });
    const { body: seen } = await succeed(by.platform, "GET /api/accounts/:accountId", { params });
    expect([seen.projectCount, seen.credentialCount]).toEqual([1, 1]);
    const token = await post(
      `${started.url}/v1/oauth/token`,
      tokenRequest({ clientId: shown.credential.clientId, clientSecret: shown.clientSecret }),
    );
    expect([token.status, token.body.endpoint]).toEqual([200, cloud.endpoint]);
  });

  test("an account is renamed, limited, disabled and enabled; its credentials and projects tell so", async () => {
    const { body: account } = await succeed(by.platform, "POST /api/accounts", { body: { name: "Harvest" } });
    const params = { accountId: account.id };
    const body = { name: "Harvest 2", credentialLifetimeLimitDays: 30 };
    const { body: changed } = await succeed(by.platform, "PATCH /api/accounts/:accountId", { params, body });
    expect([changed.name, changed.credentialLifetimeLimitDays, changed.version]).toEqual(["Harvest 2", 30, 2]);
    const wanted = { params, body: { name: "Endless", scopes: ["metrics"] } };
    expect(await refusal(by.platform, create, wanted)).toBe(
      "400 INVALID_REQUEST: expiresAt must lie at most 30 days after the creation, as the account requires.",
    );
    const lift = { params, body: { credentialLifetimeLimitDays: null } };
    expect((await succeed(by.platform, "PATCH /api/accounts/:accountId", lift)).body).toMatchObject({
      name: "Harvest 2",
      credentialLifetimeLimitDays: null,
    });
    const { body: endless } = await succeed(by.platform, create, wanted);
    const disable = { params, body: { state: "disabled" } };
    expect((await succeed(by.platform, "PUT /api/accounts/:accountId/state", disable)).body.state).toBe("disabled");
    const show = { params: { clientId: endless.credential.clientId } };
    const { body: held } = await succeed(by.platform, "GET /api/credentials/:clientId", show);
    expect([held.state, held.effectiveState]).toEqual(["enabled", "account disabled"]);
  });

  test("a project is renamed, disabled and moved to another cloud", async () => {
    const params = { projectId: world.own.projectId };
    const body = { name: "UX 2", timeZone: "Europe/Berlin", state: "disabled" };
    const { body: changed } = await succeed(by.administrator, "PATCH /api/projects/:projectId", { params, body });
    expect(changed).toMatchObject({ ...body, effectiveState: "disabled", cloud: "aws-eu-west-1" });
    const move = { params, body: { cloud: "azure-us-east" } };
    const { body: moved } = await succeed(by.owner, "PUT /api/projects/:projectId/cloud", move);
    expect([moved.cloud, moved.endpoint]).toEqual(["azure-us-east", "https://api.us-east.example.com"]);
    const nowhere = { params, body: { cloud: "nowhere" } };
    expect(await refusal(by.owner, "PUT /api/projects/:projectId/cloud", nowhere)).toBe(
      "404 NOT_FOUND: There is no such cloud.",
    );
    const zone = { params, body: { timeZone: "Mars/Olympus" } };
    expect(await refusal(by.administrator, "PATCH /api/projects/:projectId", zone)).toBe(
      "400 INVALID_REQUEST: timeZone must be a name of the IANA database.",
    );
  });

  test("a cloud's endpoint must lie on a host that the operator allows", async () => {
    const params = { cloud: "azure-us-east" };
    const elsewhere = { params, body: { endpoint: "https://badexample.com" } };
    expect(await refusal(by.platform, "PUT /api/clouds/:cloud/endpoint", elsewhere)).toBe(
      "400 INVALID_REQUEST: endpoint must have a host that the operator of this server allows.",
    );
    const within = { params, body: { endpoint: "https://api2.us-east.example.com" } };
    const { body } = await succeed(by.platform, "PUT /api/clouds/:cloud/endpoint", within);
    expect([body.endpoint, body.version]).toEqual(["https://api2.us-east.example.com", 2]);
    const unknown = { params: { cloud: "nowhere" }, body: within.body };
    expect(await refusal(by.platform, "PUT /api/clouds/:cloud/endpoint", unknown)).toBe(
      "404 NOT_FOUND: There is no such cloud.",
    );
  });

  test("a credential is changed; null takes its end away and absence leaves it", async () => {
    const { clientId } = (await createCredential("Changing")).body.credential;
    const params = { clientId };
    const change = (body: object) => succeed(by.administrator, "PATCH /api/credentials/:clientId", { params, body });
    const expiresAt = "2027-06-01T00:00:00+02:00";
    const { body: first } = await change({
      scopes: ["metrics", "data-export"],
      expiresAt,
      allowedRanges: ["10.0.0.0/8"],
    });
    expect([first.scopes, first.expiresAt, first.allowedRanges]).toEqual([
      ["metrics", "data-export"],
      "2027-05-31T22:00:00Z",
      ["10.0.0.0/8"],
    ]);
    expect((await change({ name: "Changed", state: "disabled" })).body).toMatchObject({
      name: "Changed",
      expiresAt: "2027-05-31T22:00:00Z",
      effectiveState: "disabled",
    });
    expect((await change({ expiresAt: null })).body.expiresAt).toBeNull();
    const past = { params, body: { expiresAt: "2020-01-01T00:00:00Z" } };
    expect(await refusal(by.administrator, "PATCH /api/credentials/:clientId", past)).toBe(
      "400 INVALID_REQUEST: expiresAt must lie in the future.",
    );
    const unknown = { params, body: { scopes: ["metrics", "everything"] } };
    expect(await refusal(by.administrator, "PATCH /api/credentials/:clientId", unknown)).toBe(
      "400 INVALID_REQUEST: scopes names an unknown scope.",
    );
  });

  test("R-10: a rotation overlaps, is completed by ending the former secret, and is cancelled by ending the new one", async () => {
    const { credential, secretId: first } = (await createCredential("Rotating")).body;
    const params = { clientId: credential.clientId };
    const rotate = () => succeed(by.administrator, "POST /api/credentials/:clientId/secrets", { params });
    const { body: rotated } = await rotate();
    expect(rotated.credential.secrets.map((held: { id: string; state: string }) => [held.id, held.state])).toEqual([
      [rotated.secretId, "current"],
      [first, "former"],
    ]);
    expect(rotated.credential.secrets[1]).toMatchObject({ expiresAt: "2027-01-22T08:00:00Z", silentSeconds: 0 });
    expect(await refusal(by.administrator, "POST /api/credentials/:clientId/secrets", { params })).toBe(
      "409 CONFLICT: There are two live secrets already: complete or cancel that rotation first.",
    );
    const cancel = "POST /api/credentials/:clientId/secrets/:secretId/cancellation";
    const cancelled = await succeed(by.administrator, cancel, { params: { ...params, secretId: rotated.secretId } });
    expect(cancelled.body.secrets).toMatchObject([{ id: first, state: "current", expiresAt: null }]);
    const { body: again } = await rotate();
    const retire = "DELETE /api/credentials/:clientId/secrets/:secretId";
    const completed = await succeed(by.administrator, retire, { params: { ...params, secretId: first } });
    expect(completed.body.secrets).toMatchObject([{ id: again.secretId, state: "current" }]);
    expect(await refusal(by.administrator, retire, { params: { ...params, secretId: first } })).toBe(
      "404 NOT_FOUND: There is no such live secret.",
    );
  });

  test("the secret of another credential is not there, of whatever account it is", async () => {
    const { credential } = (await createCredential("Own secret")).body;
    for (const secretId of [world.own.secretId, world.foreign.secretId, world.missing.secretId]) {
      const sent = { params: { clientId: credential.clientId, secretId } };
      expect(await refusal(by.administrator, "DELETE /api/credentials/:clientId/secrets/:secretId", sent)).toBe(
        "404 NOT_FOUND: There is no such live secret.",
      );
    }
  });

  test("409 LIMIT_REACHED: the eleventh credential of account level", async () => {
    const { body: account } = await succeed(by.platform, "POST /api/accounts", { body: { name: "Full" } });
    const sent = { params: { accountId: account.id }, body: { name: "One of ten", scopes: ["metrics"] } };
    for (let count = 0; count < 10; count += 1) await succeed(by.platform, create, sent);
    expect(await refusal(by.platform, create, sent)).toBe(
      "409 LIMIT_REACHED: There are 10 credentials already, which is the limit.",
    );
  });

  test("a project of another account is not there for a credential, as one that does not exist", async () => {
    const ask = (projectId: number) =>
      refusal(by.administrator, create, { params: own(), body: { name: "X", scopes: ["metrics"], projectId } });
    expect(await ask(world.foreign.projectId)).toBe("404 NOT_FOUND: There is no such project in this account.");
    expect(await ask(world.missing.projectId)).toBe("404 NOT_FOUND: There is no such project in this account.");
  });

  describe("Idempotency-Key (R-68)", () => {
    test("a creation that is asked for again answers the same credential and no secret", async () => {
      const sent = {
        params: own(),
        body: { name: "Once", scopes: ["metrics"] },
        headers: { "idempotency-key": "once" },
      };
      const first = await succeed(by.administrator, create, sent);
      const second = await succeed(by.administrator, create, sent);
      expect(first.body.clientSecret).toMatch(/^biped_live_/);
      expect(second.body).toEqual({ ...first.body, clientSecret: null });
      const other = await succeed(by.owner, create, sent);
      expect(other.body.credential.clientId).not.toBe(first.body.credential.clientId);
      for (const created of [first, other]) {
        const { clientId } = created.body.credential;
        await succeed(by.owner, "DELETE /api/credentials/:clientId", { params: { clientId } });
      }
    });

    test("a creation is answered again also when its end has passed since, or the account has a limit by now", async () => {
      const { body: account } = await succeed(by.platform, "POST /api/accounts", { body: { name: "Replayed" } });
      const sent = {
        params: { accountId: account.id },
        body: { name: "Short", scopes: ["metrics"], expiresAt: "2027-01-15T08:01:00Z" },
        headers: { "idempotency-key": "short life" },
      };
      const first = await succeed(by.platform, create, sent);
      started.clock.seconds += 120;
      const second = await succeed(by.platform, create, sent);
      expect(second.body).toEqual({
        ...first.body,
        clientSecret: null,
        credential: { ...first.body.credential, effectiveState: "expired" },
      });
      const past = "400 INVALID_REQUEST: expiresAt must lie in the future.";
      expect(await refusal(by.platform, create, { ...sent, headers: {} })).toBe(past);
      expect(await refusal(by.platform, create, { ...sent, headers: { "idempotency-key": "another" } })).toBe(past);
      const other = { ...sent, body: { ...sent.body, name: "Other" } };
      expect(await refusal(by.platform, create, other)).toBe(
        "422 IDEMPOTENCY_MISMATCH: This Idempotency-Key was used before, for another request.",
      );
      started.clock.seconds -= 120;
    });

    test("422 IDEMPOTENCY_MISMATCH: the key comes with another body, path or If-Match", async () => {
      const headers = { "idempotency-key": "mismatch" };
      const params = { projectId: world.own.projectId };
      const rename = "PATCH /api/projects/:projectId";
      await succeed(by.administrator, rename, { params, body: { name: "First" }, headers });
      const mismatch = "422 IDEMPOTENCY_MISMATCH: This Idempotency-Key was used before, for another request.";
      const others = [
        { params, body: { name: "Second" }, headers },
        { params, body: { name: "First" }, headers: { ...headers, "if-match": '"1"' } },
        { params: { projectId: 43 }, body: { name: "First" }, headers },
      ];
      for (const other of others) expect(await refusal(by.administrator, rename, other)).toBe(mismatch);
    });

    test("400 INVALID_REQUEST: a key that is too long", async () => {
      const sent = { params: own(), body: { name: "X" }, headers: { "idempotency-key": "k".repeat(201) } };
      expect(await refusal(by.owner, "PATCH /api/accounts/:accountId", sent)).toBe(
        "400 INVALID_REQUEST: Idempotency-Key must have 1 to 200 printable ASCII characters.",
      );
    });

    test("a deletion that is asked for again answers 204; by another, with another key or of a foreign one it is 404", async () => {
      const { clientId } = (await createCredential("Deleted once")).body.credential;
      const remove = "DELETE /api/credentials/:clientId";
      const sent = { params: { clientId }, headers: { "idempotency-key": "delete" } };
      await succeed(by.administrator, remove, sent);
      await succeed(by.administrator, remove, sent);
      const notFound = "404 NOT_FOUND: There is nothing here.";
      expect(await refusal(by.administrator, remove, { params: { clientId } })).toBe(notFound);
      expect(await refusal(by.owner, remove, sent)).toBe(notFound);
      const foreign = { params: { clientId: world.foreign.clientId }, headers: { "idempotency-key": "foreign" } };
      expect(await refusal(by.administrator, remove, foreign)).toBe(notFound);
      await succeed(by.foreign, "GET /api/credentials/:clientId", { params: foreign.params });
    });

    test("two at the same time make one credential, and one of them shows the secret", async () => {
      const sent = {
        params: own(),
        body: { name: "At once", scopes: ["metrics"] },
        headers: { "idempotency-key": "at once" },
      };
      const answers = await Promise.all([1, 2, 3].map(() => succeed(by.administrator, create, sent)));
      expect(new Set(answers.map(({ body }) => body.credential.clientId)).size).toBe(1);
      expect(answers.filter(({ body }) => body.clientSecret !== null).length).toBe(1);
    });

    test("an invitation is shown once, and a known person becomes a member once", async () => {
      const invite = "POST /api/accounts/:accountId/members";
      const send = (email: string, key: string) => ({
        params: own(),
        body: { email, role: "viewer" },
        headers: { "idempotency-key": key },
      });
      const first = await succeed(by.owner, invite, send("new@northwind.example", "invite"));
      const second = await succeed(by.owner, invite, send("new@northwind.example", "invite"));
      expect(first.body.invitationUrl).toMatch(/^http:\/\/localhost:4010\/invitation#biped_invite_[0-9A-Za-z]{49}$/);
      expect(second.body).toEqual({ ...first.body, invitationUrl: null });
      // Whom the owner may add, as a member of another account of theirs.
      const memberships = { [world.disabled.accountId]: "viewer" } as const;
      await started.addAdministrator({ email: "known@biped.example", memberships });
      const known = send("known@biped.example", "known");
      const joined = await succeed(by.owner, invite, known);
      expect((await succeed(by.owner, invite, known)).body).toEqual(joined.body);
      const mismatch = "422 IDEMPOTENCY_MISMATCH: This Idempotency-Key was used before, for another request.";
      for (const [email, key] of [
        ["other@northwind.example", "invite"],
        ["known@biped.example", "invite"],
        ["other@northwind.example", "known"],
        ["member@harbour.example", "known"],
      ] as const) {
        expect(await refusal(by.owner, invite, send(email, key))).toBe(mismatch);
      }
    });
  });

  describe("If-Match", () => {
    test("412 PRECONDITION_FAILED: the object has another version by now; * and the right one pass", async () => {
      const params = { projectId: 43 };
      const rename = "PATCH /api/projects/:projectId";
      const { body: held } = await succeed(by.viewer, "GET /api/projects/:projectId", { params });
      const send = (match: string, name: string) => ({ params, body: { name }, headers: { "if-match": match } });
      const right = `"${held.version}"`;
      await succeed(by.administrator, rename, send(right, "A"));
      expect(await refusal(by.administrator, rename, send(right, "B"))).toBe(
        "412 PRECONDITION_FAILED: The object was changed meanwhile.",
      );
      await succeed(by.administrator, rename, send("*", "C"));
    });

    test("400 INVALID_REQUEST: what is no ETag of this API", async () => {
      for (const match of ["3", 'W/"3"', '"03"', '"3", "4"', '"a"', ""]) {
        const sent = { params: { projectId: 43 }, body: { name: "X" }, headers: { "if-match": match } };
        expect(await refusal(by.administrator, "PATCH /api/projects/:projectId", sent)).toBe(
          '400 INVALID_REQUEST: If-Match must be an ETag as it was answered, such as "3", or *.',
        );
      }
    });
  });

  describe("bodies and queries (R-07, R-38, C-15)", () => {
    const rename = "PATCH /api/projects/:projectId";
    const ask = (body: unknown, further: Sent = {}) =>
      refusal(by.administrator, rename, { params: { projectId: 43 }, body, ...further });

    test.each([
      [{ name: "X", accountId: 2 }, "accountId is not a member of this request."],
      [{ name: "X", administratorId: "me" }, "administratorId is not a member of this request."],
      [{ name: "X", actor: "operator" }, "actor is not a member of this request."],
      [{ name: "X", [`biped_live_${"a".repeat(49)}`]: 1 }, "The request holds an unknown member."],
      [{ name: 7 }, "name must be a string."],
      [{ name: "" }, "name must have at least 1 character."],
      [{ name: "n".repeat(201) }, "name must have at most 200 characters."],
      [{ name: "a\0b" }, "The request holds a NUL, or half of a surrogate pair."],
      [{ name: "a\ud800" }, "The request holds a NUL, or half of a surrogate pair."],
      [{ state: "gone" }, "state must be one of enabled, disabled."],
      ['{"name":"A","name":"B"}', "The body holds a repeated member."],
      ['{"__proto__":{"state":"disabled"}}', "The body holds a forbidden member name."],
      ['{"name":"A","constructor":1}', "The body holds a forbidden member name."],
      ["[]", "The body must be a JSON object."],
      ["null", "The body must be a JSON object."],
      ["{", "The body is not well-formed JSON."],
      ["", "The body is not well-formed JSON."],
    ])("400 INVALID_REQUEST: %j", async (body, text) => {
      expect(await ask(body)).toBe(`400 INVALID_REQUEST: ${text}`);
    });

    test("400 INVALID_REQUEST: a member is missing, or has a wrong value deep within", async () => {
      const sent = (body: unknown) => ({ params: own(), body });
      expect(await refusal(by.administrator, create, sent({ name: "X" }))).toBe(
        "400 INVALID_REQUEST: scopes is required.",
      );
      expect(await refusal(by.administrator, create, sent({ name: "X", scopes: ["a", 1] }))).toBe(
        "400 INVALID_REQUEST: scopes[1] must be a string.",
      );
      expect(await refusal(by.administrator, create, sent({ name: "X", scopes: [] }))).toBe(
        "400 INVALID_REQUEST: scopes must have at least 1 item.",
      );
      expect(await refusal(by.administrator, create, sent({ name: "X", scopes: ["metrics"], projectId: 1.5 }))).toBe(
        "400 INVALID_REQUEST: projectId must be a whole number.",
      );
      expect(
        await refusal(by.administrator, create, sent({ name: "X", scopes: ["metrics"], expiresAt: "2027-02-30" })),
      ).toBe("400 INVALID_REQUEST: expiresAt must be a time with its zone, such as 2027-01-31T00:00:00Z.");
    });

    test("415 and 413: another type, and more than 64 KiB", async () => {
      // The console's own check of where a change comes from is made first for sessions.
      const token = callers["owner's token for everything"] ?? by.owner;
      const sent = (body: string, type: string) => ({
        params: { projectId: 43 },
        body,
        headers: { "content-type": type },
      });
      expect(await refusal(token, rename, sent("name=X", "application/x-www-form-urlencoded"))).toBe(
        "415 UNSUPPORTED_MEDIA_TYPE: The body must be application/json in UTF-8.",
      );
      expect(await refusal(token, rename, sent(`{"name":"${"x".repeat(65_536)}"}`, "application/json"))).toBe(
        "413 REQUEST_TOO_LARGE: The body must have at most 64 KiB.",
      );
    });

    test("400 INVALID_REQUEST: unknown, repeated and malformed query parameters", async () => {
      const list = (query: string) => refusal(by.viewer, "GET /api/projects", { query });
      expect(await list("accountID=1")).toBe("400 INVALID_REQUEST: accountID is not a member of this request.");
      expect(await list("limit=1&limit=2")).toBe(
        "400 INVALID_REQUEST: The query is malformed, or holds a parameter twice.",
      );
      expect(await list("limit=0")).toBe("400 INVALID_REQUEST: limit must be at least 1.");
      expect(await list("limit=1e3")).toBe("400 INVALID_REQUEST: limit must be a whole number from 1 to 100.");
      expect(await list("sort=state")).toBe("400 INVALID_REQUEST: sort must be one of id, -id, name, -name.");
      expect(await list("accountId=-1")).toBe("400 INVALID_REQUEST: accountId must be a positive integer.");
      expect(await list("search=%00")).toBe(
        "400 INVALID_REQUEST: The request holds a NUL, or half of a surrogate pair.",
      );
      expect(await refusal(by.viewer, "GET /api/search")).toBe("400 INVALID_REQUEST: q is required.");
    });

    test("404 NOT_FOUND: a path that can name nothing", async () => {
      const notFound = "404 NOT_FOUND: There is nothing here.";
      for (const projectId of ["0", "01", "x", "9007199254740993", "42\0", "42 "]) {
        expect(await refusal(by.viewer, "GET /api/projects/:projectId", { params: { projectId } })).toBe(notFound);
      }
      expect(await refusal(by.viewer, "GET /api/credentials/:clientId", { params: { clientId: "x" } })).toBe(notFound);
    });
  });

  describe("pages", () => {
    test.each(["id", "-id", "name", "-name"])("sorted by %s, each project comes once and in order", async (sort) => {
      const seen: { id: number; name: string }[] = [];
      let cursor: string | null = "";
      while (cursor !== null) {
        const query = `limit=2&sort=${sort}${cursor === "" ? "" : `&cursor=${cursor}`}`;
        const { body }: Called = await succeed(by.platform, "GET /api/projects", { query });
        seen.push(...body.items);
        cursor = body.nextCursor;
      }
      const { body: whole } = await succeed(by.platform, "GET /api/projects", { query: `sort=${sort}&limit=100` });
      expect(seen).toEqual(whole.items);
      expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
      expect(whole.nextCursor).toBeNull();
    });

    test("400 INVALID_REQUEST: a cursor of another sort, another list, or of nothing", async () => {
      const { body } = await succeed(by.platform, "GET /api/projects", { query: "limit=1&sort=name" });
      const text = "400 INVALID_REQUEST: cursor must be the nextCursor of the same list and sort.";
      const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
      const cursors = [
        ["/projects", "sort=id", body.nextCursor],
        ["/projects", "sort=-name", body.nextCursor],
        ["/credentials", "sort=createdAt", body.nextCursor],
        ["/projects", "sort=name", `${body.nextCursor}=`],
        ["/projects", "sort=name", encode(["name", "a\0", 1])],
        ["/projects", "sort=name", encode(["name", "a", "1"])],
        ["/projects", "sort=name", encode(["name", "a", 1, 2])],
        ["/projects", "sort=name", encode(["name", "a", 1.5])],
        ["/projects", "sort=name", encode({ 0: "name", 1: "a", 2: 1 })],
        ["/administrators", "limit=1", encode(["email", 1, "a"])],
      ];
      for (const [path, sort, cursor] of cursors) {
        const query = `${sort}&cursor=${encodeURIComponent(cursor)}`;
        expect([cursor, await refusal(by.platform, `GET /api${path}` as OperationName, { query })]).toEqual([
          cursor,
          text,
        ]);
      }
    });

    testProperty(
      "whatever a cursor is changed to, the answer is 200 or 400",
      100,
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 60 }), fc.boolean(), async (text, isJson) => {
        const cursor = Buffer.from(isJson ? JSON.stringify(["name", text, text.length]) : text).toString("base64url");
        const query = `sort=name&limit=1&cursor=${encodeURIComponent(cursor)}`;
        const { status } = await started.call(by.viewer, "GET /api/projects", { query });
        expect([200, 400]).toContain(status);
      }),
    );

    test("filters and search narrow a list, and reach no other account", async () => {
      const list = async (principal: Principal, name: OperationName, query: string) =>
        (await succeed(principal, name, { query })).body.items.length;
      expect(await list(by.viewer, "GET /api/credentials", "limit=100")).toBeGreaterThan(1);
      expect(await list(by.viewer, "GET /api/credentials", `search=${world.own.clientId}`)).toBe(1);
      expect(await list(by.viewer, "GET /api/credentials", `search=${world.foreign.clientId}`)).toBe(0);
      expect(await list(by.viewer, "GET /api/credentials", `accountId=${world.foreign.accountId}`)).toBe(0);
      expect(await list(by.viewer, "GET /api/projects", `accountId=${world.foreign.accountId}`)).toBe(0);
      expect(await list(by.viewer, "GET /api/administrators", `accountId=${world.foreign.accountId}`)).toBe(0);
      expect(await list(by.viewer, "GET /api/search", `q=${foreignMark}`)).toBe(0);
      expect(await list(by.foreign, "GET /api/search", `q=${foreignMark}`)).toBe(1);
      expect(await list(by.platform, "GET /api/search", "q=%20")).toBe(0);
      expect(await list(by.viewer, "GET /api/accounts", "state=disabled")).toBe(1);
    });
  });

  describe("administrators", () => {
    const invite = "POST /api/accounts/:accountId/members";

    const exists =
      "409 CONFLICT: An administrator of this e-mail address exists already. A platform owner can make them a member.";

    test("an owner adds a known person of another account that they own, and nobody whom strangers invited", async () => {
      const join = (email: string, principal = by.owner) =>
        started.call(principal, invite, { params: own(), body: { email, role: "administrator" } });
      const { body: joined } = await join("member@old.example");
      expect([joined.invitationUrl, joined.administrator.memberships.length]).toEqual([null, 2]);
      // Whoever has the account has the link too, and is whom the address names only if they handed it over.
      const { body: kept } = await succeed(by.foreign, invite, {
        params: { accountId: world.foreign.accountId },
        body: { email: "victim@example.com", role: "viewer" },
      });
      expect(kept.invitationUrl).toMatch(/#biped_invite_/);
      const platform = callers["platform owner's token for one account"] ?? by.owner;
      const before = await started.server.storage.findAuditHead();
      for (const email of [
        "victim@example.com",
        "VICTIM@example.com",
        "platform@biped.example",
        "member@harbour.example",
      ]) {
        for (const principal of [by.owner, platform]) {
          const { status, body } = await join(email, principal);
          expect(`${status} ${body.errorCode}: ${body.errorMessage}`).toBe(exists);
        }
      }
      expect(await started.server.storage.findAuditHead()).toEqual(before);
    });

    test("to see somebody is not enough: who owns one account and views another adds nobody of that one", async () => {
      const [mixed, seen] = [{ role: "owner", seen: "viewer" }, { seen: "viewer" }] as const;
      const { body: account } = await succeed(by.platform, "POST /api/accounts", { body: { name: "Mixed" } });
      const held = (roles: { readonly role?: "owner"; readonly seen: "viewer" }) => ({
        ...(roles.role && { [account.id]: roles.role }),
        [world.own.accountId]: roles.seen,
      });
      const owner = await started.addAdministrator({ email: "mixed@biped.example", memberships: held(mixed) });
      const viewed = await started.addAdministrator({ email: "viewed@biped.example", memberships: held(seen) });
      const principal = await started.signIn("owner and viewer", owner);
      const sent = { params: { accountId: account.id }, body: { email: "viewed@biped.example", role: "owner" } };
      expect(await refusal(principal, invite, sent)).toBe(exists);
      expect((await succeed(by.platform, invite, sent)).body.administrator.id).toBe(viewed);
    });

    test("a platform owner makes a known person a member: nothing of their other accounts is told", async () => {
      const body = { email: "Member@Harbour.example", role: "administrator" };
      const { body: joined } = await succeed(by.platform, invite, { params: own(), body });
      expect([joined.invitationUrl, joined.administrator.memberships.length]).toEqual([null, 2]);
      const { body: list } = await succeed(by.owner, "GET /api/administrators");
      expect(JSON.stringify(list)).not.toContain("Harbour Travel");
      const query = "search=member@harbour.example";
      const { body: seen } = await succeed(by.platform, "GET /api/administrators", { query });
      expect(seen.items[0].memberships.length).toBe(2);
    });

    test("a member's role changes and ends; who is no member is not there", async () => {
      const change = "PUT /api/accounts/:accountId/members/:administratorId";
      const remove = "DELETE /api/accounts/:accountId/members/:administratorId";
      const member = { params: { ...own(), administratorId: world.own.administratorId } };
      const { body } = await succeed(by.owner, change, { ...member, body: { role: "owner" } });
      expect(body.memberships).toEqual([
        { accountId: world.own.accountId, accountName: "Northwind Retail", role: "owner" },
      ]);
      await succeed(by.owner, remove, member);
      const notThere = "404 NOT_FOUND: There is no such member.";
      for (const administratorId of [world.own.administratorId, world.missing.administratorId]) {
        const params = { ...own(), administratorId };
        expect(await refusal(by.owner, change, { params, body: { role: "owner" } })).toBe(notThere);
        expect(await refusal(by.owner, remove, { params })).toBe(notThere);
      }
    });

    test("a member who is removed while their role is changed stays removed", async () => {
      const administratorId = await started.addAdministrator({ email: "leaving@northwind.example" });
      const params = { ...own(), administratorId };
      const storage = started.server.storage;
      for (let round = 0; round < 5; round += 1) {
        const author = { at: started.clock.seconds, actor: "operator", requestId: undefined };
        await storage.setMembership(administratorId, { accountId: world.own.accountId, role: "viewer" }, author);
        const change = (role: string) =>
          started.call(by.owner, "PUT /api/accounts/:accountId/members/:administratorId", { params, body: { role } });
        const [removed] = await Promise.all([
          started.call(by.owner, "DELETE /api/accounts/:accountId/members/:administratorId", { params }),
          ...["owner", "administrator", "owner"].map(change),
        ]);
        expect(removed.status).toBe(204);
        expect((await storage.findAdministrator(administratorId))?.memberships).toEqual([]);
      }
    });

    test("409 CONFLICT: one who signs in by a provider is not invited: a password would let them in beside it", async () => {
      const { storage } = started.server;
      const id = randomUUID();
      const origin = { issuer: "https://login.example.com", subject: "s-1" };
      const roles = { isPlatformOwner: true, memberships: [] };
      const author = { at: started.clock.seconds, actor: "system", requestId: undefined };
      await storage.applySso({ id, email: "sso@biped.example", name: "Sso", ...origin, ...roles }, author);
      const sent = { params: { administratorId: id } };
      expect(await refusal(by.platform, "POST /api/administrators/:administratorId/invitation", sent)).toBe(
        "409 CONFLICT: This administrator signs in by your organisation's provider, and needs no invitation.",
      );
      expect(await storage.findAdministrator(id)).toMatchObject({ state: "enabled", passwordHash: undefined });
      await storage.changeAdministrator(id, { isPlatformOwner: false, state: "disabled" }, author);
    });

    test("platform owners are made and unmade by platform owners alone, and never the last of them", async () => {
      const { body: made } = await succeed(by.platform, "POST /api/administrators", {
        body: { email: "second@biped.example", name: "Second" },
      });
      expect(made.administrator).toMatchObject({ platformRole: "owner", state: "invited", name: "Second" });
      expect(await refusal(by.platform, "POST /api/administrators", { body: { email: "second@biped.example" } })).toBe(
        "409 CONFLICT: There is an administrator of this e-mail address already.",
      );
      const params = { administratorId: made.administrator.id };
      const renew = "POST /api/administrators/:administratorId/invitation";
      const { body: renewed } = await succeed(by.platform, renew, { params });
      expect(renewed.invitationUrl).not.toBe(made.invitationUrl);
      const change = "PATCH /api/administrators/:administratorId";
      const { body: taken } = await succeed(by.platform, change, { params, body: { platformRole: null } });
      expect(taken.platformRole).toBeNull();
      const self = { administratorId: by.platform.administratorId ?? "" };
      const last = "409 CONFLICT: There must be another platform owner who can sign in.";
      expect(await refusal(by.platform, change, { params: self, body: { platformRole: null } })).toBe(last);
      expect(await refusal(by.platform, change, { params: self, body: { state: "disabled" } })).toBe(last);
      expect(await refusal(by.platform, renew, { params: self })).toBe(last);
      expect(await refusal(by.platform, change, { params: world.missing, body: { state: "disabled" } })).toBe(
        "404 NOT_FOUND: There is no such administrator.",
      );
    });
  });

  test("signing keys: the next one is published, a second one is refused, and a compromised one is gone at once", async () => {
    const { body: before } = await succeed(by.platform, "GET /api/signing-keys");
    expect(before.items).toMatchObject([{ state: "active", algorithm: "Ed25519", nextStepAt: "2027-04-15T08:00:00Z" }]);
    const { body: rotated } = await succeed(by.platform, "POST /api/signing-keys");
    expect(rotated.items.map((key: { state: string; nextStepAt: string }) => [key.state, key.nextStepAt])).toEqual([
      ["active", "2027-01-15T08:10:00Z"],
      ["next", "2027-01-15T08:10:00Z"],
    ]);
    expect(await refusal(by.platform, "POST /api/signing-keys")).toBe(
      "409 CONFLICT: A rotation is under way already: there is a next key.",
    );
    const compromise = "POST /api/signing-keys/:kid/compromise";
    const sent = { params: { kid: before.items[0].kid }, headers: { "idempotency-key": "compromise" } };
    const { body: after } = await succeed(by.platform, compromise, sent);
    expect(after.items.map((key: { state: string }) => key.state).sort()).toEqual(["active", "next"]);
    expect(after.items.map((key: { kid: string }) => key.kid)).not.toContain(sent.params.kid);
    expect((await succeed(by.platform, compromise, sent)).body).toEqual(after);
    expect(await refusal(by.platform, compromise, { params: sent.params })).toBe(
      "404 NOT_FOUND: There is nothing here.",
    );
  });

  test("HEAD is GET without its body", async () => {
    const answer = await fetch(`${started.adminUrl}/api/accounts`, { method: "HEAD", headers: by.viewer.headers });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
  });

  test("C-12: after all of this no answer to anybody holds a secret, a digest, a token or a hash", async () => {
    const { storage } = started.server;
    const { credential, clientSecret } = (await createCredential("Canary")).body;
    const held = { clientId: credential.clientId, clientSecret };
    const projectId = credential.projectId;
    const request = { ...tokenRequest(held), scope: "metrics", project_id: projectId };
    const token = await post(`${started.url}/v1/oauth/token`, request);
    expect(token.status).toBe(200);
    const client = await storage.findClient(credential.clientId);
    const people = await Promise.all(
      Object.values(callers).map(({ administratorId }) => storage.findAdministrator(administratorId ?? "")),
    );
    const keys = await storage.listSigningKeys();
    const peppers = await storage.listPeppers();
    const secrets = [
      ...world.secrets,
      clientSecret,
      token.body.access_token,
      ...(client?.secrets ?? []).map(({ digest }) => digest),
      ...Object.values(callers).flatMap((caller) => caller.secrets),
      ...people.flatMap((person) => (person?.passwordHash === undefined ? [] : [person.passwordHash])),
      ...keys.flatMap(({ sealedPrivateKey }) => (sealedPrivateKey === undefined ? [] : [sealedPrivateKey])),
      ...peppers.map(({ sealed }) => sealed),
    ];
    expect(secrets.every((secret) => secret.length > 20)).toBe(true);
    const found: string[] = [];
    let answers = 0;
    for (const name of Object.keys(operations).filter((each) => each.startsWith("GET "))) {
      for (const caller of Object.values(callers)) {
        for (const params of [
          world.own,
          world.foreign,
          world.disabled,
          { ...world.own, clientId: credential.clientId, jobId: 7, runId: 3 },
        ]) {
          for (const query of readQueries(name)) {
            const { text, status, headers } = await started.call(caller, name as OperationName, {
              params: { ...params },
              ...(query === "" ? {} : { query }),
            });
            answers += 1;
            if (status >= 500) found.push(`${name}: ${status}`);
            const told = text + JSON.stringify([...headers]);
            for (const secret of secrets) if (told.includes(secret)) found.push(`${name} · ${caller.name}: ${secret}`);
            if (/biped_[a-z]+_[0-9A-Za-z]{49}|\$argon2|eyJ[\w-]{10,}\./.test(told)) found.push(`${name}: a form`);
          }
          if (!name.includes(":")) break;
        }
      }
    }
    console.log(`${answers} answers, ${secrets.length} secrets`);
    expect(found).toEqual([]);
  });
});

function readQueries(name: string): readonly string[] {
  if (name.endsWith("/exportable-fields")) return ["scope=sessions"];
  if (name.endsWith("/export")) return ["format=jsonl", "format=csv"];
  if (name.endsWith("/search")) return ["q=a", "q=biped"];
  return ["/accounts", "/projects", "/credentials", "/administrators", "/audit-events"].some((end) =>
    name.endsWith(end),
  )
    ? ["limit=100"]
    : [""];
}
