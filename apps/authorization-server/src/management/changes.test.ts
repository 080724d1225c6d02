import { randomBytes } from "node:crypto";
import { defaultScopes, isRefusal, isSecret } from "@biped/protocol";
import { describe, expect, test } from "vitest";
import type { Client, Credential, NewSecret, SecretRotation } from "../storage/storage.ts";
import { changeAccount, createAccount, setAccountState } from "./accounts.ts";
import { createCloud, findCloudMistake, setCloudEndpoint } from "./clouds.ts";
import { changeCredential, createCredential, deleteCredential } from "./credentials.ts";
import { createManagement } from "./management.ts";
import { changeProject, moveProject } from "./projects.ts";
import { cancelRotation, retireSecret, rotateSecret } from "./secrets.ts";

const now = 1_800_000_000;
const day = 86_400;
const author = { at: now, actor: "administrator:1", requestId: "request-1", ifVersion: 1 };
const fresh = { state: "enabled", epoch: 0, createdAt: now - 10 * day, version: 1 } as const;
const account = { id: 1, name: "Northwind", credentialLifetimeLimitDays: undefined, ...fresh };
const project = {
  id: 42,
  accountId: 1,
  cloud: "a",
  endpoint: "https://api.example.com",
  name: "UX",
  timeZone: "UTC",
  ...fresh,
};
const credential: Credential = {
  clientId: "c1",
  accountId: 1,
  projectId: undefined,
  name: "Nightly export",
  scopes: ["data-export"],
  allowedRanges: [],
  expiresAt: undefined,
  ...fresh,
};

/** The value, or the code and text of the refusal. */
async function tell(outcome: Promise<unknown>): Promise<unknown> {
  const value = await outcome;
  return isRefusal(value) ? `${value.code}: ${value.description}` : value;
}

/** A method that takes note of what it was asked. */
function record<Answer>(answer: Answer) {
  const asked: unknown[] = [];
  const method = async (...parameters: readonly unknown[]): Promise<Answer> => {
    asked.push(parameters.slice(0, -1));
    expect(parameters.at(-1)).toBe(author);
    return answer;
  };
  return { asked, method };
}

const mismatch = "PRECONDITION_FAILED: The object was changed meanwhile.";

describe("what is not there, and what was changed meanwhile", () => {
  const secret = { clientId: "c1", secretId: "s1" };
  const parts = { digester: { digestForStorage: () => ({ digest: "0a", pepperId: "p1" }) }, randomBytes };
  const endpoint = { name: "a", endpoint: "https://api.example.com" };

  test.each([
    ["account", () => changeAccount({ changeAccount: async () => undefined }, { accountId: 1 }, author)],
    [
      "account",
      () => setAccountState({ setAccountState: async () => undefined }, { accountId: 1, state: "disabled" }, author),
    ],
    ["cloud", () => setCloudEndpoint({ storage: { setCloudEndpoint: async () => undefined } }, endpoint, author)],
    ["project", () => changeProject({ changeProject: async () => undefined }, { projectId: 1 }, author)],
    ["project", () => moveProject({ moveProject: async () => undefined }, { projectId: 1, cloud: "a" }, author)],
    ["cloud", () => moveProject({ moveProject: async () => "unknown cloud" }, { projectId: 1, cloud: "a" }, author)],
    ["credential", () => change({}, { client: undefined })],
    ["credential", () => change({}, { answer: undefined })],
    ["credential", () => deleteCredential({ deleteCredential: async () => false }, { clientId: "c1" }, author)],
    [
      "credential",
      () =>
        rotateSecret(
          { ...parts, secretEnvironment: "live", storage: { rotateSecret: async () => "unknown credential" } },
          { clientId: "c1" },
          author,
        ),
    ],
    ["live secret", () => retireSecret({ retireSecret: async () => false }, secret, author)],
    ["live secret", () => cancelRotation({ cancelRotation: async () => false }, secret, author)],
  ] as const)("404 NOT_FOUND: %s", async (noun, act) => {
    expect(await tell(act())).toBe(`NOT_FOUND: There is no such ${noun}.`);
  });

  const other = async () => "version mismatch" as const;
  test.each([
    ["an account", () => changeAccount({ changeAccount: other }, { accountId: 1 }, author)],
    [
      "an account's state",
      () => setAccountState({ setAccountState: other }, { accountId: 1, state: "disabled" }, author),
    ],
    ["a cloud", () => setCloudEndpoint({ storage: { setCloudEndpoint: other } }, endpoint, author)],
    ["a project", () => changeProject({ changeProject: other }, { projectId: 1 }, author)],
    ["a project's cloud", () => moveProject({ moveProject: other }, { projectId: 1, cloud: "a" }, author)],
    ["a credential", () => change({}, { answer: "version mismatch" })],
    ["a credential's end", () => deleteCredential({ deleteCredential: other }, { clientId: "c1" }, author)],
    [
      "a rotation",
      () =>
        rotateSecret(
          { ...parts, secretEnvironment: "live", storage: { rotateSecret: other } },
          { clientId: "c1" },
          author,
        ),
    ],
    ["a retirement", () => retireSecret({ retireSecret: other }, secret, author)],
    ["a cancellation", () => cancelRotation({ cancelRotation: other }, secret, author)],
  ] as const)("412 PRECONDITION_FAILED: %s", async (_name, act) => {
    expect(await tell(act())).toBe(mismatch);
  });
});

describe("an account", () => {
  test("is changed under its trimmed name; what is absent stays away", async () => {
    const { asked, method } = record(account);
    const storage = { changeAccount: method };
    expect(await changeAccount(storage, { accountId: 1, name: " Northwind " }, author)).toBe(account);
    await changeAccount(storage, { accountId: 1, credentialLifetimeLimitDays: 90 }, author);
    await changeAccount(storage, { accountId: 1, credentialLifetimeLimitDays: undefined }, author);
    expect(asked).toStrictEqual([
      [1, { name: "Northwind" }],
      [1, { credentialLifetimeLimitDays: 90 }],
      [1, { credentialLifetimeLimitDays: undefined }],
    ]);
  });

  test.each([0, -1, 3651, 1.5, Number.NaN])("400: a limit of %d days", async (credentialLifetimeLimitDays) => {
    const text = "INVALID_REQUEST: credentialLifetimeLimitDays must be a whole number from 1 to 3650.";
    const limit = { credentialLifetimeLimitDays };
    const { asked, method } = record(account);
    expect(await tell(changeAccount({ changeAccount: method }, { accountId: 1, ...limit }, author))).toBe(text);
    expect(await tell(createAccount({ createAccount: method }, { name: "x", ...limit }, author))).toBe(text);
    expect(asked).toEqual([]);
  });

  test("its limit may be 1 to 3650 days", async () => {
    const { asked, method } = record(account);
    for (const credentialLifetimeLimitDays of [1, 3650]) {
      await createAccount({ createAccount: method }, { name: "x", credentialLifetimeLimitDays }, author);
    }
    expect(asked).toEqual([
      [{ name: "x", credentialLifetimeLimitDays: 1 }],
      [{ name: "x", credentialLifetimeLimitDays: 3650 }],
    ]);
  });
});

describe("a cloud's endpoint", () => {
  test.each([
    ["https://example.com", true],
    ["https://api.example.com", true],
    ["https://a.b.example.com:8443", true],
    ["https://10.0.0.7", true],
    ["https://[2001:db8::7]", true],
    ["https://badexample.com", false],
    ["https://example.com.evil.test", false],
    ["https://example.org", false],
    ["https://1.10.0.0.7.test", false],
    ["http://localhost:4001", false],
  ])("of a list of allowed hosts: %s is allowed: %s", async (endpoint, isAllowed) => {
    const allowedEndpoints = ["example.com", "10.0.0.7", "[2001:db8::7]"];
    const mistake = "endpoint must have a host that the operator of this server allows.";
    expect(findCloudMistake({ name: "a", endpoint }, allowedEndpoints)).toBe(isAllowed ? undefined : mistake);
    const cloud = { name: "a", endpoint, version: 2 };
    const { asked, method } = record(cloud);
    const storage = { createCloud: method, setCloudEndpoint: method };
    const expected = isAllowed ? cloud : `INVALID_REQUEST: ${mistake}`;
    expect(await tell(createCloud({ storage, allowedEndpoints }, { name: "a", endpoint }, author))).toEqual(expected);
    expect(await tell(setCloudEndpoint({ storage, allowedEndpoints }, { name: "a", endpoint }, author))).toEqual(
      expected,
    );
    expect(asked.length).toBe(isAllowed ? 2 : 0);
  });

  test("an empty list allows none", () => {
    expect(findCloudMistake({ name: "a", endpoint: "https://example.com" }, [])).toMatch(/^endpoint must have a host/);
  });

  test("400 for what is no endpoint, 409 where another cloud has it", async () => {
    const set = (endpoint: string) =>
      tell(
        setCloudEndpoint(
          { storage: { setCloudEndpoint: async () => "endpoint taken" } },
          { name: "a", endpoint },
          author,
        ),
      );
    expect(await set("https://api.example.com/v1")).toMatch(/^INVALID_REQUEST: endpoint must be /);
    expect(await set("https://api.example.com")).toBe("CONFLICT: Another cloud has this endpoint.");
  });
});

describe("a project", () => {
  test("is changed under its trimmed name; a wrong name or time zone changes nothing", async () => {
    const { asked, method } = record(project);
    const storage = { changeProject: method };
    expect(await changeProject(storage, { projectId: 42, name: " UX ", state: "disabled" }, author)).toBe(project);
    expect(await tell(changeProject(storage, { projectId: 42, timeZone: "+01:00" }, author))).toBe(
      "INVALID_REQUEST: timeZone must be a name of the IANA database.",
    );
    expect(await tell(changeProject(storage, { projectId: 42, name: "\n" }, author))).toMatch(/^INVALID_REQUEST: name/);
    expect(asked).toEqual([[42, { name: "UX", state: "disabled" }]]);
  });

  test("is moved to a cloud", async () => {
    const { asked, method } = record(project);
    expect(await moveProject({ moveProject: method }, { projectId: 42, cloud: "b" }, author)).toBe(project);
    expect(asked).toEqual([[42, "b"]]);
  });
});

type ChangeFacts = {
  readonly client?: { readonly limitDays?: number; readonly expiresAt?: number } | undefined;
  readonly answer?: Credential | "version mismatch" | undefined;
};

/** Changes the credential above, which was created ten days ago. */
function change(input: Omit<Parameters<typeof changeCredential>[1], "clientId">, facts: ChangeFacts = {}) {
  const { client = {} } = facts;
  const found: Client = {
    credential: { ...credential, expiresAt: client.expiresAt },
    secrets: [],
    account: { ...account, credentialLifetimeLimitDays: client.limitDays },
    project: undefined,
  };
  const storage = {
    findClient: async () => ("client" in facts && facts.client === undefined ? undefined : found),
    changeCredential: async (_clientId: string, changed: object) =>
      "answer" in facts ? facts.answer : { ...credential, ...changed },
  };
  return changeCredential({ storage, catalogue: defaultScopes }, { clientId: "c1", ...input }, author);
}

describe("a credential", () => {
  test("is changed under its trimmed name, with each scope and range once", async () => {
    const sets = { scopes: ["metrics", "metrics"], allowedRanges: ["192.0.2.0/24", "192.0.2.0/24"] };
    expect(await change({ name: " Hourly ", ...sets, state: "disabled" })).toEqual({
      ...credential,
      name: "Hourly",
      scopes: ["metrics"],
      allowedRanges: ["192.0.2.0/24"],
      state: "disabled",
    });
  });

  test("may own an exclusive scope beside others: each token names its own", async () => {
    expect(await change({ scopes: ["enrichment", "metrics"] })).toMatchObject({ scopes: ["enrichment", "metrics"] });
  });

  test.each([
    [{ name: "" }, "name must have 1 to 200 characters and no control characters."],
    [{ scopes: [] }, "scopes must name at least one scope."],
    [{ scopes: ["nothing"] }, "scopes names an unknown scope."],
    [{ allowedRanges: ["192.0.2.7"] }, "allowedRanges must be CIDR ranges, such as 192.0.2.0/24."],
    [{ expiresAt: now }, "expiresAt must lie in the future."],
    [{ expiresAt: now + 0.5 }, "expiresAt must lie in the future."],
  ])("400: %j", async (input, text) => {
    expect(await tell(change(input))).toBe(`INVALID_REQUEST: ${text}`);
  });

  const tooLate = "INVALID_REQUEST: expiresAt must lie at most 30 days after the creation, as the account requires.";
  test.each([
    ["an end within the limit", { expiresAt: now + 20 * day }, {}, "changed"],
    ["an end beyond it", { expiresAt: now + 20 * day + 1 }, { expiresAt: now + day }, tooLate],
    ["no end any more", { expiresAt: undefined }, { expiresAt: now + day }, tooLate],
    ["an end that stays beyond it", { expiresAt: now + 90 * day }, { expiresAt: now + 90 * day }, "changed"],
    ["no end, as before", { expiresAt: undefined }, {}, "changed"],
    ["an earlier end that is still beyond it", { expiresAt: now + 60 * day }, { expiresAt: now + 90 * day }, "changed"],
    ["a first end beyond it, which is earlier than never", { expiresAt: now + 60 * day }, {}, "changed"],
    ["another name where there is no end", { name: "x" }, {}, "changed"],
    ["a past end that stays", { expiresAt: now - 1 }, { expiresAt: now - 1 }, "changed"],
  ] as const)("under a limit of 30 days, 10 of them gone: %s", async (_name, input, facts, expected) => {
    const outcome = await tell(change(input, { client: { limitDays: 30, ...facts } }));
    expect(typeof outcome === "string" ? outcome : "changed").toBe(expected);
  });

  const create = (limitDays: number | undefined, expiresAt: number | undefined) =>
    tell(
      createCredential(
        {
          storage: {
            findAccount: async () => ({ ...account, credentialLifetimeLimitDays: limitDays }),
            findCreatedCredential: async () => undefined,
            createCredential: async (created, secret: NewSecret) => {
              return { credential: { ...credential, ...created }, secretId: secret.id };
            },
          },
          digester: { digestForStorage: () => ({ digest: "0a", pepperId: "p1" }) },
          catalogue: defaultScopes,
          secretEnvironment: "live",
          randomBytes,
        },
        { accountId: 1, projectId: undefined, name: "x", scopes: ["metrics"], allowedRanges: [], expiresAt },
        author,
      ),
    );

  test("a new one of an account with a limit must end within it", async () => {
    expect(await create(30, now + 30 * day)).toMatchObject({ credential: { expiresAt: now + 30 * day } });
    expect(await create(30, now + 30 * day + 1)).toBe(tooLate);
    expect(await create(30, undefined)).toBe(tooLate);
    expect(await create(undefined, undefined)).toMatchObject({ credential: { expiresAt: undefined } });
  });

  test("is deleted", async () => {
    const { asked, method } = record(true);
    expect(await deleteCredential({ deleteCredential: method }, { clientId: "c1" }, author)).toEqual({
      clientId: "c1",
    });
    expect(asked).toEqual([["c1"]]);
  });
});

describe("a rotation", () => {
  const createParts = (
    answer?: "two live secrets" | { readonly credential: Credential; readonly secretId: string },
  ) => {
    const asked: SecretRotation[] = [];
    const parts = {
      storage: {
        rotateSecret: async (rotation: SecretRotation) => {
          asked.push(rotation);
          return answer ?? { credential, secretId: rotation.secret.id };
        },
      },
      digester: { digestForStorage: (secret: string) => ({ digest: `digest of ${secret.length}`, pepperId: "p1" }) },
      secretEnvironment: "live",
      randomBytes,
    } as const;
    return { parts, asked };
  };

  test.each([
    [undefined, 7],
    [0, 0],
    [30, 30],
  ])("with an overlap of %s days ends the former secret in %d; the new one is answered once", async (given, days) => {
    const { parts, asked } = createParts();
    const rotated = await rotateSecret(parts, { clientId: "c1", overlapDays: given }, author);
    if (isRefusal(rotated)) throw new Error("refused");
    expect(isSecret(rotated.clientSecret ?? "")).toBe(true);
    const id = expect.stringMatching(/^[0-9a-f-]{36}$/);
    const secret = { id, digest: "digest of 60", pepperId: "p1", expiresAt: undefined };
    expect(asked).toEqual([{ clientId: "c1", formerExpiresAt: now + days * day, secret }]);
    expect(JSON.stringify([asked, rotated.credential])).not.toContain(rotated.clientSecret);
  });

  test("that was made before answers no secret, since the one made now was not stored", async () => {
    const { parts } = createParts({ credential, secretId: "that of the first call" });
    expect(await rotateSecret(parts, { clientId: "c1" }, author)).toEqual({
      credential,
      secretId: "that of the first call",
      clientSecret: undefined,
    });
  });

  test.each([-1, 31, 0.5, Number.NaN])("400: an overlap of %d days", async (overlapDays) => {
    const { parts, asked } = createParts();
    expect(await tell(rotateSecret(parts, { clientId: "c1", overlapDays }, author))).toBe(
      "INVALID_REQUEST: overlapDays must be a whole number from 0 to 30.",
    );
    expect(asked).toEqual([]);
  });

  test("409 CONFLICT: while another one is under way", async () => {
    expect(await tell(rotateSecret(createParts("two live secrets").parts, { clientId: "c1" }, author))).toBe(
      "CONFLICT: There are two live secrets already: complete or cancel that rotation first.",
    );
  });

  const secret = { clientId: "c1", secretId: "s1" };

  test("is completed by the former secret's retirement, if it was silent for as long as the caller asks", async () => {
    const { asked, method } = record(true);
    const storage = { retireSecret: method };
    expect(await retireSecret(storage, secret, author)).toEqual(secret);
    await retireSecret(storage, { ...secret, unlessUsedWithinSeconds: 3600 }, author);
    expect(asked).toEqual([[{ ...secret, unlessUsedSince: undefined }], [{ ...secret, unlessUsedSince: now - 3600 }]]);
    expect(await tell(retireSecret({ retireSecret: async () => "in use" }, secret, author))).toBe(
      "CONFLICT: The secret was used within that time.",
    );
  });

  test("is cancelled while the former secret works", async () => {
    const { asked, method } = record(true);
    expect(await cancelRotation({ cancelRotation: method }, secret, author)).toEqual(secret);
    expect(asked).toEqual([[secret]]);
    expect(await tell(cancelRotation({ cancelRotation: async () => "no rotation" }, secret, author))).toBe(
      "CONFLICT: There is no former secret that still works, and so no rotation to cancel.",
    );
  });
});

test("each change has the author that is given, or the actor with the time of the change", async () => {
  const authors: unknown[] = [];
  const createParts = (): Parameters<typeof createManagement>[0] =>
    ({
      storage: {
        createAccount: async (_account: unknown, by: unknown) => {
          authors.push(by);
          return account;
        },
      },
      nowSeconds: () => now,
    }) as unknown as Parameters<typeof createManagement>[0];
  await createManagement(createParts(), "operator").createAccount({ name: "x" });
  await createManagement(createParts(), () => author).createAccount({ name: "x" });
  expect(authors).toEqual([{ at: now, actor: "operator", requestId: undefined }, author]);
});
