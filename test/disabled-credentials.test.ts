/** C-01, C-02 and R-20: what is taken away by the management API gets nothing from the next request on, at any level. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "./management-people.ts";
import { type Principal, type StartedManagement, startManagement } from "./management-server.ts";
import { basic, createFacts, type Facts, type HeldCredential, post, tokenRequest } from "./started-server.ts";

type Level = "account" | "project";
type Held = HeldCredential & { readonly secretId: string; readonly accountId: number; readonly projectId: number };

const refusedEverywhere = {
  token: "401 INVALID_CLIENT",
  me: "401 INVALID_CLIENT",
  introspect: "401 INVALID_CLIENT",
  revoke: "401 INVALID_CLIENT",
};
const allowedEverywhere = { token: "200", me: "200", introspect: "200 active", revoke: "200" };

describe.each(["sqlite", "postgres"] as const)("%s", (engine) => {
  let started: StartedManagement;
  let facts: Facts;
  let platform: Principal;
  let made = 0;
  beforeAll(async () => {
    started = await startManagement(engine);
    facts = await createFacts(started);
    const id = await started.addAdministrator({ email: "platform@biped.example", isPlatformOwner: true });
    platform = await started.signIn("platform owner", id);
  });
  afterAll(() => started.stop());

  /** In an account of its own, so that nothing that is done to it is done to others. */
  const create = async (level: Level, further: object = {}): Promise<Held> => {
    made += 1;
    const make = started.server.management("operator");
    const { id: accountId } = must(await make.createAccount({ name: `Account ${made}` }));
    const place = { accountId, cloud: "aws-eu-west-1", timeZone: "UTC" };
    const { id: projectId } = must(await make.createProject({ ...place, id: undefined, name: "One" }));
    const own = { accountId, projectId: level === "account" ? undefined : projectId, allowedRanges: [] };
    const scopes = ["data-export", "metrics"];
    const input = { ...own, name: "Held", scopes, expiresAt: undefined, ...further };
    const { credential, clientSecret = "", secretId } = must(await make.createCredential(input));
    return { clientId: credential.clientId, clientSecret, secretId, accountId, projectId };
  };
  const ask = async (path: string, held: Held, body: object) => {
    const answer = await post(`${started.url}/v1/oauth/${path}`, body, path === "token" ? {} : basic(held));
    const told = answer.body?.errorCode ?? (answer.body?.active === true ? "active" : undefined);
    return { body: answer.body, outcome: told === undefined ? `${answer.status}` : `${answer.status} ${told}` };
  };
  const issue = (held: Held, further: object = {}) =>
    ask("token", held, { ...tokenRequest(held), project_id: held.projectId, ...further });
  /** What each endpoint says now; the tokens were issued before. */
  const askEverywhere = async (held: Held, [token, toRevoke]: readonly string[]) => ({
    token: (await issue(held)).outcome,
    me: (await ask("me", held, {})).outcome,
    introspect: (await ask("introspect", held, { token })).outcome,
    revoke: (await ask("revoke", held, { token: toRevoke })).outcome,
  });
  const issueTwo = async (held: Held): Promise<readonly string[]> => [
    (await issue(held)).body.access_token,
    (await issue(held)).body.access_token,
  ];
  const showState = async ({ clientId }: Held): Promise<string> => {
    const { status, body } = await started.call(platform, "GET /api/credentials/:clientId", { params: { clientId } });
    return status === 200 ? body.effectiveState : `${status}`;
  };
  const change = async (
    ...sent: Parameters<StartedManagement["call"]> extends [infer _, ...infer Rest] ? Rest : never
  ) => {
    const { status, text } = await started.call(platform, ...sent);
    expect([status < 300, text]).toEqual([true, text]);
  };
  const setCredential = ({ clientId }: Held, body: object) =>
    change("PATCH /api/credentials/:clientId", { params: { clientId }, body });
  const setAccount = ({ accountId }: Held, state: string) =>
    change("PUT /api/accounts/:accountId/state", { params: { accountId }, body: { state } });
  const setProject = ({ projectId }: Held, state: string) =>
    change("PATCH /api/projects/:projectId", { params: { projectId }, body: { state } });

  type Case = {
    readonly levels: readonly Level[];
    readonly act: (held: Held) => Promise<void>;
    readonly state: string;
    readonly undo?: (held: Held) => Promise<void>;
  };
  const cases: Readonly<Record<string, Case>> = {
    "a disabled credential": {
      levels: ["account", "project"],
      act: (held) => setCredential(held, { state: "disabled" }),
      state: "disabled",
      undo: (held) => setCredential(held, { state: "enabled" }),
    },
    "a deleted credential": {
      levels: ["account", "project"],
      act: ({ clientId }) => change("DELETE /api/credentials/:clientId", { params: { clientId } }),
      state: "404",
    },
    "a credential whose secret was ended": {
      levels: ["account", "project"],
      act: ({ clientId, secretId }) =>
        change("DELETE /api/credentials/:clientId/secrets/:secretId", { params: { clientId, secretId } }),
      state: "no secret",
    },
    "a credential of a disabled account": {
      levels: ["account", "project"],
      act: (held) => setAccount(held, "disabled"),
      state: "account disabled",
      undo: (held) => setAccount(held, "enabled"),
    },
    "a credential of a disabled project": {
      levels: ["project"],
      act: (held) => setProject(held, "disabled"),
      state: "project disabled",
      undo: (held) => setProject(held, "enabled"),
    },
    "a credential of a disabled project of a disabled account": {
      levels: ["project"],
      act: async (held) => {
        await setProject(held, "disabled");
        await setAccount(held, "disabled");
      },
      state: "account disabled",
    },
    "a credential that may act from elsewhere alone": {
      levels: ["account", "project"],
      act: (held) => setCredential(held, { allowedRanges: ["192.0.2.0/24"] }),
      state: "enabled",
      undo: (held) => setCredential(held, { allowedRanges: [] }),
    },
  };
  const cells = Object.entries(cases).flatMap(([name, one]) => one.levels.map((level) => [name, level, one] as const));

  test.each(cells)(
    "%s, at %s level: refused by every endpoint at once, and so told by the API",
    async (_, level, one) => {
      const held = await create(level);
      const tokens = await issueTwo(held);
      expect(await askEverywhere(held, tokens)).toEqual(allowedEverywhere);
      expect(await showState(held)).toBe("enabled");
      const before = await issueTwo(held);
      await one.act(held);
      expect(await askEverywhere(held, before)).toEqual(refusedEverywhere);
      expect(await showState(held)).toBe(one.state);
      if (one.undo === undefined) return;
      await one.undo(held);
      // A token from before stays inactive: what was taken away once does not come back with it.
      expect(await askEverywhere(held, before)).toEqual({ ...allowedEverywhere, introspect: "200" });
      expect(await showState(held)).toBe("enabled");
    },
  );

  test.each(["account", "project"] as const)("an expired credential, at %s level", async (level) => {
    const held = await create(level, { expiresAt: started.clock.seconds + 60 });
    const tokens = await issueTwo(held);
    started.clock.seconds += 60;
    expect(await askEverywhere(held, tokens)).toEqual(refusedEverywhere);
    expect(await showState(held)).toBe("expired");
    started.clock.seconds -= 60;
  });

  test("a disabled project takes from a credential of account level that project alone", async () => {
    const held = await create("account");
    const make = started.server.management("operator");
    const place = { accountId: held.accountId, cloud: "azure-us-east", timeZone: "UTC" };
    const other = must(await make.createProject({ ...place, id: undefined, name: "Two" }));
    const tokens = await issueTwo(held);
    await setProject(held, "disabled");
    expect(await askEverywhere(held, tokens)).toEqual({
      token: "400 PROJECT_NOT_ALLOWED",
      me: "200",
      introspect: "200",
      revoke: "200",
    });
    const me = await ask("me", held, {});
    expect(me.body.permissions.projects.map(({ id }: { id: number }) => id)).toEqual([other.id]);
    expect((await issue(held, { project_id: other.id })).outcome).toBe("200");
    expect(await showState(held)).toBe("enabled");
    const params = { projectId: held.projectId };
    expect((await started.call(platform, "GET /api/projects/:projectId", { params })).body.effectiveState).toBe(
      "disabled",
    );
    await setProject(held, "enabled");
    expect((await issue(held)).outcome).toBe("200");
  });

  test("a disabled account disables its projects, and no other account's", async () => {
    const held = await create("project");
    await setAccount(held, "disabled");
    const show = (projectId: number) =>
      started.call(platform, "GET /api/projects/:projectId", { params: { projectId } });
    const [own, other] = [await show(held.projectId), await show(42)];
    expect([own.body.state, own.body.effectiveState, other.body.effectiveState]).toEqual([
      "enabled",
      "disabled",
      "enabled",
    ]);
    const foreign = { ...facts.project, secretId: "", accountId: facts.first.id, projectId: 42 };
    expect((await issue(foreign)).outcome).toBe("200");
  });

  describe("R-20: the very next token request knows", () => {
    test("what was disabled by the server's own admin listener", async () => {
      const held = await create("project");
      expect((await issue(held)).outcome).toBe("200");
      const administratorId = platform.administratorId ?? "";
      const token = { administratorId, scopes: ["read", "credentials"] } as const;
      const { headers } = await started.makeAccessToken("token", token);
      const answer = await fetch(`${started.adminUrl}/api/credentials/${held.clientId}`, {
        method: "PATCH",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify({ state: "disabled" }),
      });
      expect([answer.status, (await issue(held)).outcome]).toEqual([200, "401 INVALID_CLIENT"]);
    });

    test("a scope that was taken away", async () => {
      const held = await create("project");
      expect((await issue(held, { scope: "metrics" })).outcome).toBe("200");
      await setCredential(held, { scopes: ["data-export"] });
      expect((await issue(held, { scope: "metrics" })).outcome).toBe("400 SCOPE_NOT_GRANTED");
      expect((await issue(held)).outcome).toBe("200");
    });

    test("a rotation without overlap, and one that was cancelled", async () => {
      const held = await create("account");
      await issueTwo(held);
      const params = { clientId: held.clientId };
      const rotate = (overlapDays: number) =>
        started.call(platform, "POST /api/credentials/:clientId/secrets", { params, body: { overlapDays } });
      const { body: second } = await rotate(0);
      expect((await issue(held)).outcome).toBe("401 INVALID_CLIENT");
      const next = { ...held, clientSecret: second.clientSecret };
      expect((await issue(next)).outcome).toBe("200");
      const { body: third } = await rotate(7);
      const newest = { ...held, clientSecret: third.clientSecret };
      expect([(await issue(next)).outcome, (await issue(newest)).outcome]).toEqual(["200", "200"]);
      const secretParams = { ...params, secretId: third.secretId };
      await change("POST /api/credentials/:clientId/secrets/:secretId/cancellation", { params: secretParams });
      expect([(await issue(next)).outcome, (await issue(newest)).outcome]).toEqual(["200", "401 INVALID_CLIENT"]);
    });

    test("the endpoint of a project that was moved, and of a cloud that has another one", async () => {
      const [moving, staying] = [await create("account"), await create("project")];
      const endpoints = async () => [(await issue(moving)).body.endpoint, (await issue(staying)).body.endpoint];
      const cloud = { name: "gcp-eu", endpoint: "https://gcp.example.com" };
      await change("POST /api/clouds", { body: cloud });
      const former = "https://api.eu-west-1.example.com";
      expect(await endpoints()).toEqual([former, former]);
      const params = { projectId: moving.projectId };
      await change("PUT /api/projects/:projectId/cloud", { params, body: { cloud: cloud.name } });
      expect(await endpoints()).toEqual([cloud.endpoint, former]);
      const endpoint = "https://gcp2.example.com";
      await change("PUT /api/clouds/:cloud/endpoint", { params: { cloud: cloud.name }, body: { endpoint } });
      expect(await endpoints()).toEqual([endpoint, former]);
    });
  });

  test("M-12: 50 creations at once at a limit of 10 create 10, and 50 rotations of one have one winner", async () => {
    for (let round = 0; round < 3; round += 1) {
      const { accountId, projectId } = await create("project");
      const [params, scopes] = [{ accountId }, ["metrics"]];
      for (const [level, left] of [
        [{ projectId }, 9],
        [{}, 10],
      ] as const) {
        const body = { name: "Raced", scopes, ...level };
        const created = await Promise.all(
          Array.from({ length: 50 }, () =>
            started.call(platform, "POST /api/accounts/:accountId/credentials", { params, body }),
          ),
        );
        const outcomes = created.map(({ status, body: told }) => `${status} ${told.errorCode ?? ""}`);
        expect(outcomes.filter((outcome) => outcome === "201 ").length).toBe(left);
        expect(outcomes.filter((outcome) => outcome === "409 LIMIT_REACHED").length).toBe(50 - left);
      }
      const { clientId } = await create("account");
      const rotated = await Promise.all(
        Array.from({ length: 50 }, () =>
          started.call(platform, "POST /api/credentials/:clientId/secrets", { params: { clientId } }),
        ),
      );
      expect(rotated.map(({ status }) => status).filter((status) => status === 201).length).toBe(1);
      expect(rotated.filter(({ body: told }) => told.errorCode === "CONFLICT").length).toBe(49);
      expect((await started.server.storage.findClient(clientId))?.secrets.length).toBe(2);
    }
  }, 60_000);
});
